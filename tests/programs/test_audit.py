"""softmech-audit as a user runs it, on a file of claims of its own."""

import signal
import time

import h5py
import pytest

from conftest import DATA, run, sha256, start

CLAIM = """
[[claim]]
id = "{id}"
kind = "identity"
sentence = "Relaxations end at the softmax"
source = "Gibbs"
study = "{study}"
observable = "distance_to_softmax"
criterion.at_most = 1e-12
refuted_by = "another end"
meaning = "largest distance"
"""

STUDY = """
[study.{study}]
program = "relax"
parameters = "relax.toml"
set.ensemble.members = {members}
set.model.operator = "{operator}"
"""


@pytest.fixture
def claims(tmp_path):
    """Writes a file of claims: one claim for each study, with its operator and number of members."""
    (tmp_path / "relax.toml").write_text((DATA / "relax/equilibrium.toml").read_text())

    def write(*studies):
        text = "".join(STUDY.format(study=name, operator=operator, members=members)
                       + CLAIM.format(id=f"claim-{name}", study=name) for name, operator, members in studies)
        (tmp_path / "claims.toml").write_text(text)
        return tmp_path / "claims.toml"
    return write


def verdicts(out):
    with h5py.File(out / "audit.h5") as data:
        return {i.decode(): v.decode() for i, v in zip(data["claim"][:], data["verdict"][:])}


def test_verdicts_follow_the_data(claims, out):
    file = claims(("softmax", "softmax", 4), ("entmax", "entmax", 4))
    done = run("audit", file, "--out", out)
    assert verdicts(out) == {"claim-softmax": "supported", "claim-entmax": "refuted"}
    assert "1 supported, 1 refuted, 0 inconclusive" in done.stdout
    assert (out / "verdicts.tsv").read_text().count("\n") == 3
    with h5py.File(out / "audit.h5") as data:
        assert data.attrs["claims_toml"] == file.read_text()
        rerun = data["rerun"][1].decode()
    assert rerun.startswith("softmech-relax ") and "--set model.operator=entmax" in rerun
    run("relax", *rerun.split()[1:-1], out / "again")
    assert sha256(out / "again/ensemble.h5") == sha256(out / "studies/entmax/ensemble.h5")


def test_same_bytes_for_any_threads_and_for_a_part(claims, tmp_path):
    file = claims(("one", "softmax", 8), ("two", "kappa", 8))
    run("audit", file, "--threads", 1, "--out", tmp_path / "a")
    run("audit", file, "--threads", 2, "--quiet", "--out", tmp_path / "b")
    run("audit", file, "--out", tmp_path / "b")
    assert sha256(tmp_path / "a/audit.h5") == sha256(tmp_path / "b/audit.h5")
    run("audit", file, "--set", "audit.claims=claim-two", "--out", tmp_path / "c")
    assert list(verdicts(tmp_path / "c")) == ["claim-two"]
    assert not (tmp_path / "c/studies/one").exists()


def test_a_failing_study_is_named_and_the_others_are_judged(claims, out):
    file = claims(("good", "softmax", 4), ("bad", "softmax", 0))
    done = run("audit", file, "--out", out, expect=1)
    assert "study bad failed" in done.stderr and "ensemble.members=0: must be" in done.stderr
    assert verdicts(out) == {"claim-good": "supported", "claim-bad": "inconclusive"}


def test_other_settings_in_the_same_directory(claims, out):
    run("audit", claims(("one", "softmax", 4)), "--out", out)
    file = claims(("one", "softmax", 5))
    message = run("audit", file, "--out", out, expect=1).stderr
    assert "ensemble.members: 4 -> 5" in message and "--restart" in message
    run("audit", file, "--restart", "--out", out)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_in_good_order_and_the_same_command_goes_on(claims, tmp_path, sent):
    file = claims(("long", "kappa", 1500))
    process = start("audit", file, "--threads", 1, "--out", tmp_path / "stopped")
    members = tmp_path / "stopped/studies/long/members"
    deadline = time.monotonic() + 60
    while not list(members.glob("*.h5")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sent)
    output = process.communicate(timeout=60)
    assert process.returncode == 75, output
    assert not (tmp_path / "stopped/audit.h5").exists()
    run("audit", file, "--out", tmp_path / "stopped")
    run("audit", file, "--out", tmp_path / "whole")
    assert sha256(tmp_path / "stopped/audit.h5") == sha256(tmp_path / "whole/audit.h5")


def test_misuse(claims, tmp_path, out):
    file = claims(("one", "softmax", 4))
    for arguments, expected in [
        ((file, "--set", "audit.claims=claim-on"), 'did you mean "claim-one"?'),
        ((file, "--set", "audit.scale=huge"), "audit.scale"),
        ((file, "--shard", "0/2"), "--shard"),
        ((tmp_path / "absent.toml",), "absent.toml: cannot be read"),
        ((tmp_path,), "is a directory"),
    ]:
        assert expected in run("audit", *arguments, "--out", out, expect=2).stderr
    file.write_text(file.read_text().replace("sentence", "sentense"))
    assert f'{file}:11: unknown key "sentense"' in run("audit", file, "--out", out, expect=2).stderr
    assert not out.exists()


def test_dry_run_shows_the_commands(out):
    text = run("audit", "--dry-run", "--set", "audit.scale=full", "--out", out).stdout
    assert "softmech-thermo" in text and "thermo/condensation.toml" in text and "nothing was run" in text
    assert not out.exists()
