"""softmech-tokens against its equations written out in NumPy and SciPy."""

import h5py
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.sparse.csgraph import connected_components

from token_runs import from_rows, tokens, unit


class Reference:
    """The right-hand side as its definition reads: dense matrices, a loop over heads."""

    def __init__(self, n, d, dynamics="sa", beta=(1.0,), weights=None, causal=False, window=0, decay="none", decay_rate=0.1, rope_dim=0,
                 rope_base=1e4, coupling=1.0, normalization="post_rms", mass=1.0, friction=0.0):
        self.n, self.d, self.dynamics, self.beta, self.coupling = n, d, dynamics, beta, coupling
        self.normalization, self.mass, self.friction = normalization, mass, friction
        self.inertial = dynamics == "lagrangian"
        self.reciprocal = dynamics in ("free_energy", "lagrangian")
        heads = len(beta)
        one = np.broadcast_to(np.eye(d), (heads, d, d))
        self.query, self.key, self.value = (one if weights is None or name not in weights else weights[name] for name in ("query", "key", "value"))
        i, j = np.indices((n, n))
        self.attends = ((j <= i) if causal else (i == i)) & ((abs(i - j) < window) if window else (i == i))
        rates = {"alibi": [2.0 ** (-8 * (h + 1) / heads) for h in range(heads)]}.get(decay, [decay_rate] * heads)
        distance = {"none": 0 * i, "power": np.log1p(abs(i - j))}.get(decay, abs(i - j))
        self.bias = [-rate * distance for rate in rates]
        # Rotations of all planes of all tokens, (n, k, k).
        rows = self.query[0].shape[0]
        self.turn = np.broadcast_to(np.eye(rows), (n, rows, rows)).copy()
        for plane in range(rope_dim // 2):
            a = np.arange(n) * rope_base ** (-2 * plane / rope_dim)
            p = 2 * plane
            self.turn[:, p, p] = self.turn[:, p + 1, p + 1] = np.cos(a)
            self.turn[:, p, p + 1], self.turn[:, p + 1, p] = -np.sin(a), np.sin(a)

    def project(self, x):
        """What attention reads: unit vectors, with LayerNorm of mean component 0."""
        return unit(x - x.mean(axis=1, keepdims=True) if self.normalization.endswith("ln") else x)

    def tangent(self, x, v):
        if self.normalization.endswith("ln"):
            v = v - v.mean(axis=1, keepdims=True)
        return v - (v * x).sum(axis=1, keepdims=True) * x

    def heads(self, x):
        """z with -inf where a pair does not attend, Z, A, and the effective query and key vectors of every head."""
        for h, beta in enumerate(self.beta):
            q = np.einsum("iab,bc,ic->ia", self.turn, self.query[h], x)
            k = np.einsum("iab,bc,ic->ia", self.turn, self.key[h], x)
            z = np.where(self.attends, beta * q @ k.T + self.bias[h], -np.inf)
            shift = z.max(axis=1)
            weights = np.exp(z - shift[:, None])
            yield h, z, shift + np.log(weights.sum(axis=1)), weights / weights.sum(axis=1, keepdims=True), q, k

    def ambient(self, x):
        total = np.zeros_like(x)
        for h, z, _, a, q, k in self.heads(x):
            if self.dynamics == "sa":
                total += a @ x @ self.value[h].T
            elif self.dynamics == "usa":
                total += np.exp(z) @ x @ self.value[h].T / self.n
            else:
                total += np.einsum("iab,bc,ia->ic", self.turn, self.query[h], a @ k)
                total += np.einsum("iab,bc,ia->ic", self.turn, self.key[h], a.T @ q)
        return self.coupling * total

    def velocity(self, x):
        if self.normalization.startswith("pre"):
            return self.ambient(self.project(x))
        return self.tangent(x, self.ambient(x))

    def solve(self, x, times, rtol=1e-12):
        """Positions, velocities and the heat at these depths."""
        size = x.size

        def first_order(t, y):
            v = self.velocity(y[:size].reshape(x.shape))
            return np.append(v.ravel(), (v**2).sum())

        def second_order(t, y):
            x_, v = y[:size].reshape(x.shape), y[size:2 * size].reshape(x.shape)
            force = self.tangent(x_, self.ambient(x_))
            a = (force - self.friction * v) / self.mass - (v**2).sum(axis=1, keepdims=True) * x_
            return np.concatenate([v.ravel(), a.ravel(), [self.friction * (v**2).sum()]])

        x = self.project(x)
        y = np.concatenate([x.ravel(), np.zeros(size * self.inertial + 1)])
        done = solve_ivp(second_order if self.inertial else first_order, (0, times[-1]), y, "DOP853", times, rtol=rtol, atol=1e-13)
        positions = done.y[:size].T.reshape(-1, *x.shape)
        velocities = done.y[size:2 * size].T.reshape(-1, *x.shape) if self.inertial else np.array([self.velocity(x) for x in positions])
        return positions, velocities, done.y[-1]

    def observables(self, x, v, cluster_cosine):
        """By the names that the program gives them."""
        x = self.project(x)
        n, d = x.shape
        gram = x @ x.T
        moments = np.linalg.eigvalsh(x.T @ x / n)
        heads = list(self.heads(x))
        mean = {name: 0 for name in ("internal_energy", "entropy", "specific_heat", "self_weight", "reciprocity_defect")}
        energy = free = 0
        for h, z, log_z, a, _, _ in heads:
            energy -= np.exp(z).sum() / (2 * n * self.beta[h])
            free -= log_z.sum() / self.beta[h]
            u = (a * np.where(self.attends, z, 0)).sum(axis=1)
            mean["internal_energy"] -= u.mean() / self.beta[h] / len(heads)
            mean["entropy"] -= (a * np.log(np.where(a > 0, a, 1))).sum(axis=1).mean() / len(heads)
            mean["specific_heat"] += (a * np.where(self.attends, z - u[:, None], 0) ** 2).sum(axis=1).mean() / len(heads)
            mean["self_weight"] += np.diag(a).mean() / len(heads)
            mean["reciprocity_defect"] += np.linalg.norm(a - a.T) / np.linalg.norm(a) / len(heads)
        kinetic = self.mass / 2 * (v**2).sum() if self.inertial else 0
        momentum = sum(np.outer(a, b) - np.outer(b, a) for a, b in zip(x, self.mass * v))
        count, labels = connected_components(gram >= cluster_cosine)
        return {"energy": energy, "free_energy": free, "kinetic_energy": kinetic,
                "total_energy": kinetic + self.coupling * (free if self.reciprocal else energy),
                "order_parameter": np.linalg.norm(x.mean(axis=0)), "nematic_order": (d * moments[-1] - 1) / (d - 1),
                "mean_cosine": (gram.sum() - n) / (n * (n - 1)), "cosine_deficit": 1 - (gram.sum() - n) / (n * (n - 1)),
                "participation": n**2 / (gram**2).sum(), "cluster_count": count, "largest_cluster": np.bincount(labels).max(),
                "angular_momentum": np.linalg.norm(momentum) / np.sqrt(2), "speed": np.sqrt((v**2).sum() / n), **mean}


ROPE = {"rope_dim": 4, "rope_base": 20.0}
# Name: what differs from 7 tokens in 3 dimensions under "sa"; keys as those of the program without their table.
CASES = {
    "sa": {"beta": [2.0]},
    "sa on the circle": {"d": 2, "beta": [3.0], "coupling": 0.7},
    "sa on the circle, many tokens": {"n": 40, "d": 2, "beta": [4.0], "steps": {"time__end": 1.0}},
    "usa": {"dynamics": "usa", "beta": [1.5], "coupling": -0.5},
    "free_energy": {"dynamics": "free_energy", "beta": [2.0]},
    "free_energy on the circle, many tokens": {"n": 40, "d": 2, "dynamics": "free_energy", "beta": [4.0], "steps": {"time__end": 1.0}},
    "lagrangian": {"dynamics": "lagrangian", "beta": [2.0], "mass": 0.5, "coupling": 1.5, "stepper": "dopri5"},
    "lagrangian with friction": {"dynamics": "lagrangian", "d": 4, "beta": [1.0], "friction": 0.4, "mass": 2.0, "stepper": "dopri5"},
    "causal": {"causal": True, "beta": [2.0]},
    "causal, free_energy": {"causal": True, "beta": [2.0], "dynamics": "free_energy"},
    "window": {"window": 3, "dynamics": "usa"},
    "exponential decay": {"decay": "exponential", "decay_rate": 0.6},
    "power decay, free_energy": {"decay": "power", "decay_rate": 1.5, "dynamics": "free_energy"},
    "alibi, causal, two heads": {"decay": "alibi", "causal": True, "beta": [1.0, 2.5]},
    "rope": {"d": 5, "beta": [2.0], **ROPE},
    "rope, free_energy": {"d": 5, "dynamics": "free_energy", "beta": [2.0], **ROPE},
    "two heads": {"beta": [1.0, 2.0], "matrices": (2, 3)},
    "two heads, usa": {"beta": [1.0, 2.0], "matrices": (2, 3), "dynamics": "usa", "steps": {"time__end": 3.0, "solver__step": 1e-4}},
    "two narrow heads, rope, mask": {"d": 4, "beta": [1.0, 2.0], "matrices": (2, 2), "rope_dim": 2, "window": 4, "causal": True},
    "two heads, free_energy, rope": {"d": 4, "beta": [1.0, 2.0], "matrices": (2, 4), "dynamics": "free_energy", "no_value": True, **ROPE},
    "two heads, lagrangian": {"beta": [1.0, 2.0], "matrices": (2, 2), "dynamics": "lagrangian", "no_value": True, "stepper": "fehlberg78"},
    "pre_rms": {"normalization": "pre_rms", "beta": [2.0]},
    "pre_rms on the circle, many tokens": {"n": 40, "d": 2, "normalization": "pre_rms", "beta": [2.0], "steps": {"time__end": 1.0}},
    "pre_rms, two heads": {"normalization": "pre_rms", "beta": [1.0, 2.0], "matrices": (2, 3)},
    "pre_ln": {"normalization": "pre_ln", "d": 4, "beta": [2.0]},
    "pre_ln, free_energy": {"normalization": "pre_ln", "d": 4, "beta": [2.0], "dynamics": "free_energy"},
    "post_ln": {"normalization": "post_ln", "d": 4, "beta": [2.0], "matrices": (1, 4)},
    "post_ln, lagrangian": {"normalization": "post_ln", "d": 4, "dynamics": "lagrangian", "friction": 0.2, "stepper": "dopri5"},
}


@pytest.mark.parametrize("name", CASES)
def test_against_numpy_and_scipy(name, tmp_path):
    """Positions as of an independent integration, observables as of their definitions at the recorded positions."""
    case = {"n": 7, "d": 3, "beta": [1.0], "dynamics": "sa", **CASES[name]}
    stepper, steps = case.pop("stepper", "auto"), case.pop("steps", {"time__end": 3.0})
    rng = np.random.default_rng(list(CASES).index(name))
    n, d = case["n"], case["d"]
    keys = {f"model__{key}": value for key, value in case.items() if key not in ("n", "d", "beta", "matrices", "no_value")}
    keys |= {"model__heads": len(case["beta"]), "model__head_beta": str(case["beta"]), "solver__stepper": stepper,
             "solver__rel_tol": 1e-11, "solver__abs_tol": 1e-13, "output__trajectory": True, "output__cluster_cosine": 0.9, "output__gram_bins": 10}
    if shape := case.pop("matrices", None):
        heads, rows = shape
        shapes = {"query": (heads, rows, d), "key": (heads, rows, d), "value": (heads, d, d)}
        case["weights"] = {matrix: rng.normal(size=size) / np.sqrt(d) for matrix, size in shapes.items()}
        if case.pop("no_value", False):
            del case["weights"]["value"]
        with h5py.File(tmp_path / "weights.h5", "w") as file:
            for matrix, values in case["weights"].items():
                file[matrix] = values
                keys[f"model__{matrix}"] = "file"
        keys |= {"model__weights": tmp_path / "weights.h5"}
    rows = rng.normal(size=(n, d))
    data = tokens(tmp_path / "out", keys, from_rows(tmp_path, rows), steps, time__samples=7).isel(member=0)
    model = Reference(**case)
    x, v, heat = model.solve(rows, data["time"].values)
    np.testing.assert_allclose(data["position"], x, atol=1e-7, rtol=0)
    if model.inertial:
        np.testing.assert_allclose(data["velocity"], v, atol=1e-7, rtol=0)
    if not case.get("normalization", "").startswith("pre"):
        np.testing.assert_allclose(data["heat"], heat, atol=1e-7)
    for s, position in enumerate(data["position"].values):
        velocity = data["velocity"].values[s] if model.inertial else model.velocity(position)
        for observable, expected in model.observables(position, velocity, 0.9).items():
            np.testing.assert_allclose(data[observable].values[s], expected, rtol=1e-9, atol=1e-9, err_msg=observable)
        gram = model.project(position)
        cosines = (gram @ gram.T)[np.triu_indices(n, 1)]
        np.testing.assert_allclose(data["cosine_density"].values[s], np.histogram(cosines, 10, (-1, 1), density=True)[0], atol=1e-12)
    counts = data["cluster_count"].values
    merges = [data["time"].values[counts <= k][:1] for k in range(n - 1, 0, -1)]
    np.testing.assert_array_equal(data["merge_depth"], [depth[0] if len(depth) else np.nan for depth in merges])
