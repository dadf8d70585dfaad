"""ensemble.h5 has the same bytes for any threads, shards and interruptions."""

import random
import signal
import time

from conftest import run, sha256, start

# Enough work that it can be killed in the middle: about a second in all.
STUDY = ["--set", "ensemble.members=400", "--set", "model.keys=32", "--set", "model.friction=0.0", "--set",
         "solver.stepper=geodesic_leapfrog", "--set", "solver.step=0.002", "--set", "time.end=8.0", "--set", "time.samples=11", "--quiet"]


def reference(tmp_path):
    run("relax", *STUDY, "--threads", "1", "--out", tmp_path / "reference")
    return sha256(tmp_path / "reference/ensemble.h5")


def test_threads_and_shards(tmp_path):
    expected = reference(tmp_path)
    run("relax", *STUDY, "--threads", "2", "--out", tmp_path / "threads")
    assert sha256(tmp_path / "threads/ensemble.h5") == expected

    run("relax", *STUDY, "--shard", "1/2", "--out", tmp_path / "shards")
    assert not (tmp_path / "shards/ensemble.h5").exists()
    run("relax", *STUDY, "--shard", "0/2", "--out", tmp_path / "shards")
    assert sha256(tmp_path / "shards/ensemble.h5") == expected


def test_two_shards_at_once(tmp_path):
    expected = reference(tmp_path)
    both = [start("relax", *STUDY, "--shard", f"{i}/2", "--threads", "1", "--out", tmp_path / "both") for i in (0, 1)]
    assert [p.wait(timeout=120) for p in both] == [0, 0]
    assert sha256(tmp_path / "both/ensemble.h5") == expected


def test_killed_many_times(tmp_path):
    """SIGKILL at 24 random moments: no finished member is lost and the end is the same."""
    expected = reference(tmp_path)
    out = tmp_path / "killed"
    rng = random.Random(1)
    kept = set()
    kills = 0
    while kills < 24:
        process = start("relax", *STUDY, "--threads", "2", "--out", out)
        time.sleep(rng.uniform(0.005, 0.12))
        process.kill()
        if process.wait() == 0:
            break
        kills += 1
        finished = {file.name for file in (out / "members").glob("*.h5")} if out.exists() else set()
        assert kept <= finished, "a finished member was lost"
        kept = finished
    # A machine so fast that fewer kills sufficed starts again, with the members still there, from a killed merge.
    while kills < 24:
        (out / "ensemble.h5").unlink(missing_ok=True)
        process = start("relax", *STUDY, "--threads", "2", "--out", out)
        time.sleep(rng.uniform(0.001, 0.02))
        process.kill()
        process.wait()
        kills += 1
    run("relax", *STUDY, "--threads", "2", "--out", out)
    assert sha256(out / "ensemble.h5") == expected
    assert not list(out.rglob("*.part"))


def test_stopped_by_signal_and_time(tmp_path):
    expected = reference(tmp_path)
    out = tmp_path / "stopped"
    for number in (signal.SIGTERM, signal.SIGINT):
        before = set(out.glob("members/*.h5"))
        process = start("relax", *STUDY, "--threads", "1", "--out", out)
        while set(out.glob("members/*.h5")) == before:  # it has begun to work
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(number)
        assert process.wait(timeout=30) == 75, process.stderr.read()
    run("relax", *STUDY, "--out", out)
    assert sha256(out / "ensemble.h5") == expected


def test_long_member_goes_on_from_its_checkpoint(tmp_path):
    """One member of several seconds, stopped by --time again and again, ends with the same bytes as in one go."""
    study = ["--set", "model.keys=64", "--set", "model.friction=0.0", "--set", "solver.stepper=symplectic_rkn", "--set",
             "solver.step=0.001", "--set", "time.end=3000.0", "--set", "start.kind=near_equilibrium"]
    run("relax", *study, "--out", tmp_path / "whole")
    out = tmp_path / "parts"
    stops = 0
    while True:
        process = start("relax", *study, "--time", "1", "--out", out)
        code = process.wait(timeout=120)
        if code == 0:
            break
        assert code == 75, process.stderr.read()
        stops += 1
        assert list((out / "checkpoints").glob("*.h5")), "a stopped member leaves its state"
        assert stops < 100
    assert stops >= 1
    assert sha256(out / "ensemble.h5") == sha256(tmp_path / "whole/ensemble.h5")
    assert not list((out / "checkpoints").glob("*"))


def test_rerun_has_nothing_to_do(tmp_path):
    out = tmp_path / "again"
    study = ["--set", "ensemble.members=3", "--out", out]
    run("relax", *study)
    before = (out / "ensemble.h5").stat().st_mtime_ns
    done = run("relax", *study)
    assert "nothing to do" in done.stderr
    assert (out / "ensemble.h5").stat().st_mtime_ns == before
    run("relax", *study, "--restart")
    assert (out / "ensemble.h5").stat().st_mtime_ns > before
