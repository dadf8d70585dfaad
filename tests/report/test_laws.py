"""The laws that figures draw, against numbers and integrations made another way; and how numbers are printed."""
import math

import laws
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar
from scipy.special import ive
from typeset import rounded, typeset


def test_bound_of_the_specific_heat():
    assert laws.specific_heat_bound([2, 3]) == pytest.approx([0.43923, 0.76180], abs=5e-6)
    assert laws.specific_heat_bound(1) == 0
    for n in (5, 100, 10**6):
        g = n - 1
        found = minimize_scalar(lambda x: -x**2 * g * math.exp(-x) / (1 + g * math.exp(-x)) ** 2, bounds=(0.5, 40),
                                method="bounded", options={"xatol": 1e-10})
        assert laws.specific_heat_bound(n)[0] == pytest.approx(-found.fun, rel=1e-9)
    n = 1e40
    assert laws.specific_heat_bound(n)[0] == pytest.approx(math.log(n - 1) ** 2 / 4 + 1, rel=1e-5)


def test_overdamped_flow_solves_its_equation():
    energies, temperature, friction = np.array([0.3, -1.2, 2.0, 0.1]), 1.7, 2.5
    start = np.array([0.1, 0.2, 0.3, 0.4])

    def flow(_, p):
        force = energies + temperature * np.log(p)
        return -p * (force - p @ force) / friction

    time = np.linspace(0, 4, 9)
    solved = solve_ivp(flow, (0, 4), start, t_eval=time, rtol=1e-11, atol=1e-13, method="DOP853")
    assert laws.overdamped_weights(start, energies, temperature, friction, time) == pytest.approx(solved.y.T, abs=1e-9)


@pytest.mark.parametrize("friction", [0.0, 0.5, 4.0, 9.0])  # undamped, under, critical, over
def test_damped_oscillation_solves_its_equation(friction):
    time = np.linspace(0, 5, 11)
    solved = solve_ivp(lambda _, y: [y[1], -friction * y[1] - 4.0 * y[0]], (0, 5), [1, 0], t_eval=time, rtol=1e-11,
                       atol=1e-13)
    assert laws.damped_oscillation(4.0, friction, time) == pytest.approx(solved.y[0], abs=1e-8)


def test_free_energy_is_least_at_the_softmax():
    random = np.random.default_rng(1)
    energies, temperature = random.normal(0, 3, (5, 7)), np.array([0.1, 0.5, 1.0, 2.0, 30.0])
    p = laws.softmax(energies, temperature)
    value = np.sum(p * energies, axis=1) + temperature * np.sum(p * np.log(p), axis=1)
    assert value == pytest.approx(laws.free_energy_minimum(energies, temperature), rel=1e-12)
    q = random.dirichlet(np.ones(7), 5)
    other = np.sum(q * energies, axis=1) + temperature * np.sum(q * np.log(q), axis=1)
    assert other - value == pytest.approx(temperature * laws.kl_divergence(q, p), rel=1e-10)


def test_polarization_is_the_ratio_of_bessel_functions():
    x = np.array([1e-3, 0.5, 3.0, 40.0, 900.0])
    for dimension in (2, 3, 8, 64):
        expected = ive(dimension / 2, x) / ive(dimension / 2 - 1, x)
        assert laws.polarization(dimension, x) == pytest.approx(expected, rel=1e-11)
    assert laws.polarization(3, x) == pytest.approx(1 / np.tanh(x) - 1 / x, rel=1e-9)  # Langevin


def test_random_energy_laws_meet_at_the_critical_temperature():
    assert laws.random_energy_entropy([0.5, 1.0, 2.0]) == pytest.approx([0, 0, 0.75])
    assert laws.random_energy_free_energy([0.5, 1.0, 2.0]) == pytest.approx([-2, -2, -2.5])
    assert laws.random_energy_participation([0.25, 1.0, 2.0]) == pytest.approx([0.75, 0, 0])
    r, h = 1.7, 1e-5  # S = -dF/dT
    slope = (laws.random_energy_free_energy(r + h) - laws.random_energy_free_energy(r - h)) / (2 * h)
    assert -slope == pytest.approx(laws.random_energy_entropy(r), rel=1e-8)


@pytest.mark.parametrize("value, uncertainty, text", [
    (0.7123456, 0.0123, "0.712 ± 0.012"), (1.31, 0.04, "1.310 ± 0.040"),
    (123456.0, 789.0, "(1.2346 ± 0.0079) × 10<sup>5</sup>"),
    (2.3e-7, 4e-8, "(2.30 ± 0.40) × 10<sup>−7</sup>"), (3e-15, 2e-13, "(0.0 ± 2.0) × 10<sup>−13</sup>"),
    (-0.5, 0.0996, "−0.50 ± 0.10"),
    (12.0, 34.0, "12 ± 34"), (1000.0, 0.0, "1000"), (3.1e-14, 0.0, "3.1 × 10<sup>−14</sup>"), (0.123456, math.nan, "0.1235"),
    (0.0, 0.0, "0"), (math.nan, 0.1, "–"), (math.inf, 0.1, "∞"),
    (-math.inf, 0.0, "−∞"), (9999.96, math.nan, "10000"),
    (0.0, 1e-9, "(0.0 ± 1.0) × 10<sup>−9</sup>")])
def test_numbers_are_rounded_to_their_uncertainty(value, uncertainty, text):
    assert rounded(value, uncertainty) == text


@pytest.mark.parametrize("plain, html", [
    ("T_c = σ/√(2 ln n)", "T<sub>c</sub> = σ/√(2 ln n)"), ("C <= C*_n", "C ≤ C*<sub>n</sub>"), ("ln^2 n", "ln<sup>2</sup> n"),
    ("below 1e-12", "below 10<sup>−12</sup>"), ("2.5e-7", "2.5 × 10<sup>−7</sup>"),
    ("kappa_s of free_energy", "kappa_s of free_energy"),
    ("p^(1-a) < 1 & x", "p<sup>1-a</sup> &lt; 1 &amp; x"), ("e^{-Tt/γ}", "e<sup>−Tt/γ</sup>"),
    ("omega^2 = T/m", "ω<sup>2</sup> = T/m"), ("kappa-softmax, -F/(T ln V)", "κ-softmax, −F/(T ln V)"),
    ("U - T S, n-1 modes", "U − T S, n−1 modes"), ("I_{d/2}(x)", "I<sub>d/2</sub>(x)"), ("sigma/sqrt(2 ln n)", "σ/√(2 ln n)"),
    ("p(0)^exp(-Tt/g) exp[x]", "p(0)<sup>exp(−Tt/g)</sup> exp[x]"), ("exp[-(1 - x)], |-U|", "exp[−(1 − x)], |−U|"),
    ("--out per-row 2-3", "--out per-row 2-3")])
def test_formulas_in_plain_text_are_set(plain, html):
    assert typeset(plain) == html
