"""Figures of rotors, and the exact laws in them against integrals made another way."""
import re

import laws
import numpy as np
import pytest
import results
import synthetic_scaling as synthetic
import conftest
from conftest import report, text
from figures import rotor_systems, rotors
from scipy.optimize import brentq
from scipy.special import ive
from test_page import Page

CHAIN = ["order", "ratio", "susceptibility", "specific_heat", "energy"]


def plots(directory):
    return conftest.plots(directory / "ensemble.h5", rotors.FIGURES)


def test_the_mean_field_solves_its_equation():
    temperature = np.array([0.02, 0.1, 0.3, 0.45, 0.499])
    order, energy, heat, _ = laws.mean_field_rotors(temperature)
    exact = [brentq(lambda m: m - ive(1, m / t) / ive(0, m / t), 1e-3, 1) for t in temperature]
    assert order == pytest.approx(exact, rel=2e-6)
    assert energy == pytest.approx((1 - np.array(exact) ** 2) / 2, rel=2e-6)
    step = 1e-4
    for t, c in zip(temperature[:4], heat):
        above, below = (laws.mean_field_rotors(np.array([t + s]))[1][0] for s in (step, -step))
        assert c == pytest.approx((above - below) / (2 * step), rel=2e-3)
    order, energy, heat, _ = laws.mean_field_rotors([0.5, 0.6, 3.0])
    assert (order == 0).all() and (energy == 0.5).all() and (heat == 0).all()
    assert laws.mean_field_rotors([0.4999])[2][0] == pytest.approx(2, rel=2e-3)  # the jump


@pytest.mark.parametrize("temperature", [0.05, 0.4, 0.5, 2.0])
def test_moments_of_few_rotors_are_integrals_over_their_phases(temperature):
    angle = 2 * np.pi * np.arange(512) / 512
    for phases in ([angle], np.meshgrid(angle, angle)):
        n = len(phases) + 1
        length = np.abs(1 + sum(np.exp(1j * phase) for phase in phases)) / n
        weight = np.exp(n * (length**2 - 1) / (2 * temperature))
        second, fourth = (np.sum(weight * length**k) / np.sum(weight) for k in (2, 4))
        assert laws.all_to_all_rotors(n, temperature) == pytest.approx((second, fourth), rel=1e-9)


def test_many_rotors_have_the_moments_of_the_mean_field():
    n = 10**6
    for temperature in (0.3, 0.45):
        second, fourth = laws.all_to_all_rotors(n, temperature)
        order, _, heat, susceptibility = laws.mean_field_rotors(np.array([temperature]))
        assert np.sqrt(second) == pytest.approx(order[0], rel=1e-4)
        variance = n * (fourth - second**2)
        assert variance / (2 * temperature) ** 2 == pytest.approx(heat[0], rel=2e-3)
        assert variance / (4 * second) / temperature == pytest.approx(susceptibility[0], rel=2e-3)
    second, fourth = laws.all_to_all_rotors(n, 0.7)
    assert n * second == pytest.approx(2 * 0.7 / (2 * 0.7 - 1), rel=1e-3) and fourth / second**2 == pytest.approx(2, rel=1e-3)
    assert laws.mean_field_rotors([0.7])[3][0] == pytest.approx(n * second * (1 - np.pi / 4) / 0.7, rel=1e-3)
    second, fourth = laws.all_to_all_rotors(n, 0.5)
    assert fourth / second**2 == pytest.approx(np.pi / 2, abs=2e-3)


def test_the_chain_has_its_bessel_functions():
    temperature = np.array([0.05, 0.5, 1.0, 5.0])
    energy, heat = laws.rotor_chain(temperature)
    assert energy == pytest.approx(1 - ive(1, 1 / temperature) / ive(0, 1 / temperature), rel=1e-9)
    above, below = (laws.rotor_chain(temperature + s)[0] for s in (1e-5, -1e-5))
    assert heat == pytest.approx((above - below) / 2e-5, rel=1e-5)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_correlations_of_the_chain_are_powers_of_its_transfer_matrix(temperature):
    angle = 2 * np.pi * np.arange(256) / 256
    matrix = np.exp((np.cos(angle[:, None] - angle) - 1) / temperature) / 256
    turn = np.exp(1j * angle)
    for n, r in ((3, 1), (8, 3), (12, 6)):
        power = np.linalg.matrix_power
        ring = np.trace(np.diag(turn.conj()) @ power(matrix, r) @ np.diag(turn) @ power(matrix, n - r)) / np.trace(power(matrix, n))
        assert laws.rotor_chain_correlation(temperature, [r], n)[0] == pytest.approx(ring.real, rel=1e-9)
    for r in (1, 4):
        ends = turn.conj() @ power(matrix, r) @ turn / (np.ones(256) @ power(matrix, r) @ np.ones(256))
        assert laws.rotor_chain_correlation(temperature, r) == pytest.approx(ends.real, rel=1e-9)


def test_all_to_all_rotors_are_drawn_beside_what_is_exact(tmp_path):
    temperatures, sizes = (0.3, 0.45, 0.5, 0.55, 0.7), (64, 256)
    moments = np.array([[laws.all_to_all_rotors(n, t) for t in temperatures] for n in sizes])
    synthetic.rotors(tmp_path, magnetization2=moments[..., 0], magnetization4=moments[..., 1], members=10)
    drawn = plots(tmp_path)
    assert list(drawn) == CHAIN
    (mean_field,) = [line for line in drawn["order"].figure.axes[0].lines if line.get_label() == "mean field"]
    t, m = mean_field.get_data()
    assert m[t < 0.49] == pytest.approx(ive(1, m[t < 0.49] / t[t < 0.49]) / ive(0, m[t < 0.49] / t[t < 0.49]), rel=1e-5)
    assert int(re.search(r"(\d) of 10 points are more than two standard errors away \(0 would", text(drawn["ratio"]))[1]) <= 2
    critical = [line.get_ydata()[0] for line in drawn["ratio"].figure.axes[0].lines if line.get_label() == r"$\pi/2$"]
    assert critical == [np.pi / 2]


def test_a_ratio_that_is_not_exact_is_counted(tmp_path):
    synthetic.rotors(tmp_path, members=10)  # 1.2 everywhere
    beyond = int(re.search(r"(\d+) of 10 points are more", text(plots(tmp_path)["ratio"]))[1])
    assert beyond >= 8


def test_a_square_lattice_shows_its_stiffness_with_the_line_of_the_jump(tmp_path):
    synthetic.rotors(tmp_path, lattice="square", kernel="nearest", temperatures=(0.7, 0.85, 0.9, 1.0, 1.2))
    drawn = plots(tmp_path)
    assert list(drawn) == CHAIN[:4] + ["stiffness", "energy"]
    axes = drawn["stiffness"].figure.axes[0]
    (jump,) = [line for line in axes.lines if line.get_label() == r"$2T/\pi$"]
    assert jump.get_ydata() == pytest.approx(2 * jump.get_xdata() / np.pi)
    _, labels = axes.get_legend_handles_labels()
    assert {"L = 8", "L = 16"} <= set(labels) and "TKT = 0.8929" in text(drawn["stiffness"])


def test_the_chain_of_neighbors_has_its_law_and_no_transition(tmp_path):
    synthetic.rotors(tmp_path, kernel="nearest")
    drawn = plots(tmp_path)
    assert list(drawn) == CHAIN and "orders at no temperature" in text(drawn["order"])
    (law,) = [line for line in drawn["energy"].figure.axes[0].lines if line.get_label() == "infinite chain"]
    t, e = law.get_data()
    assert e == pytest.approx(1 - ive(1, 1 / t) / ive(0, 1 / t), rel=1e-9)


def test_kernels_have_figures_of_their_own(tmp_path):
    synthetic.rotors(tmp_path, kernel=("all", "nearest"))
    drawn = plots(tmp_path)
    assert [name for name in drawn if name.startswith("order")] == ["order", "order-2"]
    assert drawn["order"].title.endswith(": all-to-all") and drawn["order-2"].title.endswith(": chain, nearest neighbors")


def test_errors_are_of_means_over_members(tmp_path):
    synthetic.rotors(tmp_path / "few", members=4)
    synthetic.rotors(tmp_path / "many", members=400, sizes=(64,))
    for name, members in (("few", 4), ("many", 400)):
        file = results.ResultFile(tmp_path / name / "ensemble.h5", "run")
        (system,) = rotor_systems.thermal(file)
        _, mean, error = system.curve("energy", 64)
        assert error == pytest.approx(0.01 * mean / np.sqrt(members), rel=0.12)
    second, fourth = file["magnetization2"][:400], file["magnetization4"][:400]
    value, error = rotor_systems.ratio(second, fourth)
    # Independent scatter of 1 % in both: sqrt(1 + 4) % of the ratio.
    assert value == pytest.approx(1.2, rel=0.005) and error == pytest.approx(1.2 * 0.01 * np.sqrt(5 / 400), rel=0.12)


def test_members_that_are_nan_are_left_out_and_few_points_draw_nothing(tmp_path):
    lost = np.full((2, 5), np.nan)
    names = ("magnetization", "specific_heat", "susceptibility", "energy", "magnetization4")
    synthetic.rotors(tmp_path / "lost", **dict.fromkeys(names, lost))
    assert not plots(tmp_path / "lost")
    some = np.full((2, 5), 0.5)
    some[0, 2] = np.nan
    synthetic.rotors(tmp_path / "some", **dict.fromkeys(names, some))
    assert list(plots(tmp_path / "some")) == CHAIN
    synthetic.rotors(tmp_path / "few", temperatures=(0.4, 0.5))
    assert not plots(tmp_path / "few")
    assert report(tmp_path / "few").returncode == 0


def points(axes):
    """x and y of all points with error bars, in the order of drawing."""
    return [np.array(container[0].get_data()) for container in axes.containers]


def test_systems_that_differ_in_field_dynamics_or_ends_are_not_mixed(tmp_path):
    count = 5 * 2 * 4  # temperatures, sizes, members
    half = np.arange(count) % 2
    for name, values in (("field", 0.1 * half), ("mass", 1.0 + half), ("twist", 0.1 * half), ("friction", 1.0 + half),
                         ("dynamics", np.where(half, "langevin", "cluster")), ("boundary", np.where(half, "open", "periodic"))):
        synthetic.rotors(tmp_path / name, kernel="nearest", more={"dynamics": "langevin", "field": 0.0, name: values})
        drawn = plots(tmp_path / name)
        assert {"order", "order-2"} <= set(drawn) and drawn["order"].title != drawn["order-2"].title, name


def test_a_field_takes_the_exact_laws_away(tmp_path):
    synthetic.rotors(tmp_path, more={"field": 0.2, "dynamics": "langevin"})
    drawn = plots(tmp_path)
    assert "no transition is left" in text(drawn["order"])
    for name in ("order", "energy", "specific_heat", "susceptibility"):
        assert not {"mean field", "infinite $N$", "$T_c$"} & set(drawn[name].figure.axes[0].get_legend_handles_labels()[1])


def isolated(directory, energies=(0.2, 0.5, 0.9), members=4, spread=0.01, drift=0.0, kernel="all"):
    """Microcanonical all-to-all rotors on the caloric curve, T = 2 U - 1 above U = 3/4."""
    random = np.random.default_rng(5)
    temperature = np.linspace(0.01, 0.6, 2000)
    order, potential = laws.mean_field_rotors(temperature)[:2]
    energy = np.repeat(np.tile(energies, 1), members)
    exact = np.interp(energy, temperature / 2 + potential, temperature)
    exact = np.where(energy > 0.75, 2 * energy - 1, exact)
    time = np.linspace(0, 100, 41)
    total = energy[:, None] + 1e-5 * np.sin(3 * time + energy[:, None]) * (time > 0) + drift * time
    synthetic.rotors(directory, kernel=kernel, sizes=(256,), temperatures=(0.5,), members=len(energy),
                     more={"dynamics": "microcanonical", "stepper": "geodesic_leapfrog",
                           "replica": np.tile(np.arange(members), len(energies)),
                           "kinetic_temperature": exact * (1 + spread * random.normal(size=len(energy)))},
                     along={"total_energy": ("time", time, total)})
    return np.array(energies), exact[::members]


def test_isolated_rotors_have_a_caloric_curve_and_no_curves_over_a_temperature_they_do_not_have(tmp_path):
    energies, exact = isolated(tmp_path)
    drawn = plots(tmp_path)
    assert list(drawn) == ["caloric", "conservation"]
    above, below = drawn["caloric"].figure.axes
    x, y = points(above)[0]
    assert x == pytest.approx(energies) and y == pytest.approx(exact, rel=0.02) and len(points(below)) == 1
    (law,) = [line for line in above.lines if line.get_label() == "infinite $N$"]
    assert np.interp(energies, *law.get_data()) == pytest.approx(exact, rel=1e-3)
    sizes = [segment[1, 1] - segment[0, 1] for segment in above.containers[0][2][0].get_segments()]
    assert np.array(sizes) / exact == pytest.approx(2 * 0.01 / np.sqrt(4), rel=0.8)  # the members' scatter, not their own errors
    assert "4 members per energy" in text(drawn["caloric"])


def test_the_chain_of_neighbors_has_a_caloric_curve_of_its_own(tmp_path):
    isolated(tmp_path, kernel="nearest")
    (axes,) = plots(tmp_path)["caloric"].figure.axes
    (law,) = [line for line in axes.lines if line.get_label() == "infinite $N$"]
    u, t = law.get_data()
    assert u == pytest.approx(t / 2 + 1 - ive(1, 1 / t) / ive(0, 1 / t), rel=1e-6)


def test_thermal_starts_at_one_temperature_are_no_caloric_curve(tmp_path):
    isolated(tmp_path, energies=tuple(0.2 + 1e-3 * np.arange(6)), members=1)
    assert "caloric" in plots(tmp_path)  # six given energies
    time = np.array([0.0, 1, 2, 3])
    synthetic.rotors(tmp_path / "thermal", temperatures=(0.5,), members=6, sizes=(64,),
                     more={"dynamics": "microcanonical", "replica": np.arange(6), "kinetic_temperature": 0.5},
                     along={"total_energy": ("time", time, 0.4 + 0.01 * np.arange(6)[:, None] + 0 * time)})
    assert list(plots(tmp_path / "thermal")) == ["conservation"]


def test_a_drift_of_the_energy_is_told(tmp_path):
    isolated(tmp_path / "bounded")
    isolated(tmp_path / "drifting", drift=1e-5)
    number = {name: float(re.search(r"from that over the first by \(?([-−\d.]+)", text(plots(tmp_path / name)["conservation"]))[1]
                          .replace("−", "-")) for name in ("bounded", "drifting")}
    assert number["drifting"] == pytest.approx(7.5, rel=0.1) and "10−4" in text(plots(tmp_path / "drifting")["conservation"])


def test_the_bath_is_compared_with_its_thermometer(tmp_path):
    temperatures = (0.1, 0.2, 0.4)
    kinetic = np.repeat(np.array(temperatures) * 0.998, 9)
    synthetic.rotors(tmp_path, temperatures=temperatures, sizes=(64,), members=9,
                     more={"dynamics": "langevin", "friction": 1.0, "kinetic_temperature": kinetic})
    axes = plots(tmp_path)["thermometer"].figure.axes[0]
    assert points(axes)[0][1] == pytest.approx(-0.2)


def test_correlations_of_the_chain_lie_on_the_transfer_matrix(tmp_path):
    temperatures, distance = (0.5, 1.0), np.arange(33)
    exact = np.array([laws.rotor_chain_correlation(t, distance, 64) for t in np.repeat(temperatures, 4)])
    error = np.full(exact.shape, 1e-3)
    synthetic.rotors(tmp_path, kernel="nearest", temperatures=temperatures, sizes=(64,), members=4,
                     along={"correlation": ("distance", distance, exact), "correlation_error": ("distance", distance, error)})
    drawn = plots(tmp_path)["correlation"]
    axes = drawn.figure.axes[0]
    for (x, y), t in zip(points(axes), temperatures):
        assert y == pytest.approx(laws.rotor_chain_correlation(t, x, 64)) and y.min() > 1e-3  # above two errors of four members
    curves = [line.get_data() for line in axes.lines if line.get_linestyle() == "-"]
    for t, (x, y) in zip(temperatures, curves, strict=True):
        assert y == pytest.approx(laws.rotor_chain_correlation(t, x, 64))
    assert f"{-1 / np.log(ive(1, 1) / ive(0, 1)):.3g} at T = 1" in text(drawn)
    synthetic.rotors(tmp_path / "field", kernel="nearest", temperatures=temperatures, sizes=(64,), members=4, more={"field": 0.1},
                     along={"correlation": ("distance", distance, exact)})
    assert "transfer matrix" not in text(plots(tmp_path / "field")["correlation"])


def test_the_page_holds_them_all(tmp_path):
    synthetic.rotors(tmp_path, kernel="power", alpha=1.5)
    assert report(tmp_path).returncode == 0
    page = Page(tmp_path / "report.html")
    assert len(page.all("figure")) == 5 and "power law, α = 1.5" in page.text
