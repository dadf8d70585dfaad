"""The laws that figures draw, against numbers and integrations made another way; and how numbers are printed."""
import math

import laws
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar
from scipy.special import gamma as gamma_function
from scipy.special import iv, ive
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


@pytest.mark.parametrize("dynamics, n, beta, cosine", [
    ("sa", 8, 2.0, 0.0), ("sa", 2, 0.5, -0.9), ("sa", 64, 9.0, 0.9), ("sa", 8, 2.0, 0.999), ("usa", 8, 2.0, 0.0), ("usa", 2, 0.5, -0.9)])
def test_equiangular_tokens_solve_their_equation(dynamics, n, beta, cosine):
    def rate(_, gap):  # 1 - rho, which keeps its digits
        rho = 1 - gap
        if dynamics == "sa":
            return -2 * np.exp(beta * rho) * gap * ((n - 1) * rho + 1) / (np.exp(beta) + (n - 1) * np.exp(beta * rho))
        return -2 / n * np.exp(beta * rho) * gap * ((n - 1) * rho + 1)

    time = np.linspace(0, 3, 13)
    solved = solve_ivp(rate, (0, 3), [1 - cosine], t_eval=time, rtol=1e-12, atol=1e-300, method="DOP853").y[0]
    deficit = laws.equiangular_deficit(dynamics, n, beta, cosine, time)
    assert deficit == pytest.approx(solved, rel=1e-9)


def test_equiangular_tokens_end_at_their_rates():
    time = np.array([20.0, 21.0])
    for beta in (0.5, 4.0):
        late = laws.equiangular_deficit("sa", 8, beta, 0.2, 10 * time)
        assert np.log(late[0] / late[1]) == pytest.approx(20, rel=1e-9)
    late = laws.equiangular_deficit("usa", 8, 1.0, 0.2, time)
    assert np.log(late[0] / late[1]) == pytest.approx(2 * math.e, rel=1e-9)


def test_modified_bessel_functions_and_the_critical_coupling():
    for order, x in ((0, 1.0), (1, 3.0), (1.5, 40.0), (32, 2.0)):
        assert laws.bessel_i(order, x) == pytest.approx(iv(order, x), rel=1e-13)
    assert (laws.bessel_i(0, 0), laws.bessel_i(2, 0)) == (1, 0)
    for beta, d in ((1.0, 2), (3.0, 5), (0.2, 64)):
        expected = 2 * (beta / 2) ** (d / 2) / (gamma_function(d / 2) * iv(d / 2, beta))
        assert laws.critical_coupling(beta, d) == pytest.approx(expected, rel=1e-12)
        assert laws.critical_coupling(beta, d, 0.3) == pytest.approx(0.3 * expected, rel=1e-12)
    assert laws.critical_coupling(1.0, 2) == pytest.approx(1 / iv(1, 1.0))


@pytest.mark.parametrize("beta, temperature", [(0.5, 1.0), (2.0, 0.4), (9.0, 1.0)])
def test_the_mean_field_is_self_consistent(beta, temperature):
    angle = 2 * np.pi * np.arange(1024) / 1024
    kernel = np.exp(beta * np.cos(angle[:, None] - angle[None, :]))
    for order in (0.05, 0.5, 0.95):
        (coupling,) = laws.mean_field_couplings(order, beta, temperature)
        density = np.full(1024, 1 / 1024) * (1 + 2 * order * np.cos(angle))
        for _ in range(3000):  # rho ~ exp[(K/(beta T)) int e^{beta cos(x - y)} rho(y) dy], at given order by its own K
            low, high = 0.0, 100 * coupling
            field = kernel @ density / (beta * temperature)
            for _ in range(60):
                middle = (low + high) / 2
                weights = np.exp(middle * (field - field.max()))
                low, high = (middle, high) if weights @ np.cos(angle) / weights.sum() < order else (low, middle)
            change = np.abs(weights / weights.sum() - density).max()
            density = weights / weights.sum()
            if change < 1e-14:
                break
        assert coupling == pytest.approx(middle, rel=1e-8)


def test_the_mean_field_begins_at_the_critical_coupling():
    for beta in (0.5, 2.0):
        assert laws.mean_field_couplings(1e-4, beta)[0] == pytest.approx(laws.critical_coupling(beta, 2), rel=1e-6)
    law = laws.mean_field_couplings([0.1, 0.3, 0.6], 1.0)
    assert np.all(np.diff(law) > 0)  # continuous
    assert np.all(np.diff(laws.mean_field_couplings([0.01, 0.1, 0.3], 9.0)) < 0)  # discontinuous
    tiny = laws.mean_field_couplings(0.4, 1e-4)[0]  # noisy Kuramoto model: R = I_1(K R)/I_0(K R)
    assert iv(1, tiny * 0.4) / iv(0, tiny * 0.4) == pytest.approx(0.4, rel=1e-3)


def test_long_contexts_cross_at_the_critical_exponent():
    n, cosine = np.array([1e3, 1e6, 1e12]), 0.5
    assert laws.critical_gamma(cosine) == 2
    assert laws.self_weight(n, laws.critical_gamma(cosine), cosine) == pytest.approx(n / (2 * n - 1), rel=1e-12)
    beta, tokens = 2.5 * math.log(16), 16
    row = laws.softmax(-beta * np.array([1.0] + [cosine] * (tokens - 1)), 1.0)
    assert laws.self_weight(tokens, 2.5, cosine) == pytest.approx(row[0], rel=1e-12)


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
