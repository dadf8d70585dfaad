"""Exact laws that figures draw over measurements. Symbols as in docs/theory.md; k_B = 1, nats."""
import numpy as np


def softmax(energies, temperature):
    """p* = softmax(-E/T) along the last axis; one temperature, or one per row."""
    z = -np.asarray(energies) / np.asarray(temperature)[..., None]
    weights = np.exp(z - z.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def free_energy_minimum(energies, temperature):
    """F* = -T ln Z along the last axis; one temperature, or one per row."""
    z = -np.asarray(energies) / np.asarray(temperature)[..., None]
    top = z.max(axis=-1)
    return -temperature * (top + np.log(np.exp(z - top[..., None]).sum(axis=-1)))


def kl_divergence(p, q):
    """KL(p||q) = sum p ln(p/q) along the last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0).sum(axis=-1)


def overdamped_weights(start, energies, temperature, friction, time):
    """The natural-gradient flow at the given times: p(t) ~ p(0)^a exp(-(1 - a) E/T), a = exp(-T t / friction).

    start, energies: (key); time: (time); returns (time, key).
    """
    a = np.exp(-temperature * np.asarray(time) / friction)[:, None]
    with np.errstate(divide="ignore"):
        logarithm = a * np.log(start) - (1 - a) * np.asarray(energies) / temperature
    return softmax(-logarithm, 1.0)


def damped_oscillation(rate_squared, friction_rate, time):
    """x(t)/x(0) of x'' + g x' + w^2 x = 0 from rest."""
    half = friction_rate / 2
    root = np.sqrt(complex(half**2 - rate_squared))
    if abs(root) < 1e-9 * max(half, 1e-300):
        return np.exp(-half * time) * (1 + half * time)
    return (np.exp(-half * time) * (np.cosh(root * time) + half / root * np.sinh(root * time))).real


def specific_heat_bound(keys):
    """C*_n: the largest specific heat of a row of n keys, max_x x^2 g e^-x / (1 + g e^-x)^2 with g = n - 1.

    The maximum lies where x tanh((x - ln g)/2) = 2, and is x^2/4 - 1 there. Zero for one key.
    """
    keys = np.atleast_1d(np.asarray(keys, dtype=float))
    log_g = np.log(np.maximum(keys - 1, 1))
    low, high = np.maximum(log_g, 2.0), log_g + 3.0
    for _ in range(60):
        middle = (low + high) / 2
        below = middle * np.tanh((middle - log_g) / 2) < 2
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(keys > 1, low**2 / 4 - 1, 0.0)


def random_energy_entropy(ratio):
    """S / ln n of the random energy model at T/T_c: 1 - (T_c/T)^2 above T_c, 0 below."""
    return np.maximum(0, 1 - np.asarray(ratio, dtype=float) ** -2.0)


def random_energy_free_energy(ratio):
    """F / (T_c ln n) of the random energy model at r = T/T_c: -(r + 1/r) above T_c, -2 below."""
    r = np.maximum(np.asarray(ratio, dtype=float), 1)
    return -(r + 1 / r)


def random_energy_participation(ratio):
    """E sum p^2 of the random energy model at T/T_c: 1 - T/T_c below T_c, 0 above."""
    return np.maximum(0, 1 - np.asarray(ratio, dtype=float))


def polarization(dimension, field):
    """<k>.q for unit keys all around a query of strength x in d dimensions: I_{d/2}(x) / I_{d/2-1}(x).

    By the continued fraction r_v = 1/(2(v + 1)/x + r_{v+1}) of r_v = I_{v+1}/I_v, downwards.
    """
    x = np.atleast_1d(np.asarray(field, dtype=float))
    order = dimension / 2 - 1
    ratio = np.zeros_like(x)
    for v in np.arange(order + 60 + 2 * np.ceil(x.max()), order - 0.5, -1):
        ratio = 1 / (2 * (v + 1) / x + ratio)
    return ratio
