"""softmech-rotors in motion: against exact results, and its bits under threads and interruptions."""

import numpy as np
import pytest
import xarray
from scipy.optimize import brentq
from scipy.special import ive

from conftest import run, sha256, start


def words(settings):
    return [word for pair in settings for word in ("--set", pair)]


def exact_order(temperature):
    """M of infinitely many all-to-all rotors."""
    if temperature >= 0.5:
        return 0.0
    return brentq(lambda m: m - ive(1, m / temperature) / ive(0, m / temperature), 1e-3, 1)


def within(data, name, exact, largest_relative_error, row=0):
    value, error = float(data[name][row]), float(data[name + "_error"][row])
    assert abs(value - exact) < 4 * error, (name, value, error, exact)
    assert error < largest_relative_error * abs(exact), (name, error, exact)


MOVING = words(["model.rotors=64", "model.kernel=power", "model.alpha=1.5", "model.dynamics=langevin", "model.temperature=[0.1,0.3]", "time.end=40",
                "time.samples=5", "output.average_samples=64", "output.modes=true", "output.correlations=true", "ensemble.members=2"]) + ["--quiet"]


def test_same_bits_for_any_threads(tmp_path):
    for threads in (1, 2):
        run("rotors", *MOVING, "--threads", threads, "--out", tmp_path / str(threads))
    assert sha256(tmp_path / "1/ensemble.h5") == sha256(tmp_path / "2/ensemble.h5")


@pytest.mark.parametrize("stop_after", ["1", "2"])
def test_goes_on_from_its_checkpoint(tmp_path, stop_after):
    """A member stopped while it thermalizes and while it moves ends with the same bytes as in one go."""
    study = words(["model.rotors=4096", "model.kernel=nearest", "model.temperature=0.1", "model.dynamics=microcanonical", "start.thermalize=700",
                   "time.end=1500", "time.samples=11", "output.average_samples=100", "output.modes=true", "output.snapshots=30", "output.modes_interval=50",
                   "output.wavenumbers=10", "output.correlations=true"]) + ["--quiet"]
    run("rotors", *study, "--out", tmp_path / "whole")
    out, stops = tmp_path / "parts", 0
    while True:
        process = start("rotors", *study, "--time", stop_after, "--out", out)
        code = process.wait(timeout=120)
        if code == 0:
            break
        assert code == 75, process.stderr.read()
        stops += 1
        assert stops < 100
    assert stops >= 1
    assert sha256(out / "ensemble.h5") == sha256(tmp_path / "whole/ensemble.h5")


def test_langevin_motion_is_that_of_mean_field(out):
    """Order and energy of infinitely many rotors up to 1/N, and the temperature of the velocities."""
    run("rotors", *words(["model.rotors=4096", "model.dynamics=langevin", "model.temperature=[0.2,0.4,0.7]", "start.kind=equilibrium", "solver.step=0.1",
                          "time.end=200", "time.samples=3", "output.average_from=5", "output.average_samples=195"]), "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for row, temperature in enumerate([0.2, 0.4]):
            order = exact_order(temperature)
            assert float(data.magnetization[row]) == pytest.approx(order, abs=4 * float(data.magnetization_error[row]) + 1 / 4096)
            assert float(data.energy[row]) == pytest.approx((1 - order**2) / 2, abs=4 * float(data.energy_error[row]) + 1 / 4096)
            assert float(data.energy_error[row]) < 0.02 * float(data.energy[row])
        for row, temperature in enumerate([0.2, 0.4, 0.7]):
            within(data, "kinetic_temperature", temperature, 0.005, row)
        assert float(data.magnetization2[2]) == pytest.approx(1 / 4096 / (1 - 0.5 / 0.7), rel=0.3)  # the mean field's susceptibility


def test_both_temperatures_of_a_bath(out):
    """Velocities and phases of a chain have the temperature of the bath within half a percent."""
    run("rotors", *words(["model.rotors=1024", "model.kernel=nearest", "model.dynamics=langevin", "model.temperature=0.5", "start.kind=equilibrium",
                          "solver.step=0.05", "time.end=600", "time.samples=3", "output.average_from=0", "output.average_samples=600"]), "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for name in ("kinetic_temperature", "configurational_temperature"):
            assert float(data[name][0]) == pytest.approx(0.5, rel=0.005), name
            within(data, name, 0.5, 0.0025)


def test_energy_stays_over_a_million_steps(tmp_path):
    """The energy error of a symplectic stepper does not grow: after 10^6 steps it is what it was after 10^5."""
    largest = {}
    for end in (5000, 50000):
        run("rotors", *words(["model.rotors=32", "model.kernel=power", "model.alpha=2.5", "model.dynamics=microcanonical", "model.temperature=0.3",
                              "solver.stepper=geodesic_leapfrog", "solver.step=0.05", f"time.end={end}", f"time.samples={2 * end + 1}",
                              "output.average_samples=32"]), "--out", tmp_path / str(end))
        with xarray.open_dataset(tmp_path / str(end) / "ensemble.h5") as data:
            largest[end] = float(data.energy_deviation[0])
            energy = data.total_energy[0].values
            drift = energy[-len(energy) // 4:].mean() - energy[:len(energy) // 4].mean()
            assert abs(drift) < largest[end] / 4
    assert largest[50000] < 2 * largest[5000] and largest[50000] < 1e-3


def test_caloric_curve(out):
    """At given energy the velocities show the temperature T(U) of U = T/2 + (1 - M^2)/2. Single rotors exchange energy too slowly for
    one run to show all of it: the error is that of 16 starts."""
    energies = [0.2, 0.4, 0.6, 0.9]
    run("rotors", *words(["model.rotors=1024", "model.dynamics=microcanonical", "start.kind=equilibrium", f"start.energy={energies}",
                          "solver.step=0.1", "solver.stepper=geodesic_leapfrog", "time.end=100", "time.samples=11", "output.average_from=20",
                          "output.average_samples=80", "ensemble.members=16"]), "--out", out)

    def energy(temperature):
        return temperature / 2 + (1 - exact_order(temperature)**2) / 2

    with xarray.open_dataset(out / "ensemble.h5") as data:
        for row, total in enumerate(energies):
            own = slice(16 * row, 16 * row + 16)
            temperature = 2 * total - 1 if total > 0.75 else brentq(lambda t: energy(t) - total, 0.01, 0.4999)
            measured = data.kinetic_temperature[own].values
            error = measured.std(ddof=1) / 4
            assert measured.mean() == pytest.approx(temperature, abs=4 * error + (4 / 1024 if total > 0.75 else 1 / 1024)) and error < 0.015 * temperature
            np.testing.assert_allclose(data.total_energy[own], total, rtol=1e-3)
            assert (data.energy_deviation[own] < 1e-3).all()


def test_fluctuations_of_the_velocities_tell_the_specific_heat(out):
    """A chain of nearest neighbors at the energy of T = 1/2: C = beta^2 (1 - r/beta - r^2) of its phases, r = I_1/I_0."""
    ratio = ive(1, 2.0) / ive(0, 2.0)
    run("rotors", *words(["model.rotors=128", "model.kernel=nearest", "model.dynamics=microcanonical", "start.kind=equilibrium",
                          f"start.energy={0.25 + 1 - ratio}", "solver.step=0.1", "solver.stepper=geodesic_leapfrog", "time.end=20000",
                          "time.samples=11", "output.average_from=500", "output.average_samples=10000", "ensemble.members=2"]), "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for row in (0, 1):
            within(data, "specific_heat", 4 * (1 - ratio / 2 - ratio**2), 0.1, row)
            assert float(data.kinetic_temperature[row]) == pytest.approx(0.5, abs=4 * float(data.kinetic_temperature_error[row]) + 0.25 / 128)


def test_chain_is_that_of_the_transfer_matrix(out):
    """Nearest neighbors: e = 1 - I_1/I_0 and correlations (I_1/I_0)^r at beta = 1/T."""
    run("rotors", *words(["model.rotors=512", "model.kernel=nearest", "model.dynamics=langevin", "model.temperature=0.5", "start.kind=equilibrium",
                          "solver.step=0.1", "time.end=1000", "time.samples=3", "output.average_from=0", "output.average_samples=500",
                          "output.correlations=true"]), "--out", out)
    ratio = ive(1, 2.0) / ive(0, 2.0)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        assert float(data.energy[0]) == pytest.approx(1 - ratio, abs=4 * float(data.energy_error[0]) + 3e-4)  # bias of the step: h^2/24
        assert float(data.energy_error[0]) < 0.005 * (1 - ratio)
        for distance in (1, 3, 6):
            assert float(data.correlation[0, distance]) == pytest.approx(ratio**distance, abs=4 * float(data.correlation_error[0, distance]) + 1e-3)


def test_correlation_length_is_that_of_the_transfer_matrix(out):
    """Of a ring of nearest neighbors, whose C(r) = c^r, c = I_1/I_0, has the second-moment length sqrt(c)/(1 - c)."""
    run("rotors", *words(["model.rotors=32", "model.kernel=nearest", "model.temperature=0.5", "sampling.sweeps=20000", "output.correlations=true"]), "--out", out)
    ratio = ive(1, 2.0) / ive(0, 2.0)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        within(data, "correlation_length", np.sqrt(ratio) / (1 - ratio), 0.03)


def test_helix_of_rope_is_the_frame_of_an_untwisted_chain(tmp_path):
    """In an open chain the motion from the helix is, phase by phase, the one without a twist: the same bits of noise, the same modes."""
    study = words(["model.rotors=32", "model.kernel=exponential", "model.range=2", "model.boundary=open", "model.dynamics=langevin",
                   "model.temperature=0.05", "time.end=20", "time.samples=5", "output.average_samples=32", "output.modes=true"])
    run("rotors", *study, "--out", tmp_path / "plain")
    run("rotors", *study, "--set", "model.twist=rope", "--set", "model.rope_plane=5", "--out", tmp_path / "rope")
    with xarray.open_dataset(tmp_path / "plain/ensemble.h5") as plain, xarray.open_dataset(tmp_path / "rope/ensemble.h5") as rope:
        assert float(rope.coords["twist"][0]) == pytest.approx(1e4 ** (-10 / 128))
        np.testing.assert_allclose(rope.phase_real, plain.phase_real, atol=1e-9)
        np.testing.assert_allclose(rope.frequency_linear**2, plain.frequency_linear**2, atol=1e-12)
        assert float(rope.zero_modes[0]) == float(rope.zero_modes_expected[0]) == 1


def test_rotors_wind_up_to_the_helix(out):
    """From aligned phases the twist of an open chain turns them into the helix, without noise to the last digits."""
    run("rotors", *words(["model.rotors=16", "model.kernel=nearest", "model.boundary=open", "model.twist=0.3", "model.dynamics=overdamped",
                          "model.temperature=1e-12", "start.kind=aligned", "time.end=2000", "time.samples=3", "output.average_from=1900",
                          "output.average_samples=32"]), "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        assert float(data.potential_energy[0, 0]) == pytest.approx(15 / 16 * (1 - np.cos(0.3)))
        assert float(data.energy[0]) < 1e-9 and float(data.magnetization[0]) > 1 - 1e-9


def test_momentum_that_is_conserved_has_no_temperature(out):
    """Eight rotors alone: 7 of 8 velocities are free, and their temperature is that of the start."""
    run("rotors", *words(["model.rotors=8", "model.dynamics=microcanonical", "model.temperature=0.2", "start.kind=equilibrium", "time.end=20",
                          "time.samples=3", "output.average_from=0", "output.average_samples=32", "ensemble.members=2000"]), "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        measured = data.kinetic_temperature.values
        assert measured.mean() == pytest.approx(0.2, abs=4 * measured.std() / 2000**0.5)


def test_a_run_with_thermalization_and_energy_goes_on(tmp_path):
    """The energy belongs to the thermalized start, which a resumed motion does not draw again."""
    study = words(["model.rotors=4096", "model.kernel=power", "model.alpha=1.5", "model.dynamics=microcanonical", "start.kind=random",
                   "model.temperature=0.1", "start.thermalize=20", "start.energy=0.3", "solver.stepper=geodesic_leapfrog", "time.end=3000",
                   "time.samples=5", "output.average_samples=32"]) + ["--quiet"]
    stops = 0
    while (code := start("rotors", *study, "--time", "2", "--out", tmp_path / "out").wait(timeout=120)) != 0:
        assert code == 75 and stops < 50
        stops += 1
    with xarray.open_dataset(tmp_path / "out/ensemble.h5") as data:
        np.testing.assert_allclose(data.total_energy[0], 0.3, rtol=1e-3)
    assert stops > 0


def test_open_chains_have_the_waves_of_linear_theory(out):
    """A window's band is not monotone: each cosine wave has the frequency that is measured from its equipartition, T/m<|u|^2>."""
    run("rotors", *words(["model.rotors=64", "model.kernel=window", "model.range=4", "model.boundary=open", "model.dynamics=langevin",
                          "model.temperature=1e-4", "model.friction=0.5", "time.end=4000", "time.samples=3", "output.modes=true",
                          "output.modes_from=1000", "output.modes_interval=3"]), "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        linear, power = data.frequency_linear[0].values, (data.phase_real[0].values**2).mean(0)
        known = np.isfinite(linear) & (np.arange(64) > 0)
        assert known.sum() >= 8
        np.testing.assert_allclose(1e-4 / power[known], linear[known]**2, rtol=0.35)  # of a few hundred independent snapshots
        assert abs(np.mean(1e-4 / power[known] / linear[known]**2) - 1) < 0.06


@pytest.mark.parametrize("settings,expected", [
    (["model.dynamics=langevin", "model.kernel=nearest", "solver.step=2"], ["solver.step = 2", "fastest frequency 2"]),
    (["time.end=10"], ["time.", "model.dynamics = \"cluster\""]),
    (["model.dynamics=langevin", "sampling.sweeps=100"], ["sampling", "cluster"]),
    (["model.dynamics=langevin", "start.energy=1"], ["start.energy", "microcanonical"]),
    (["model.dynamics=langevin", "solver.stepper=dopri5"], ["solver.stepper", "baoab"]),
    (["model.dynamics=langevin", "output.modes=true", "model.kernel=nearest", "model.lattice=square"], ["output.modes", "square"]),
    (["model.dynamics=langevin", "output.average_from=1000"], ["output.average_from", "time.end"]),
    (["model.kernel=nearest", "model.twist=0.1", "model.dynamics=langevin"], ["model.twist = 0.1"]),
    (["model.field=0.1"], ["model.field", "cluster"]),
])
def test_refusals(tmp_path, settings, expected):
    done = run("rotors", *words(settings), "--out", tmp_path / "out", expect=2)
    assert all(word in done.stderr for word in expected), done.stderr
