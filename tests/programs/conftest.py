"""Runs the built programs as a user does. SOFTMECH_BIN is the directory of the programs, SOFTMECH_DATA the one of the parameter files."""

import hashlib
import os
import pathlib
import subprocess

import pytest

BIN = pathlib.Path(os.environ.get("SOFTMECH_BIN", "build/release/bin")).resolve()
DATA = pathlib.Path(os.environ.get("SOFTMECH_DATA", "data")).resolve()


def launcher_free_environment():
    """The environment without what a launcher around the tests would say about shards."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "SLURM_"))}


def command(program, *arguments):
    return [str(BIN / f"softmech-{program}"), *map(str, arguments)]


def start(program, *arguments, **options):
    options.setdefault("env", launcher_free_environment())
    return subprocess.Popen(command(program, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def run(program, *arguments, expect=0, **options):
    """Runs to the end; the exit code must be the expected one."""
    options.setdefault("env", launcher_free_environment())
    done = subprocess.run(command(program, *arguments), capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == expect, f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
    return done


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"
