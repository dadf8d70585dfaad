"""Every misuse gives one clear message and the documented exit code, and destroys nothing."""

import os
import resource
import shutil
import subprocess

import h5py
import numpy as np
import pytest

from conftest import command, launcher_free_environment, run, start

FILE = ["--set", "model.key_law=file", "--set", "model.file={tmp}/arrays.h5", "--set"]

# program, arguments, exit code, what the message must contain. {tmp} is a scratch directory; a good "out" is added.
TABLE = [
    ("relax", ["--set", "model.kees=3"], 2, ["model.kees", "model.keys"]),
    ("relax", ["--set", "modle.keys=3"], 2, ["modle", "model"]),
    ("relax", ["--set", "model.keys=1"], 2, ["model.keys", "1", "2"]),
    ("relax", ["--set", "model.keys=many"], 2, ["model.keys", "integer"]),
    ("relax", ["--set", "model.keys=2.5"], 2, ["model.keys", "2.5"]),
    ("relax", ["--set", "model.mass=-1"], 2, ["model.mass", "-1", "> 0"]),
    ("relax", ["--set", "model.mass=nan"], 2, ["model.mass"]),
    ("relax", ["--set", "model.temperature=hot"], 2, ["model.temperature", "sqrt_head_dim"]),
    ("relax", ["--set", "model.operator=softmux"], 2, ["model.operator", "softmax"]),
    ("relax", ["--set", "model.energies=[1.0]"], 2, ["model.energies"]),
    ("relax", ["--set", "model.energies=[0.0,\"a\"]"], 2, ["model.energies"]),
    ("relax", ["--set", "model.friction=0", "--set", "model.dynamics=overdamped"], 2, ["model.friction", "> 0"]),
    ("relax", ["--set", "solver.stepper=symplectic_rkn"], 2, ["solver.stepper", "friction"]),
    ("relax", ["--set", "solver.stepper=rk4"], 2, ["solver.stepper", "dopri5"]),
    ("relax", ["--set", "time.samples=1"], 2, ["time.samples"]),
    ("relax", ["--set", "ensemble.members=0"], 2, ["ensemble.members"]),
    ("relax", ["--set", "ensemble.members=100000000", "--set", f"model.mass={list(range(1, 51))}"], 2,
     ["50 points", "2^32"]),
    ("relax", ["--set", "model.keys"], 2, ["model.keys"]),
    ("relax", ["--set", "model.keys=[4,8]"], 2, ["model.keys"]),
    ("relax", ["--set", "model.mass=[]"], 2, ["model.mass"]),
    ("relax", ["--set", "model.mass=[1,1]"], 2, ["model.mass"]),
    ("relax", ["--threds", "2"], 2, ["--threads"]),
    ("relax", ["--threads", "-1"], 2, ["--threads"]),
    ("relax", ["--shard", "2/2"], 2, ["2/2"]),
    ("relax", ["--shard", "half"], 2, ["half"]),
    ("relax", ["--shard", "0/2", "--restart"], 2, ["--restart", "shards"]),
    ("relax", ["--time", "soon"], 2, ["soon"]),
    ("relax", ["--seed", "-3"], 2, ["seed"]),
    ("relax", ["{tmp}/missing.toml"], 2, ["missing.toml"]),
    ("relax", ["{tmp}/garbled.toml"], 2, ["garbled.toml:2"]),
    ("relax", ["{tmp}/typo.toml"], 2, ["typo.toml:3", "model.mass"]),
    ("relax", ["{tmp}/binary.toml"], 2, ["binary.toml"]),
    ("relax", ["{tmp}"], 2, ["directory"]),
    ("thermo", ["--set", "model.temperature=1.0", "--set", "model.temperature_ratio=1.0"], 2,
     ["model.temperature_ratio"]),
    ("thermo", ["--set", "model.key_law=file"], 2, ["model.file"]),
    ("thermo", ["--set", "model.key_law=file", "--set", "model.file={tmp}/missing.h5"], 1, ["missing.h5"]),
    ("thermo", ["--set", "model.key_law=file", "--set", "model.file={tmp}/binary.h5"], 1, ["binary.h5"]),
    ("thermo", ["--set", "model.key_law=file", "--set", "model.file={tmp}/words.csv"], 1, ["words.csv"]),
    ("thermo", [*FILE, "model.variable=none"], 1, ["model.variable", "none", "3, 0"]),
    ("thermo", [*FILE, "model.variable=line"], 1, ["model.variable", "line", "(rows, keys)"]),
    ("thermo", [*FILE, "model.variable=words"], 1, ["model.variable", "words", "string"]),
    ("thermo", [*FILE, "model.variable=absent"], 1, ["absent", "whole"]),
    ("thermo", FILE[:-1], 1, ["several arrays", "model.variable"]),
    ("relax", ["--set", "start.kind=near_equilibrium", "--set", "time.samples=5"], 2, ["time.samples", "5", "8"]),
    ("thermo", ["--set", "model.kappa=1.5"], 2, ["model.kappa"]),
    ("thermo", ["--set", "ensemble.replicas=0"], 2, ["ensemble.replicas"]),
]


@pytest.fixture
def tmp(tmp_path):
    (tmp_path / "garbled.toml").write_text("[model]\nkeys = = 3\n")
    (tmp_path / "typo.toml").write_text("[model]\nkeys = 8\nmasss = 1.0\n")
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "binary.h5").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "words.csv").write_text("1,2,3\n1,zwei,3\n")
    with h5py.File(tmp_path / "arrays.h5", "w") as file:
        file["whole"] = np.arange(12).reshape(3, 4)
        file["line"] = np.arange(3.0)
        file["words"] = np.array([[b"a", b"b"]])
        file.create_dataset("none", shape=(3, 0))
    return tmp_path


@pytest.mark.parametrize("program,arguments,code,words", TABLE, ids=[" ".join(row[1])[:60] for row in TABLE])
def test_message(tmp, program, arguments, code, words):
    arguments = [a.replace("{tmp}", str(tmp)) for a in arguments]
    done = run(program, *arguments, "--out", tmp / "out", expect=code)
    message = done.stderr.strip()
    message = message[message.rfind(f"softmech-{program}: ", 0):] if code == 2 else message.splitlines()[-1]
    assert f"softmech-{program}: " in done.stderr
    assert len(message.splitlines()) <= 3, message
    for word in words:
        assert word in done.stderr, message
    assert not (tmp / "out/ensemble.h5").exists()


def test_more_than_the_memory(tmp):
    """A query of 10^5 keys has a Hessian of 80 GB: its normal modes do not fit in 4 GB."""
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))}
    large = ["--set", "model.keys=100000", "--set", "start.kind=near_equilibrium", "--set", "time.samples=8",
             "--set", "time.end=1e-6", "--threads", "1"]
    message = run("relax", *large, "--out", tmp / "out", expect=1, **limit).stderr
    assert "member 0 failed: not enough memory; use fewer --threads or a smaller system" in message


def test_whole_numbers_are_energies(tmp):
    file = [word.replace("{tmp}", str(tmp)) for word in FILE]
    run("thermo", *file, "model.variable=whole", "--out", tmp / "out")
    with h5py.File(tmp / "out/ensemble.h5") as file:
        assert file["keys"][0] == 4


def test_out_is_needed():
    assert "--out" in run("relax", expect=2).stderr


def test_out_is_a_file(tmp):
    (tmp / "file").write_text("mine")
    assert "is a file" in run("relax", "--out", tmp / "file", expect=2).stderr
    assert (tmp / "file").read_text() == "mine"


def test_out_holds_other_things(tmp):
    assert "not empty" in run("relax", "--out", tmp, expect=2).stderr
    assert (tmp / "words.csv").exists()


def test_out_of_another_program(tmp):
    run("relax", "--out", tmp / "out")
    before = (tmp / "out/ensemble.h5").read_bytes()
    assert "softmech-relax" in run("thermo", "--out", tmp / "out", expect=2).stderr
    assert (tmp / "out/ensemble.h5").read_bytes() == before


def test_changed_settings_name_the_key(tmp):
    run("relax", "--out", tmp / "out")
    message = run("relax", "--set", "model.mass=2.0", "--out", tmp / "out", expect=2).stderr
    assert "model.mass: 1.0 -> 2.0" in message and "--restart" in message
    run("relax", "--set", "model.mass=2.0", "--restart", "--out", tmp / "out")


def test_two_runs_in_one_directory(tmp):
    slow = ["--set", "ensemble.members=2000", "--set", "solver.stepper=euler", "--set", "solver.step=0.0005", "--quiet"]
    first = start("relax", *slow, "--out", tmp / "out")
    try:
        while not (tmp / "out/config.toml").exists():
            assert first.poll() is None
        assert "in use" in run("relax", *slow, "--out", tmp / "out", expect=2).stderr
    finally:
        first.kill()
        first.wait()


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="needs an ordinary user")
def test_directory_without_permission(tmp):
    """As root nothing is unwritable: the run is made as user 65534."""
    closed = tmp / "closed"
    closed.mkdir(mode=0o555)
    for parent in [tmp, *tmp.parents][:4]:
        if parent.owner() == "root" and parent != tmp.parent.parent.parent.parent:
            try:
                parent.chmod(parent.stat().st_mode | 0o055)
            except OSError:
                pass
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, *command("relax", "--out", closed / "out")], capture_output=True, text=True,
                          env=launcher_free_environment())
    assert done.returncode == 2, done.stderr
    assert "cannot write in --out" in done.stderr and "ermission denied" in done.stderr


def test_full_disk(tmp):
    """A tmpfs of one MB: the run fails with the reason, keeps what is finished, and goes on when there is room."""
    small = tmp / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs is not allowed here")
    study = ["--set", "ensemble.members=2000", "--set", "model.keys=64", "--out", small / "out"]
    try:
        message = run("relax", *study, expect=1).stderr
        assert "No space left on device" in message
        assert not list((small / "out").rglob("*.part"))
        kept = {f.name: f.read_bytes() for f in (small / "out/members").glob("*.h5")}
        subprocess.run(["mount", "-o", "remount,size=400m", str(small)], check=True)
        run("relax", *study)
        assert all((small / "out/members" / name).read_bytes() == data for name, data in kept.items())
        with h5py.File(small / "out/ensemble.h5") as file:
            assert file["member"].size == 2000
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_output_that_cannot_be_written(tmp):
    """A full disk behind stderr does not end a run; behind stdout it is a failure."""
    with open("/dev/full", "w") as full:
        options = {"env": launcher_free_environment(), "timeout": 60}
        wrong = command("relax", "--set", "model.mass=-1", "--out", tmp / "no")
        assert subprocess.run(command("relax", "--out", tmp / "out"), stderr=full, **options).returncode == 0
        assert subprocess.run(wrong, stderr=full, **options).returncode == 2
        options["stderr"] = subprocess.DEVNULL
        assert subprocess.run(command("relax", "--help"), stdout=full, **options).returncode == 1
    assert (tmp / "out/ensemble.h5").exists()


def test_damaged_member_is_named_and_kept(tmp):
    run("relax", "--set", "ensemble.members=3", "--threads", "1", "--out", tmp / "out")
    (tmp / "out/ensemble.h5").unlink()
    victim = sorted((tmp / "out/members").glob("*.h5"))[0]
    data = victim.read_bytes()[:-700]
    victim.write_bytes(data)
    message = run("relax", "--set", "ensemble.members=3", "--out", tmp / "out", expect=1).stderr
    assert victim.name in message
    assert victim.read_bytes() == data


def test_damaged_result_is_merged_again(tmp):
    run("relax", "--out", tmp / "out")
    good = (tmp / "out/ensemble.h5").read_bytes()
    (tmp / "out/ensemble.h5").write_bytes(good[:100])
    run("relax", "--out", tmp / "out")
    assert (tmp / "out/ensemble.h5").read_bytes() == good
