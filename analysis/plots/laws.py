"""Exact laws that figures draw over measurements. Symbols as in docs/theory.md; k_B = 1, nats."""
import math

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


def _gauss_legendre(function, low, high, order=12):
    """Integrals of a smooth function from low to high, elementwise."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    middle, half = (low + high) / 2, (high - low) / 2
    return half * (function(middle[..., None] + half[..., None] * nodes) @ weights)


def equiangular_deficit(dynamics, tokens, beta, cosine, time):
    """1 - rho(t) of n tokens at one common inner product rho, which starts at `cosine`: dynamics "sa" or "usa", K = 1.

    SA:  d rho/dt = 2 e^(beta rho) (1 - rho)((n - 1) rho + 1)/(e^beta + (n - 1) e^(beta rho)),
    USA: d rho/dt = (2/n) e^(beta rho) (1 - rho)((n - 1) rho + 1).
    In u = ln[((n - 1) rho + 1)/(1 - rho)] no fixed point is left: t(u) is an integral, inverted by Newton's method.
    """
    n, time = float(tokens), np.asarray(time, dtype=float)

    def deficit(u):
        return n / (np.exp(np.minimum(u, 700.0)) + n - 1)

    def slowness(u):  # dt/du
        return np.exp(-beta * (1 - deficit(u))) / 2 if dynamics == "usa" else (np.exp(beta * deficit(u)) + n - 1) / (2 * n)

    start = np.log(((n - 1) * cosine + 1) / (1 - cosine))
    settled = max(start, 60 + np.log(n) + np.log1p(beta))  # dt/du is constant from here on
    edges = np.linspace(start, settled, 2 + int(20 * (settled - start)))
    depth = np.concatenate([[0], np.cumsum(_gauss_legendre(slowness, edges[:-1], edges[1:]))])
    panel = np.clip(np.searchsorted(depth, time, side="right") - 1, 0, len(edges) - 1)
    u = edges[panel] + (time - depth[panel]) / slowness(edges[panel])
    for _ in range(8):
        u = u - (depth[panel] + _gauss_legendre(slowness, edges[panel], u) - time) / slowness(u)
    return deficit(u)


def bessel_i(order, x):
    """I_v(x), v >= 0, by its power series: all terms are positive."""
    term = total = np.exp(order * np.log(x / 2) - math.lgamma(order + 1)) if x > 0 else float(order == 0)
    k = 0
    while term > 1e-17 * total:
        k += 1
        term *= x * x / 4 / (k * (k + order))
        total += term
    return float(total)


def critical_coupling(beta, dimension, temperature=1.0):
    """K_c = T 2 (beta/2)^(d/2)/[Gamma(d/2) I_{d/2}(beta)]: where the uniform state of noisy USA becomes unstable."""
    half = dimension / 2
    return temperature * 2 * math.exp(half * math.log(beta / 2) - math.lgamma(half)) / bessel_i(half, beta)


def mean_field_couplings(order, beta, temperature=1.0, modes=48):
    """K at which noisy USA of infinitely many tokens on the circle is stationary with these order parameters 0 < R < 1.

    Solves rho ~ exp[(K/(beta T)) sum_m (2 - delta_m0) I_m(beta) a_m cos(m x)], a_m = <cos(m x)>, a_1 = R, for K and all
    other a_m. Where K falls with R, that state is unstable and the transition discontinuous.
    """
    order = np.atleast_1d(np.asarray(order, dtype=float))
    angle = np.pi * (np.arange(512) + 0.5) / 512  # half of the circle: the density is even
    cosines = np.cos(np.outer(angle, np.arange(1, modes + 1)))
    strength = np.array([2 * bessel_i(m, beta) for m in range(1, modes + 1)]) / (beta * temperature)
    amplitude = np.zeros((len(order), modes))
    amplitude[:, 0] = order
    coupling = np.full(len(order), critical_coupling(beta, 2, temperature))
    for _ in range(400):
        field = (amplitude * strength) @ cosines.T
        density = softmax(-coupling[:, None] * field, 1.0)
        moment, mean = density @ cosines[:, 0], np.sum(density * field, axis=1)
        slope = np.sum(density * field * cosines[:, 0], axis=1) - moment * mean  # d moment/dK
        step = np.clip((order - moment) / slope, -0.3 * coupling, 0.3 * coupling)
        coupling = coupling + step
        previous, amplitude = amplitude, density @ cosines
        amplitude[:, 0] = order
        if max(np.max(np.abs(amplitude - previous)), np.max(np.abs(step / coupling))) < 1e-12:
            break
    return coupling


def critical_gamma(cosine):
    """gamma_c = 1/(1 - rho): where a row of a long context at common inner product rho leaves its own token, beta = gamma ln n."""
    return 1 / (1 - cosine)


def self_weight(tokens, gamma, cosine):
    """A_ii = 1/(1 + (n - 1) n^(-gamma (1 - rho))) of tokens at common inner product rho, beta = gamma ln n."""
    return 1 / (1 + (tokens - 1) * tokens ** (-np.asarray(gamma) * (1 - cosine)))


def mean_field_rotors(temperature):
    """Infinitely many rotors with J = 1/N: order M, energy, specific heat and susceptibility N Var|M|/T.

    M = r(M/T) with r = I_1/I_0; e = (1 - M^2)/2, C = de/dT. With V = dr/dx = 1 - r/x - r^2 at x = M/T the fluctuations
    along M have N Var|M| = V T/(T - V); above T_c = 1/2, where |M| is Rayleigh distributed, (1 - pi/4) 2 T/(2 T - 1).
    """
    temperature = np.asarray(temperature, dtype=float)
    below = temperature < 0.5
    low, high = np.zeros_like(temperature), np.where(below, 1 / temperature, 0.0)
    for _ in range(55 if np.any(below) else 0):  # r(x)/x falls from 1/2
        x = (low + high) / 2
        ordered = polarization(2, np.maximum(x, 1e-12)) > temperature * x
        low, high = np.where(ordered, x, low), np.where(ordered, high, x)
    order = low * temperature
    variance = 1 - temperature - order**2
    with np.errstate(divide="ignore", invalid="ignore"):
        # dM/dT = -(M/T) V/(T - V), from M = r(M/T)
        heat = np.where(below, order**2 / temperature * variance / (temperature - variance), 0.0)
        susceptibility = np.where(below, variance / (temperature - variance), (1 - np.pi / 4) * 2 / (2 * temperature - 1))
    return order, (1 - order**2) / 2, heat, susceptibility


def _log_bessel_i0(x):
    """ln I_0(x), x >= 0."""
    large = np.maximum(x, 500)
    asymptotic = large - 0.5 * np.log(2 * np.pi * large) + np.log1p(1 / (8 * large) + 9 / (128 * large**2))
    return np.where(x < 500, np.log(np.i0(np.minimum(x, 500))), asymptotic)


def all_to_all_rotors(rotors, temperature):
    """<M^2> and <M^4> of N rotors with J = 1/N at one temperature, exactly.

    e^(N M^2/(2T)) is a Gaussian integral over a field h = M + noise of variance T/N per component, of density
    h e^(-N h^2/(2T)) I_0(h/T)^N: <h^2> = <M^2> + 2T/N, <h^4> = <M^4> + 8 (T/N) <M^2> + 8 (T/N)^2.
    """
    def logarithm(h):
        return np.log(h) + rotors * (_log_bessel_i0(h / temperature) - h**2 / (2 * temperature))

    coarse = np.linspace(0, 1 + 12 * np.sqrt(temperature / rotors), 1001)[1:]
    density = logarithm(coarse)
    there = coarse[density > density.max() - 60]
    low, high = max(0.0, there[0] - coarse[0]), there[-1] + coarse[0]
    nodes, weight = np.polynomial.legendre.leggauss(200)
    h = (high + low + (high - low) * nodes) / 2
    weight = weight * np.exp(logarithm(h) - density.max())
    weight /= weight.sum()
    noise = temperature / rotors
    second = np.sum(weight * h**2) - 2 * noise
    return second, np.sum(weight * h**4) - 8 * noise * second - 8 * noise**2


def rotor_chain(temperature):
    """An infinite chain of rotors with J = 1 between neighbors: energy 1 - r(1/T) per rotor, r = I_1/I_0, and specific heat."""
    beta = 1 / np.asarray(temperature, dtype=float)
    r = polarization(2, beta)
    return 1 - r, beta**2 * (1 - r * (1 / beta + r))


def rotor_chain_correlation(temperature, distance, rotors=None):
    """<cos(theta_0 - theta_r)> of a chain of rotors with J = 1 between neighbors: (I_1/I_0)^r of an infinite or open one.

    A ring of N rotors has the transfer matrix' other eigenvalues, too, I_n(1/T), n = 0, +-1, ...:
    sum_n I_n^(N - r) I_(n+1)^r / sum_n I_n^N.
    """
    r = np.asarray(distance, dtype=float)
    ratio = [float(polarization(2 * n + 2, 1 / temperature)[0]) for n in range(40)]  # I_(n+1)/I_n
    if rotors is None:
        return ratio[0] ** r
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(ratio))])  # ln I_n/I_0
    order = np.arange(-30, 31)
    here, there = logarithm[np.abs(order)], logarithm[np.abs(order + 1)]
    weights = np.exp((rotors - r[..., None]) * here + r[..., None] * there)
    return weights.sum(axis=-1) / np.exp(rotors * here).sum()
