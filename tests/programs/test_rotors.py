"""softmech-rotors: its bits under threads and interruptions, its refusals, and that its samples are what its averages say."""

import numpy as np
import pytest
import xarray

from conftest import run, sha256, start

STUDY = ["--set", "model.rotors=[16,64]", "--set", "model.temperature=[0.4,0.6]", "--set", "sampling.sweeps=500", "--set", "ensemble.members=3", "--quiet"]


@pytest.mark.parametrize("kernel", ["all", "power"])
def test_same_bits_for_any_threads(tmp_path, kernel):
    for threads in (1, 2):
        run("rotors", *STUDY, "--set", f"model.kernel={kernel}", "--threads", threads, "--out", tmp_path / str(threads))
    assert sha256(tmp_path / "1/ensemble.h5") == sha256(tmp_path / "2/ensemble.h5")


def test_long_member_goes_on_from_its_checkpoint(tmp_path):
    """One member of several seconds, stopped by --time again and again, ends with the same bytes as in one go."""
    study = ["--set", "model.rotors=4096", "--set", "model.kernel=power", "--set", "model.temperature=0.4", "--set", "sampling.thermalize=1000", "--set",
             "sampling.sweeps=2000", "--set", "sampling.series=true", "--quiet"]
    run("rotors", *study, "--out", tmp_path / "whole")
    out, stops = tmp_path / "parts", 0
    while True:
        process = start("rotors", *study, "--time", "1", "--out", out)
        code = process.wait(timeout=120)
        if code == 0:
            break
        assert code == 75, process.stderr.read()
        stops += 1
        assert list((out / "checkpoints").glob("*.h5")) and stops < 100
    assert stops >= 1
    assert sha256(out / "ensemble.h5") == sha256(tmp_path / "whole/ensemble.h5")


def test_averages_are_those_of_the_series(out):
    """The recorded samples give the recorded means and fluctuations, whose last blocks leave out at most one block."""
    run("rotors", "--set", "model.rotors=64", "--set", "model.temperature=[0.3,0.5]", "--set", "sampling.sweeps=4000", "--set", "sampling.series=true",
        "--set", "ensemble.members=2", "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        assert data.magnetization_series.dims == data.energy_series.dims == ("member", "sample") and data.sizes["sample"] == 4000
        assert list(data.coords["replica"].values) == [0, 1, 0, 1]
        m, e, temperature = data.magnetization_series.values, data.energy_series.values, data.coords["temperature"].values
        np.testing.assert_allclose(e, (1 - m**2) / 2, atol=1e-12)
        for name, value in {"magnetization": m.mean(1), "magnetization2": (m**2).mean(1), "magnetization4": (m**4).mean(1), "energy": e.mean(1),
                            "energy2": (e**2).mean(1), "susceptibility": 64 * m.var(1) / temperature, "specific_heat": 64 * e.var(1) / temperature**2}.items():
            assert (abs(data[name] - value) < 0.3 * data[name + "_error"]).all(), name
        assert (data.autocorrelation_time > 0.4).all() and (data.autocorrelation_time < 10).all()


def test_order_is_that_of_mean_field(out):
    """M = I_1(M/T)/I_0(M/T) of infinitely many rotors, up to 1/N."""
    from scipy.optimize import brentq
    from scipy.special import ive

    run("rotors", "--set", "model.rotors=4096", "--set", "model.temperature=[0.2,0.3,0.4]", "--set", "sampling.sweeps=200", "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for row in range(3):
            temperature = float(data.coords["temperature"][row])
            exact = brentq(lambda m: m - ive(1, m / temperature) / ive(0, m / temperature), 0.1, 1)
            assert float(data.magnetization[row]) == pytest.approx(exact, abs=2e-3)
            assert float(data.energy[row]) == pytest.approx((1 - exact**2) / 2, abs=2e-3)


@pytest.mark.parametrize("settings,words", [
    (["model.lattice=square", "model.kernel=nearest", "model.rotors=60"], ["model.rotors = 60", "square", "64"]),
    (["model.lattice=square"], ["model.kernel", "all", "model.lattice"]),
    (["model.alpha=1.5"], ["model.alpha", "power"]),
    (["model.range=3", "model.kernel=power"], ["model.range", "window"]),
    (["model.range=0.5", "model.kernel=window"], ["model.range = 0.5", ">= 1"]),
    (["model.temperature=0"], ["model.temperature", "> 0"]),
    (["model.rotors=1"], ["model.rotors", "2"]),
])
def test_refusals(tmp_path, settings, words):
    done = run("rotors", *[word for pair in settings for word in ("--set", pair)], "--out", tmp_path / "out", expect=2)
    assert all(word in done.stderr for word in words), done.stderr
