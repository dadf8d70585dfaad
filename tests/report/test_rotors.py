"""Figures of rotors, and the exact laws in them against integrals made another way."""
import re

import laws
import numpy as np
import pytest
import results
import synthetic_scaling as synthetic
import conftest
from conftest import report, text
from figures import rotors
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
        (system,) = rotors._systems(file)
        _, mean, error = system.curve("energy", 64)
        assert error == pytest.approx(0.01 * mean / np.sqrt(members), rel=0.12)
    second, fourth = file["magnetization2"][:400], file["magnetization4"][:400]
    value, error = rotors._ratio(second, fourth)
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


def test_the_page_holds_them_all(tmp_path):
    synthetic.rotors(tmp_path, kernel="power", alpha=1.5)
    assert report(tmp_path).returncode == 0
    page = Page(tmp_path / "report.html")
    assert len(page.all("figure")) == 5 and "power law, α = 1.5" in page.text
