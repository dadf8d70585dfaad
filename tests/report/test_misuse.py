"""Bad input: one clear sentence, the documented exit code, and everything else still shown."""
import os
import subprocess
import sys

import h5py
import pytest
import synthetic
from conftest import PLOTS, report


def said(done):
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("softmech-report: "), done.stderr
    return lines[0]


@pytest.mark.parametrize("arguments, words", [
    ([], "DIR"), (["--quiet"], "DIR"), (["a", "b"], "unrecognized arguments: b"), (["a", "--oot", "x"], "--oot"),
    (["a", "--out"], "--out")])
def test_a_wrong_command_is_refused(arguments, words):
    done = report(*arguments)
    assert done.returncode == 2 and words in said(done) and "--help" in said(done)


def test_a_directory_that_is_missing_empty_or_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, words in (("absent", "does not exist"), ("file", "is not a directory"),
                        ("empty", "holds no ensemble.h5, fss.h5, goldstone.h5, onset.h5 or audit.h5")):
        done = report(tmp_path / name)
        assert done.returncode == 2 and words in said(done)
        assert not (tmp_path / name / "report.html").exists()


def test_an_unfinished_run_is_told_from_nothing(tmp_path):
    (tmp_path / "members").mkdir()
    done = report(tmp_path)
    assert done.returncode == 2 and "not finished" in said(done)


def _truncate(path):
    path.write_bytes(path.read_bytes()[:3000])


def _garble(path):
    path.write_bytes(b"not HDF5 at all")


def _empty(path):
    path.write_bytes(b"")


def _foreign(path):
    with h5py.File(path, "w") as file:
        file["data"] = [1.0, 2.0]


def _newer(path):
    with h5py.File(path, "a") as file:
        file.attrs["format_version"] = 99


@pytest.mark.parametrize("harm, words", [(_truncate, "damaged"), (_garble, "damaged or not HDF5"), (_empty, "damaged"),
                                         (_foreign, "not written by a program of Softmech"), (_newer, "newer")])
def test_a_bad_file_costs_only_itself(tmp_path, harm, words):
    synthetic.relax_overdamped(tmp_path / "good")
    synthetic.relax_overdamped(tmp_path / "bad")
    harm(tmp_path / "bad/ensemble.h5")
    done = report(tmp_path)
    assert done.returncode == 1 and words in said(done) and str(tmp_path / "bad/ensemble.h5") in said(done)
    html = (tmp_path / "report.html").read_text()
    assert "Not shown: bad" in html and words in html and html.count("<figure>") == 2


def test_damage_inside_a_variable_costs_only_its_study(tmp_path):
    synthetic.relax_overdamped(tmp_path / "good")
    path = tmp_path / "bad/ensemble.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        for key, value in synthetic.attributes("relax", "softmech-relax").items():
            file.attrs[key] = value
        file.create_dataset("time", data=range(64)).make_scale("time")
        file.create_dataset("member", data=[0, 1]).make_scale("member")
        item = file.create_dataset("kl_to_equilibrium", data=[[0.5] * 64] * 2, chunks=(2, 64), fletcher32=True)
        for axis, name in zip(item.dims, ("member", "time")):
            axis.attach_scale(file[name])
        offset = item.id.get_chunk_info(0).byte_offset
    with open(path, "r+b") as raw:
        raw.seek(offset + 11)
        raw.write(b"\xff\xff\xff")
    done = report(tmp_path)
    assert done.returncode == 1 and "damaged in variable 'kl_to_equilibrium'" in said(done)
    assert (tmp_path / "report.html").read_text().count("<figure>") == 2


def test_strange_values_are_reported_not_thrown(tmp_path):
    synthetic.relax_overdamped(tmp_path / "good")
    synthetic.write(tmp_path / "odd/ensemble.h5", {"member": [0, 1], "time": ["first", "then", "last"]},
                    {"kl_to_equilibrium": (("member", "time"), [[0.3, 0.2, 0.1]] * 2)},
                    synthetic.attributes("relax", "softmech-relax"))
    done = report(tmp_path)
    assert done.returncode == 1 and "'decay' could not be drawn" in said(done)
    assert (tmp_path / "report.html").read_text().count("<figure>") == 2


def test_an_audit_without_claims_is_refused(tmp_path):
    synthetic.write(tmp_path / "audit.h5", {"claim": ["a"]}, {}, synthetic.attributes("audit", "softmech-audit"))
    done = report(tmp_path)
    assert done.returncode == 1 and "holds no claims" in said(done)


def test_a_place_that_cannot_be_written(tmp_path):
    synthetic.relax_overdamped(tmp_path / "run")
    done = report(tmp_path / "run", "--out", tmp_path / "absent/report.html")
    assert done.returncode == 1 and "cannot write" in said(done) and "--out" in said(done)


def test_a_missing_module_names_its_package(tmp_path):
    (tmp_path / "h5py.py").write_text("raise ModuleNotFoundError(\"No module named 'h5py'\", name='h5py')\n")
    done = subprocess.run([sys.executable, "-B", PLOTS / "report.py", tmp_path], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1 and "apt-get install python3-h5py" in said(done)


def test_help_begins_with_what_the_program_is_and_the_version_is_the_projects():
    assert report("--help").stdout.startswith("softmech-report: ")
    cmake = (PLOTS.parents[1] / "CMakeLists.txt").read_text()
    version = cmake.partition("project(softmech VERSION ")[2].split()[0]
    assert report("--version").stdout.strip() == f"softmech-report {version}"
