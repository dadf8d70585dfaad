"""softmech-tokens as its users run it: exact cases, bits under interruptions, refusals. The equations: test_token_equations.py."""

import signal
import time

import h5py
import numpy as np
import pytest
import xarray
from scipy.integrate import quad, solve_ivp

from conftest import run, sha256, start
from token_runs import from_rows, settings, tokens, unit


def test_mlp(tmp_path):
    """Where the values vanish every token moves for itself, W_out relu(W_in x): twice as strong is twice as fast."""
    rows = np.random.default_rng(1).normal(size=(5, 4))
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["value"] = np.zeros((4, 4))
    common = {"model__value": "file", "model__weights": tmp_path / "weights.h5", "model__mlp": 9, "output__trajectory": True, "time__samples": 6,
              "solver__rel_tol": 1e-11}
    strong = tokens(tmp_path / "strong", from_rows(tmp_path, rows), common, model__mlp_scale=2.0, time__end=2.0)["position"][0].values
    weak = tokens(tmp_path / "weak", from_rows(tmp_path, rows), common, time__end=4.0)["position"][0].values
    np.testing.assert_allclose(strong, weak, atol=1e-6)  # steps across a kink of the relu err by more
    assert np.abs(weak[-1] - weak[0]).max() > 0.1
    last = tokens(tmp_path / "last", from_rows(tmp_path, rows[4:], "last.csv"), common, time__end=4.0)["position"][0].values
    np.testing.assert_allclose(last[:, 0], weak[:, 4], atol=1e-6)
    # The drift is homogeneous, and x and -x together feel W_out |W_in x|: their sum is even, their difference odd.
    pair = tokens(tmp_path / "pair", from_rows(tmp_path, [rows[0], -rows[0]], "pair.csv"), common, time__end=1e-4)["position"][0].values
    assert np.linalg.norm(pair[-1, 0] + pair[-1, 1]) > 1e-5


def test_redrawn_weights(tmp_path):
    """Up to the first new weights nothing differs from weights that stay; from then on the speed is another."""
    common = {"model__tokens": 6, "model__dim": 4, "model__query": "gaussian", "model__value": "orthogonal", "output__trajectory": True,
              "time__end": 2.0, "time__samples": 21}
    stays = tokens(tmp_path / "stays", common)["position"][0].values
    drawn = tokens(tmp_path / "drawn", common, model__redraw=1.0)["position"][0].values
    np.testing.assert_allclose(drawn[:11], stays[:11], atol=1e-8)
    assert np.abs(drawn[11] - stays[11]).max() > 1e-3
    # Written out: the velocity jumps at the depth of the draw and nowhere else.
    jumps = np.linalg.norm(np.diff(drawn, 2, axis=0), axis=(1, 2))
    assert np.argmax(jumps) == 9 and jumps[9] > 3 * np.delete(jumps, 9).max()


STUDIES = {
    "noise": {"model__temperature": 0.3, "model__dim": 3, "solver__step": 0.01, "time__end": 30.0, "time__samples": 31, "output__average_from": 5.0},
    "baoab": {"model__dynamics": "lagrangian", "model__friction": 0.5, "model__temperature": 0.3, "model__dim": 3, "solver__step": 0.02,
              "time__end": 60.0, "time__samples": 31},
    "redraw": {"model__query": "gaussian", "model__key": "goe", "model__redraw": 0.05, "model__dim": 4, "time__end": 30.0, "time__samples": 31,
               "output__curl_directions": 4},
    "redraw with noise": {"model__value": "orthogonal", "model__redraw": 0.3, "model__temperature": 0.1, "solver__step": 0.01, "time__end": 30.0,
                          "time__samples": 41},
    "modes": {"model__dynamics": "lagrangian", "model__friction": 0.5, "model__temperature": 0.01, "model__dim": 4, "model__window": 4,
              "model__heads": 2, "model__rope_dim": 4, "model__rope_heads": 1, "model__rope_scale": 0.3, "solver__step": 0.02, "time__end": 60.0,
              "time__samples": 11, "output__modes": True, "output__modes_from": 3.0, "output__frame": "rotating", "output__wavenumbers": 4,
              "output__linear": True},
    "bdf": {"model__beta": 9.0, "solver__stepper": "bdf", "time__end": 1e5, "time__spacing": "logarithmic", "time__samples": 2001},
}


@pytest.mark.parametrize("name", STUDIES)
def test_same_bits(name, tmp_path):
    """Threads, shards, and a kill or a signal at any moment of a member make no difference."""
    study = [*settings(STUDIES[name], model__tokens="[5,24,13]", ensemble__members=2, output__trajectory=True), "--quiet"]
    begin = time.monotonic()
    run("tokens", *study, "--threads", "1", "--out", tmp_path / "one")
    seconds = time.monotonic() - begin
    expected = sha256(tmp_path / "one/ensemble.h5")
    run("tokens", *study, "--threads", "2", "--out", tmp_path / "two")
    assert sha256(tmp_path / "two/ensemble.h5") == expected
    for shard in ("1/2", "0/2"):
        run("tokens", *study, "--shard", shard, "--out", tmp_path / "shards")
    assert sha256(tmp_path / "shards/ensemble.h5") == expected

    rng = np.random.default_rng(1)
    out = tmp_path / "interrupted"
    checkpoints = 0
    for kill in range(12):
        process = start("tokens", *study, "--threads", "1", "--out", out)
        time.sleep(0.01 + rng.uniform(0.05, 0.4) * seconds)
        # A signal leaves a checkpoint inside the member, a kill nothing.
        process.send_signal(signal.SIGKILL if kill % 3 == 2 else signal.SIGTERM)
        if process.wait() == 0:
            break
        checkpoints += len(list(out.glob("checkpoints/*.h5")))
    assert checkpoints > 0, "no member was interrupted in its middle"
    run("tokens", *study, "--threads", "2", "--out", out)
    assert sha256(out / "ensemble.h5") == expected

    # Members of fewer tokens leave the rest of the axes empty.
    with xarray.open_dataset(out / "ensemble.h5") as data:
        assert list(data.coords["tokens"].values) == [5, 5, 24, 24, 13, 13]
        assert data["position"].dims == ("member", "time", "token", "dim") and data.sizes["token"] == 24
        filled = np.isfinite(data["position"].values).all(axis=(1, 3))
        np.testing.assert_array_equal(filled.sum(axis=1), data.coords["tokens"])
        np.testing.assert_allclose(np.linalg.norm(data["position"].values, axis=-1)[~np.isnan(data["position"].values[..., 0])], 1, atol=1e-12)


@pytest.mark.parametrize("table, message", [
    ({"model__dim": 1}, "model.dim=1: must be an integer from 2 to 4096"),
    ({"model__tokens": 0}, "model.tokens=0: must be an integer from 1 to 1e6"),
    ({"model__beta": 0}, "model.beta=0: must be a number > 0"),
    ({"model__dynamics": "usa", "model__beta": 1000},
     'model.beta = 1000 with model.dynamics = "usa": must be <= 300, its forces grow as e^beta'),
    ({"model__dynamics": "usa", "model__heads": 2, "model__head_beta": "[1,1000]"},
     'model.beta = 1000 with model.dynamics = "usa": must be <= 300'),
    ({"model__head_beta": "[1,2]"}, "model.head_beta has 2 entries: must have model.heads = 1"),
    ({"model__gamma": 1, "model__head_beta": "[1]"}, "model.gamma and model.head_beta are both set: set one of them"),
    ({"model__gamma": 1, "model__tokens": 1}, "model.gamma with model.tokens = 1: beta = gamma ln n would be 0; set model.beta"),
    ({"model__coupling": "nan"}, "model.coupling=nan: must be a number; it must be finite"),
    ({"model__friction": 1}, 'model.friction is set with model.dynamics = "sa": is for "lagrangian" only; leave it out'),
    ({"model__mass": 2, "model__dynamics": "usa"}, 'model.mass is set with model.dynamics = "usa": is for "lagrangian" only; leave it out'),
    ({"model__dynamics": "lagrangian", "model__temperature": 1},
     "model.temperature = 1 with model.friction = 0: noise needs friction > 0 to balance it; try 1"),
    ({"model__dynamics": "free_energy", "model__value": "goe"},
     'model.value = "goe" with model.dynamics = "free_energy": free energies know no values; try "sa"'),
    ({"model__dynamics": "lagrangian", "model__mlp": 8}, 'an MLP\'s drift has no potential; try "sa"'),
    ({"model__normalization": "pre_rms", "model__temperature": 1},
     'model.normalization = "pre_rms": tokens off the sphere have neither inertia nor noise; try "post_rms"'),
    ({"model__normalization": "pre_ln", "model__dim": 3, "model__dynamics": "lagrangian"}, 'model.normalization = "pre_ln"'),
    ({"model__normalization": "post_ln"}, 'model.normalization = "post_ln" with model.dim = 2: needs model.dim >= 3'),
    ({"model__dynamics": "lagrangian", "model__mass_metric": "fisher", "solver__stepper": "symplectic_rkn"},
     'solver.stepper = "symplectic_rkn" with model.mass_metric = "fisher": moves on geodesics of the round metric; try dopri5'),
    ({"model__dynamics": "lagrangian", "model__mass_metric": "fisher", "model__causal": True},
     'model.mass_metric = "fisher": needs one head with Q = K = V = 1'),
    ({"model__redraw": 1}, "model.redraw = 1: there are no random weights to draw; set model.query, key or value"),
    ({"model__query": "low_rank", "model__rank": 5}, "model.rank = 5: must be <= 2, the size of the matrices"),
    ({"model__query": "orthogonal", "model__head_dim": 3}, 'model.query = "orthogonal" with model.head_dim = 3: must be <= model.dim = 2'),
    ({"model__key": "goe", "model__head_dim": 1}, 'model.key = "goe" with model.head_dim = 1: needs a square matrix'),
    ({"model__query": "file"}, 'model.query = "file": needs model.weights, an HDF5 file with a variable "query"'),
    ({"model__rope_dim": 3, "model__dim": 4}, "model.rope_dim = 3: must be even and at most the head dimension 4; try 4"),
    ({"model__rope_dim": 4, "model__dim": 8, "model__head_dim": 2, "model__query": "gaussian", "model__key": "gaussian"},
     "model.rope_dim = 4: must be even and at most the head dimension 2; try 2"),
    ({"model__rope_scale": 0.5}, "model.rope_heads or model.rope_scale is set: needs model.rope_dim > 0"),
    ({"model__rope_dim": 2, "model__rope_heads": 2}, "model.rope_heads = 2: must be at most model.heads = 1"),
    ({"output__wavenumbers": 8}, "needs output.modes = true"),
    ({"output__modes": True, "model__key": "goe"}, "output.modes_interval = 0: the largest frequency of these settings is not known; give an interval"),
    ({"output__modes": True, "output__frame": "rotating"}, 'output.frame = "rotating": needs model.rope_dim > 0'),
    ({"output__modes": True, "ensemble__replicas": 2}, "output.modes, output.linear: need at least 2 tokens on the sphere and ensemble.replicas = 1"),
    ({"output__modes": True, "stop__merges": 3}, "stop with output.modes: snapshots end with the run; leave one of them out"),
    ({"output__linear": True, "model__tokens": 1600}, "1600 coordinates: must be at most 1500"),
    ({"output__linear": True, "model__query": "goe", "model__redraw": 1}, "nothing comes to rest under weights that change"),
    ({"model__window": -1}, "model.window=-1: must be an integer from 0 to 1e7"),
    ({"model__decay": "linear"}, 'model.decay=linear: must be "none", "exponential", "power" or "alibi"'),
    ({"model__limit": "infinite", "model__dim": 3}, 'model.limit = "infinite": needs model.dim = 2'),
    ({"model__limit": "infinite", "start__kind": "equiangular"}, 'with model.limit = "infinite": must be "uniform" or "cap"'),
    ({"start__kind": "equiangular", "model__tokens": 5, "model__dim": 4},
     'start.kind = "equiangular" with model.tokens = 5: needs as many dimensions, model.dim >= 5'),
    ({"start__kind": "equiangular", "start__cosine": -0.9, "model__tokens": 3, "model__dim": 3},
     "start.cosine = -0.9: 3 tokens have a common inner product of at least -0.5"),
    ({"start__kind": "file"}, 'start.kind = "file": needs start.file; name a CSV or HDF5 file'),
    ({"start__kinetic_temperature": 1}, 'start.kinetic_temperature = 1: is for model.dynamics = "lagrangian" only; leave it out'),
    ({"solver__kernel": "fourier", "model__dim": 3},
     'solver.kernel = "fourier": needs model.dim = 2, one head with Q = K = V = 1, all pairs and no positions; try "auto"'),
    ({"solver__kernel": "fourier", "model__causal": True}, 'solver.kernel = "fourier": needs model.dim = 2'),
    ({"model__temperature": 1, "solver__stepper": "dopri5"},
     'solver.stepper = "dopri5" with model.temperature = 1: knows no noise; try "langevin"'),
    ({"model__dynamics": "lagrangian", "solver__stepper": "bdf"},
     'solver.stepper = "bdf": must not be used with second-order dynamics; try dopri5'),
    ({"solver__stepper": "baoab"}, 'solver.stepper = "baoab": must not be used with overdamped dynamics; try dopri5'),
    ({"output__curl_directions": 1}, "output.curl_directions = 1: must be 0 or at least 3; try 16"),
    ({"output__average_from": 10}, "output.average_from = 10: must be below time.end = 10; try 1"),
    ({"solver__kernel": "fourier", "model__beta": 1e6}, 'solver.kernel = "fourier" with model.beta = 1000000: must be <= 10000; try "auto"'),
    ({"model__limit": "infinite", "model__coupling": -1}, "model.coupling = -1: must be >= 0"),
    ({"model__limit": "infinite", "model__dynamics": "usa", "model__beta": 20, "model__temperature": 1e-6},
     "model.temperature = 1e-06: the stationary peak needs"),
    ({"output__cluster_cosine": 1}, "output.cluster_cosine=1: must be a number > -1 and < 1"),
    ({"time__spacing": "logarithmic", "time__first": 100}, "logarithmic depths need time.first < time.end = 10"),
])
def test_wrong_settings(table, message, out):
    assert message in run("tokens", *settings(table), "--out", out, expect=2).stderr
    assert not out.exists()


def test_wrong_files(tmp_path):
    """A file that does not fit is refused by its name, with what it should hold."""
    for name, text in {"zero.csv": "1,0\n0,0\n", "nan.csv": "1,0\n0,nan\n", "ragged.csv": "1,0\n0,1,2\n", "wide.csv": "1,0,0\n0,1,0\n",
                       "long.csv": "1,0\n0,1\n1,1\n"}.items():
        (tmp_path / name).write_text(text)
    with h5py.File(tmp_path / "arrays.h5", "w") as file:
        file["query"] = np.zeros((3, 2, 2))
        file["value"] = np.eye(3)
        file["position"] = np.zeros((4, 3))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["other"] = np.eye(2)
    start_from = lambda name: {"start__kind": "file", "start__file": tmp_path / name}
    weights_from = lambda matrix, name: {f"model__{matrix}": "file", "model__weights": tmp_path / name}
    for table, messages in [
        (start_from("missing.csv"), ["missing.csv", "No such file"]),
        (start_from("zero.csv"), ["zero.csv", "every token must be finite and not zero"]),
        (start_from("nan.csv"), ["nan.csv", "every token must be finite and not zero"]),
        (start_from("ragged.csv"), ["ragged.csv:2", "3 fields; expected 2"]),
        (start_from("wide.csv"), ["wide.csv", "must have model.tokens = 2 of model.dim = 2"]),
        (start_from("long.csv"), ["long.csv", "must have model.tokens = 2 of model.dim = 2"]),
        (start_from("arrays.h5"), ["arrays.h5", "position has shape (4, 3): must end in (2, 2)"]),
        (start_from("other.h5"), ["other.h5", "position"]),
        (weights_from("query", "missing.h5"), ["missing.h5", "No such file"]),
        (weights_from("query", "arrays.h5"), ["arrays.h5", "(3, 2, 2)", "(1, rows, columns)"]),
        (weights_from("value", "arrays.h5"), ["model.value of a head is 3 × 3: must be 2 × 2; check model.weights"]),
        (weights_from("key", "other.h5"), ["other.h5", "key"]),
    ]:
        done = run("tokens", *settings(table, model__tokens=2), "--quiet", "--out", tmp_path / "out", expect=1)
        for message in messages:
            assert message in done.stderr, done.stderr
        assert not (tmp_path / "out/ensemble.h5").exists()


def assert_defined(data, *undefined):
    """Everything is a number but what is named."""
    for name, variable in data.data_vars.items():
        if variable.dtype.kind == "f" and name not in undefined:
            assert np.isfinite(variable.values).all(), name


def test_one_token(tmp_path):
    for dynamics in ("sa", "usa", "free_energy", "lagrangian"):
        data = tokens(tmp_path / dynamics, from_rows(tmp_path, [[3.0, 0.0, 4.0]]), model__dynamics=dynamics, model__beta=2.0, time__samples=5,
                      output__trajectory=True, output__gram_bins=4, output__curl_directions=3).isel(member=0)
        assert_defined(data)
        np.testing.assert_allclose(data["position"], np.broadcast_to([0.6, 0, 0.8], (5, 1, 3)), atol=1e-14)
        for name, value in {"energy": -np.exp(2) / 4, "free_energy": -1, "order_parameter": 1, "nematic_order": 1, "mean_cosine": 1, "cluster_count": 1,
                            "entropy": 0, "specific_heat": 0, "self_weight": 1, "reciprocity_defect": 0, "participation": 1}.items():
            np.testing.assert_allclose(data[name], value, atol=1e-12, err_msg=name)
        assert data["merge_depth"].size == 0
    noisy = tokens(tmp_path / "noisy", model__tokens=1, model__dim=3, model__temperature=0.5, time__end=4.0, time__samples=3, ensemble__members=2000,
                   output__trajectory=True, solver__step=0.1)["position"][:, :, 0].values
    # Free Brownian motion on the sphere: <x(0).x(t)> = e^{-(d-1)Tt}.
    cosine = (noisy[:, 0] * noisy[:, 1]).sum(axis=1)
    assert abs(cosine.mean() - np.exp(-2)) < 4 * cosine.std() / np.sqrt(2000)


@pytest.mark.parametrize("beta", [0.5, 6.0, 1000.0])
def test_two_tokens(beta, tmp_path):
    """c' = 2 (1 - c^2)/(1 + e^{beta (1 - c)}) under attention; antipodal and coincident tokens stay."""
    rows = [[0, 1.0, 0], [0, 0.6, 0.8]]
    data = tokens(tmp_path / "two", from_rows(tmp_path, rows), model__beta=beta, time__end=4.0, time__samples=9).isel(member=0)
    expected = solve_ivp(lambda t, c: 2 * (1 - c**2) / (1 + np.exp(np.minimum(beta * (1 - c), 700))), (0, 4), [0.6], "DOP853", data["time"].values,
                         rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(data["mean_cosine"], expected.y[0], atol=1e-8)
    for name, cosine in {"antipodal": -1, "coincident": 1}.items():
        for dynamics in ("sa", "free_energy", "lagrangian") + (("usa",) if beta < 500 else ()):
            pair = [[0.6, 0.8, 0], [0.6 * cosine, 0.8 * cosine, 0]]
            data = tokens(tmp_path / f"{name} {dynamics}", from_rows(tmp_path, pair), model__beta=beta, model__dynamics=dynamics, time__end=1.0,
                          time__samples=3, output__trajectory=True, output__curl_directions=3).isel(member=0)
            assert_defined(data, *["merge_depth"] * (cosine < 0), *["energy", "total_energy"] * (beta > 500))
            np.testing.assert_allclose(data["position"], np.broadcast_to(pair, (3, 2, 3)), atol=1e-10)
            np.testing.assert_allclose(data["mean_cosine"], cosine, atol=1e-12)
            np.testing.assert_allclose(data["entropy"], entropy_of_two(beta * (1 - cosine)), atol=1e-12)
            np.testing.assert_allclose(data["free_energy"], -2 * np.logaddexp(beta, beta * cosine) / beta, rtol=1e-12)
            np.testing.assert_allclose(data["nematic_order"], 1, atol=1e-12)
            assert (data["cluster_count"] == (1 if cosine > 0 else 2)).all()
            if beta > 500:
                # Documented: beyond the range of doubles it is -inf, never NaN.
                assert (data["energy"] == -np.inf).all() and not np.isnan(data["total_energy"]).any()


def entropy_of_two(gap):
    """Of two weights with ratio e^-gap."""
    p = np.exp(-np.logaddexp(0, gap))
    return np.logaddexp(0, -gap) * (1 - p) + (np.logaddexp(0, gap) * p if p > 0 else 0)


@pytest.mark.parametrize("dynamics", ["sa", "free_energy", "lagrangian"])
def test_cold_tokens(dynamics, tmp_path):
    """At beta = 1000 tokens attend to themselves and their doubles alone."""
    rows = unit(np.random.default_rng(4).normal(size=(8, 3)))
    rows[5] = rows[2]
    data = tokens(tmp_path / "cold", from_rows(tmp_path, rows), model__beta=1000, model__dynamics=dynamics, time__end=2.0, time__samples=3,
                  output__trajectory=True, output__curl_directions=4, output__gram_bins=8).isel(member=0)
    assert_defined(data, "merge_depth", "energy", *["total_energy"] * (dynamics == "sa"))
    np.testing.assert_allclose(data["position"], np.broadcast_to(rows, (3, 8, 3)), atol=1e-9)
    np.testing.assert_allclose(data["free_energy"], -8 - 2 * np.log(2) / 1000, rtol=1e-9)
    np.testing.assert_allclose(data["entropy"], 2 * np.log(2) / 8, atol=1e-9)
    np.testing.assert_allclose(data["self_weight"], 7 / 8, atol=1e-9)
    assert (data["cluster_count"] == 7).all() and data["merge_depth"][0] == 0 and np.isnan(data["merge_depth"][1:]).all()
    assert (data["energy"] == -np.inf).all()


@pytest.mark.parametrize("dynamics", ["sa", "free_energy"])
def test_more_dimensions_than_tokens(dynamics, tmp_path):
    """300 dimensions: tokens stay in the span of their starts, where they move as in few dimensions."""
    rng = np.random.default_rng(5)
    rows = unit(rng.normal(size=(4, 4)))
    frame = np.linalg.qr(rng.normal(size=(300, 4)))[0]
    common = {"model__beta": 3.0, "model__dynamics": dynamics, "time__end": 3.0, "time__samples": 4, "output__trajectory": True}
    few = tokens(tmp_path / "few", from_rows(tmp_path, rows), common).isel(member=0)
    many = tokens(tmp_path / "many", from_rows(tmp_path, rows @ frame.T, "many.csv"), common).isel(member=0)
    assert_defined(many, "merge_depth")
    np.testing.assert_allclose(many["position"].values @ frame, few["position"], atol=1e-8)
    np.testing.assert_allclose(many["energy"], few["energy"], rtol=1e-9)


def test_stop_rules(tmp_path):
    """A run ends at the first sample at which a rule holds; what comes after is empty."""
    start_at = from_rows(tmp_path, unit(np.random.default_rng(6).normal(size=(6, 3))))
    whole = tokens(tmp_path / "whole", start_at, time__end=20.0).isel(member=0)
    for rule, holds in {"stop__clusters=2": whole["cluster_count"] <= 2, "stop__merges=3": whole["cluster_count"] <= 3,
                        "stop__speed=0.1": whole["speed"] <= 0.1}.items():
        name, value = rule.split("=")
        data = tokens(tmp_path / name, start_at, {name: value}, time__end=20.0).isel(member=0)
        last = int(np.argmax(holds.values))
        assert 0 < last < whole.sizes["time"] - 1
        np.testing.assert_array_equal(data["speed"].values[:last + 1], whole["speed"].values[:last + 1])
        assert np.isnan(data["speed"].values[last + 1:]).all()


CHAIN = {"model__tokens": 48, "model__dim": 3, "model__beta": 2.0, "model__window": 3, "model__dynamics": "lagrangian", "start__kind": "cap",
         "start__angle": 0.001, "start__kinetic_temperature": 1e-6, "solver__step": 0.05, "time__end": 400.0, "time__samples": 2, "output__modes": True,
         "output__linear": True, "output__attention": False}


def test_waves_of_a_chain_have_the_frequencies_of_linear_theory(tmp_path):
    """Inertia, a window, tokens nearly aligned: u(t+s) + u(t-s) = 2 cos(ωs) u(t) across the order, for every wavenumber. The
    modes of an open chain are not quite the cosines; the mean over starts weighs them alike."""
    runs = tokens(tmp_path / "waves", CHAIN, ensemble__members=8)
    data = runs.isel(member=0)
    interval = np.diff(data["snapshot_time"])
    np.testing.assert_allclose(interval, interval[0])
    assert interval[0] <= 2 * np.pi / data["frequency_linear"].max() / 8
    u = runs["transverse_real"].values[..., 1:]
    assert u.shape[2] == 2 and not runs["transverse_imaginary"].values.any()
    cosine = ((u[:, 2:] + u[:, :-2]) * u[:, 1:-1]).sum((0, 1, 2)) / (2 * u[:, 1:-1] ** 2).sum((0, 1, 2))
    measured, linear = np.arccos(cosine) / interval[0], data["frequency_linear"].values[1:]
    np.testing.assert_allclose(measured, linear, rtol=0.01)
    # ω² = 2(1 − Â), Â = (1 + 2 cos k + 2 cos 2k)/5, but for the ends of the chain.
    k = data["wavenumber"].values[1:]
    np.testing.assert_allclose(linear, np.sqrt(2 - (2 + 4 * np.cos(k) + 4 * np.cos(2 * k)) / 5), rtol=1.5 / 48)
    assert data["zero_modes"] == data["zero_modes_expected"] == 2 and data["unstable_modes"] == 0
    np.testing.assert_allclose(data["longitudinal_real"].values[:, 0], np.sqrt(48), rtol=5e-3)


def test_noise_without_inertia_has_the_rates_of_linear_theory(tmp_path):
    """<|u_k|²> = T/λ_k, the recorded rate of decay, for orthonormal modes."""
    data = tokens(tmp_path / "noise", CHAIN, model__dynamics="free_energy", model__temperature=1e-5, start__kinetic_temperature=0, time__end=4000.0,
                  output__modes_from=100.0, output__modes_interval=0.5).isel(member=0)
    u = data["transverse_real"].values[:, :, 4:]
    np.testing.assert_allclose((u ** 2).mean((0, 1)) * data["damping_linear"].values[4:] / 1e-5, 1, atol=0.12)
    assert not data["frequency_linear"].values.any()


def test_causal_attention_has_a_triangular_jacobian_and_no_long_waves(tmp_path):
    data = tokens(tmp_path / "causal", model__tokens=8, model__dim=3, model__causal=True, time__end=40.0, output__linear=True).isel(member=0)
    np.testing.assert_allclose(data["mode_eigenvalue_real"], np.repeat(1 / np.arange(1, 9) - 1, 2), atol=1e-9)
    np.testing.assert_allclose(data["mode_eigenvalue_imaginary"], 0, atol=1e-9)
    assert data["zero_modes"] == data["zero_modes_expected"] == 2 and data["mode_messages"] == ""
    assert np.isnan(data["damping_linear"][1:5]).all()  # a long wave is no mode


def test_values_that_turn_make_complex_modes_and_saddles_are_named(tmp_path):
    """V turns the plane across e_3, where two tokens are: the Jacobian's eigenvalues are V_⊥ − V_33 and, of opposite tokens, −V_33."""
    for slow, kind in ((0.2, "complex"), (1.6, "unstable")):
        with h5py.File(tmp_path / "weights.h5", "w") as file:
            file["value"] = [[slow, -0.5, 0], [0.5, slow, 0], [0, 0, 1]]
        data = tokens(tmp_path / kind, from_rows(tmp_path, [[0, 0, 1], [0, 0, 1]]), model__value="file", model__weights=tmp_path / "weights.h5",
                      output__linear=True).isel(member=0)
        values = data["mode_eigenvalue_real"].values + 1j * data["mode_eigenvalue_imaginary"].values
        np.testing.assert_allclose(values, [slow - 1 + 0.5j, slow - 1 - 0.5j, -1, -1], atol=1e-9)
        assert data["complex_modes"] == 2 and data["unstable_modes"] == (2 if kind == "unstable" else 0)
        assert data["zero_modes"] == data["zero_modes_expected"] == 0
        message = str(data["mode_messages"].values)
        assert f"while it {'grows' if kind == 'unstable' else 'decays'}, which only a force that is not reciprocal brings about" in message
        assert "moves tokens 0 (50 %), 1 (50 %)" in message


def test_what_never_rests_is_said(tmp_path):
    """Values a right angle ahead: aligned tokens circle at speed 1 for ever."""
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["value"] = [[0.0, -1.0], [1.0, 0.0]]
    data = tokens(tmp_path / "circles", model__tokens=4, model__value="file", model__weights=tmp_path / "weights.h5", output__linear=True).isel(member=0)
    assert "no state at rest was found" in str(data["mode_messages"].values)
    assert data["rest_force"] > 0.1
    assert np.isnan(data["zero_modes"]) and np.isnan(data["mode_eigenvalue_real"]).all() and np.isnan(data["damping_linear"]).all()


def boltzmann(dynamics, d, beta, coupling, temperature):
    """Means under e^{-V/T} of the cosine of two tokens, its square, its cube, and V itself, by quadrature."""
    def potential(c):
        if dynamics == "usa":
            return -coupling / 4 * (2 * np.exp(beta) + 2 * np.exp(beta * c)) / beta
        return -2 * coupling * np.log(np.exp(beta) + np.exp(beta * c)) / beta

    def integral(f):
        return quad(lambda a: np.sin(a) ** (d - 2) * np.exp(-(potential(np.cos(a)) - potential(1)) / temperature) * f(np.cos(a)), 0, np.pi)[0]

    return [integral(f) / integral(lambda c: 1) for f in (lambda c: c, lambda c: c**2, lambda c: c**3, potential)]


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("dynamics", ["usa", "free_energy", "lagrangian"])
def test_two_noisy_tokens_sample_boltzmanns_distribution(dynamics, d, tmp_path):
    beta, coupling, temperature, members = 1.0, 2.0, 1.0, 16
    friction = {"model__friction": 1.0} if dynamics == "lagrangian" else {}
    data = tokens(tmp_path / "out", friction, model__tokens=2, model__dim=d, model__dynamics=dynamics, model__beta=beta, model__coupling=coupling,
                  model__temperature=temperature, solver__step=0.025, time__end=260.0, time__samples=521, output__average_from=10.0,
                  ensemble__members=members)
    *moments, energy = boltzmann(dynamics, d, beta, coupling, temperature)
    cosines = data["mean_cosine"].values[:, 20:]
    for power, expected in enumerate(moments, 1):
        means = (cosines**power).mean(axis=1)
        assert abs(means.mean() - expected) < 4 * means.std(ddof=1) / np.sqrt(members), power
    error = np.sqrt((data["energy_mean_error"].values ** 2).sum()) / members
    assert abs(data["energy_mean"].values.mean() - energy) < 4 * error
    assert error < 0.02 * abs(energy)
    # R^2 = (1 + c)/2 of two tokens, and kinetic energies T/2 per degree of freedom.
    np.testing.assert_allclose(data["order_parameter2"], (1 + cosines.mean(axis=1)) / 2, rtol=0.02)
    if dynamics == "lagrangian":
        kinetic = data["kinetic_energy"].values[:, 20:].mean(axis=1)
        assert abs(kinetic.mean() - (d - 1) * temperature) < 4 * kinetic.std(ddof=1) / np.sqrt(members)


def test_infinitely_many_tokens(tmp_path):
    """A small first mode grows at K I_1/beta - T (usa) or K I_1/(beta I_0) - T (sa): ordered above K_c, disordered below."""
    from scipy.special import iv
    beta, temperature = 2.0, 0.3
    for dynamics, rate in {"usa": iv(1, beta) / beta, "sa": iv(1, beta) / beta / iv(0, beta)}.items():
        critical = temperature / rate
        couplings = np.array([0.5, 0.99, 1.01, 2.0]) * critical
        data = tokens(tmp_path / dynamics, model__limit="infinite", model__dynamics=dynamics, model__beta=beta, model__temperature=temperature,
                      model__coupling=str([float(c) for c in couplings]), start__amplitude=1e-6, time__end=8.0, time__samples=5)
        growth = couplings * rate - temperature
        np.testing.assert_allclose(data["growth_rate"].values[:, 1], growth, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(data["order_parameter"], 1e-6 * np.exp(np.outer(growth, data["time"])), rtol=1e-6)


def test_replicas(tmp_path):
    """Replicas are independent systems: curves are their means, with errors, whatever else is recorded."""
    common = {"model__tokens": 6, "model__dynamics": "usa", "model__temperature": 0.3, "time__end": 4.0, "time__samples": 5,
              "output__average_from": 1.0, "output__average_samples": 64, "output__curl_directions": 3}
    data = tokens(tmp_path / "replicas", common, ensemble__replicas=9)
    assert "merge_depth" not in data and {"curl_share", "curl_share_error", "order_parameter_error"} <= set(data.variables)
    assert_defined(data)
    alone = tokens(tmp_path / "alone", common, ensemble__members=40)
    spread = np.hypot(data.order_parameter_error[0], alone.order_parameter.std("member") / np.sqrt(40))
    assert (abs(data.order_parameter[0] - alone.order_parameter.mean("member")) < 4.5 * spread).all()
    mean, error = float(data.order_parameter_mean[0]), float(data.order_parameter_mean_error[0])
    assert abs(mean - alone.order_parameter_mean.mean()) < 4.5 * np.hypot(error, alone.order_parameter_mean.std() / np.sqrt(40))


def test_heat_of_noise_does_not_count_the_work_of_changing_weights(tmp_path):
    common = {"model__dynamics": "free_energy", "model__tokens": 6, "model__dim": 4, "model__query": "gaussian", "model__redraw": 0.5,
              "solver__step": 0.002, "time__end": 2.0, "time__samples": 5}
    quiet = tokens(tmp_path / "quiet", common)
    cold = tokens(tmp_path / "cold", common, model__temperature=1e-16)
    np.testing.assert_allclose(cold.heat, quiet.heat, rtol=1e-4, atol=1e-6)
    work = quiet.total_energy + quiet.heat
    assert abs(work[0, -1] - work[0, 0]) > 0.1  # the weights did change


def test_sizes_of_clusters(tmp_path):
    rows = unit([[1, 0, 0], [1, 0.01, 0], [1, 0, 0.01], [0, 1, 0], [0, 1, 0.01], [0, 0, 1]])
    data = tokens(tmp_path / "out", from_rows(tmp_path, rows), output__cluster_sizes=4, time__end=1e-6, time__samples=2)
    assert data.cluster_size.dims == ("member", "time", "cluster")
    assert data.cluster_size[0, 0].values.tolist() == [3, 2, 1, 0]


def test_many_tokens_without_attention(tmp_path):
    data = tokens(tmp_path / "out", model__tokens=50000, output__attention=False, time__end=0.1, time__samples=2)
    assert "entropy" not in data and "reciprocity_defect" not in data
    assert_defined(data, "merge_depth")
    assert float(data.order_parameter[0, 1]) > float(data.order_parameter[0, 0])


def test_a_start_of_other_tokens_is_refused(tmp_path):
    tokens(tmp_path / "first", model__tokens=8, model__dim=3, output__trajectory=True, time__samples=3)
    table = {"model__tokens": 4, "model__dim": 3, "start__kind": "file", "start__file": tmp_path / "first/ensemble.h5"}
    assert "must end in (4, 3)" in run("tokens", *settings(table), "--out", tmp_path / "second", expect=1).stderr
