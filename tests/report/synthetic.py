"""Small result directories in the form that the programs of Softmech write, made with NumPy."""
import os

os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
import h5py
import numpy as np


def write(path, axes, variables, attributes):
    """An HDF5 file in the netCDF-4 model: axes {name: values}, variables {name: (axis names, values)}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, values in axes.items():
            values = np.asarray(values, dtype=h5py.string_dtype() if isinstance(values[0], str) else None)
            file.create_dataset(name, data=values).make_scale(name)
        for name, (over, values) in variables.items():
            values = np.asarray(values)
            if values.dtype.kind in "UO":
                values = values.astype(h5py.string_dtype())
            item = file.create_dataset(name, data=values)
            for i, axis in enumerate(over):
                item.dims[i].attach_scale(file[axis])
            item.attrs["units"] = "1"
            item.attrs["long_name"] = f"{name} of the test"
        for name, value in attributes.items():
            file.attrs[name] = value


def attributes(program, command, config="", **more):
    return {"Conventions": "CF-1.8", "title": f"softmech-{program}: made for a test", "source": "softmech 0.1.0 (test)",
            "build": "none", "command": command, "config_toml": config, "seed": 1, "format_version": 1, **more}


def _softmax(z):
    weights = np.exp(z - z.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _kl(p, q):
    return np.sum(p * np.log(p / q), axis=-1)


def relax_overdamped(directory, members=2, keys=8, samples=41, temperature=2.0, friction=3.0):
    random = np.random.default_rng(5)
    energies = random.normal(0, 1.5, (members, keys))
    time = np.linspace(0, 9, samples)
    start = random.dirichlet(np.ones(keys), members)
    a = np.exp(-temperature * time / friction)[None, :, None]
    weights = _softmax(a * np.log(start)[:, None] - (1 - a) * energies[:, None] / temperature)
    equilibrium = _softmax(-energies / temperature)
    divergence = _kl(weights, equilibrium[:, None])
    internal, entropy = np.sum(weights * energies[:, None], axis=-1), -np.sum(weights * np.log(weights), axis=-1)
    config = (f'[model]\nkeys = {keys}\ntemperature = {temperature}\nmass = 1.0\nfriction = {friction}\n'
              f'operator = "softmax"\ndynamics = "overdamped"\n\n[start]\nkind = "dirichlet"\n\n[ensemble]\nmembers = {members}\nseed = 1\n')
    over = ("member", "time")
    write(directory / "ensemble.h5", {"member": np.arange(members), "time": time, "key": np.arange(keys)},
          {"weights": (over + ("key",), weights), "energies": (("member", "key"), energies),
           "equilibrium": (("member", "key"), equilibrium), "free_energy": (over, internal - temperature * entropy),
           "internal_energy": (over, internal), "entropy": (over, entropy), "kl_to_equilibrium": (over, divergence)},
          attributes("relax", f"softmech-relax --set model.dynamics=overdamped --out {directory.name}", config))


def relax_modes(directory, members=12, keys=16, temperature=4.0, mass=1.0):
    """Small undamped swings: x'' = -(T/m) x in every mode."""
    random = np.random.default_rng(6)
    time = np.linspace(0, 10, 201)
    energies = random.normal(0, 1, (members, keys))
    equilibrium = _softmax(-energies / temperature)
    floor = -temperature * np.log(np.sum(np.exp(-energies / temperature), axis=1))[:, None]
    total = np.full((members, 1), 1e-6) * (1 + 3e-9 * np.sin(40 * time)[None])
    potential = 1e-6 * np.cos(np.sqrt(temperature / mass) * time)[None] ** 2 * np.ones((members, 1))
    config = ('[model]\nkeys = 16\ntemperature = 4.0\nmass = 1.0\nfriction = 0.0\noperator = "softmax"\n'
              'dynamics = "lagrangian"\n'
              '[start]\nkind = "near_equilibrium"\namplitude = 1e-3\n[solver]\nstepper = "symplectic_rkn"\n')
    over = ("member", "time")
    write(directory / "ensemble.h5", {"member": np.arange(members), "time": time, "key": np.arange(keys)},
          {"energies": (("member", "key"), energies), "equilibrium": (("member", "key"), equilibrium),
           "free_energy": (over, floor + potential), "kinetic_energy": (over, total - potential),
           "total_energy": (over, floor + total),
           "kl_to_equilibrium": (over, potential / temperature),
           "frequency": (("member",), np.sqrt(temperature / mass) * (1 + random.normal(0, 1e-7, members))),
           "frequency_spread": (("member",), np.full(members, 2e-7))},
          attributes("relax", f"softmech-relax --out {directory.name}", config))


def thermo(directory, keys=(16, 256, 4096), ratios=(0.3, 0.6, 0.9, 1.2, 2.0, 3.0), head_dims=(64,), temperatures=None,
           replicas=64):
    """Rows of random keys at the given T/T_c (or temperatures), measured for real."""
    random = np.random.default_rng(7)
    rows = {}
    for n in keys:
        for d in head_dims:
            critical = np.sqrt(d / (2 * np.log(n)))
            for t in temperatures if temperatures else np.array(ratios) * critical:
                t = np.sqrt(d) if t == "sqrt_head_dim" else t
                energies = random.normal(0, np.sqrt(d), (replicas, n))
                p = _softmax(-energies / t)
                u = np.sum(p * energies, axis=1)
                s = -np.sum(p * np.log(np.maximum(p, 1e-300)), axis=1)
                c = (np.sum(p * energies**2, axis=1) - u**2) / t**2
                f = u - t * s
                point = {"internal_energy": u, "entropy": s, "free_energy": f, "specific_heat": c,
                         "free_energy_annealed": np.full(replicas, -t * np.log(n) - d / (2 * t)),
                         "specific_heat_pooled": energies.var(axis=1) / t**2, "participation": 1 / np.sum(p**2, axis=1),
                         "inverse_participation": np.sum(p**2, axis=1),
                         "kappa_fdt": np.ones(replicas), "kappa_s": s / np.log(n), "kappa_f": -f / (t * np.log(n)),
                         "kappa_c": c / np.log(n)}
                settings = {"keys": n, "head_dim": d, "temperature": t, "temperature_ratio": t / critical,
                            "operator": "softmax"}
                for name, value in settings.items():
                    rows.setdefault(name, []).append(value)
                for name, values in point.items():
                    rows.setdefault(name, []).append(values.mean())
                    rows.setdefault(name + "_error", []).append(values.std(ddof=1) / np.sqrt(replicas))
                    rows.setdefault(name + "_std", []).append(values.std(ddof=1))
    sweep = f"temperature = {list(temperatures)}" if temperatures else f"temperature_ratio = {list(ratios)}"
    config = (f'[model]\nkeys = {list(keys)}\nhead_dim = {list(head_dims)}\n{sweep}\nkey_law = "gaussian"\n'
              'operator = "softmax"\n'
              f"[ensemble]\nreplicas = {replicas}\n").replace("'", '"')
    write(directory / "ensemble.h5", {"member": np.arange(len(rows["keys"]))},
          {name: (("member",), np.array(values)) for name, values in rows.items()},
          attributes("thermo", f"softmech-thermo --out {directory.name}", config))


CLAIMS = [
    # id, kind, verdict, sentence, study, value, uncertainty, sample size
    ("softmax-minimum", "identity", "supported", "The softmax is the unique minimizer of U − TS.",
     "relax-overdamped", 3.1e-14, 0, 1000),
    ("modes", "identity", "supported", "All modes of a query near its equilibrium ring at ω² = T/m.",
     "relax-modes", 2.3e-7, 4e-8, 12),
    ("condensation", "claim", "supported", "Long contexts condense at T_c = σ/√(2 ln n).",
     "thermo-ratio", 0.7123456, 0.0123, 1152),
    ("heat-divergence", "claim", "refuted", "The specific heat diverges with context length.",
     "thermo-ratio", 1.31, 0.04, 1152),
    ("intensive-constant", "claim", "inconclusive", "κ_S <converges> & is intensive.",
     "thermo-ratio", float("nan"), float("nan"), 1152),
]


def audit(directory):
    """An audit with its studies."""
    relax_overdamped(directory / "studies/relax-overdamped", members=40, keys=3)
    relax_modes(directory / "studies/relax-modes")
    thermo(directory / "studies/thermo-ratio", keys=(4, 16, 64, 256, 1024))
    ids, kinds, given, sentences, studies, values, errors, sizes = (list(column) for column in zip(*CLAIMS))
    texts = {"sentence": sentences, "kind": kinds, "study": studies, "verdict": given,
             "source": ["arXiv 2602.08216v1"] * len(ids), "observable": ["δ, C ∝ n^δ"] * len(ids),
             "criterion": [f"criterion of {name}: below 1e-12 everywhere" for name in ids],
             "refuted_by": [f"refutation of {name}" for name in ids], "remark": [f"remark on {name}" for name in ids],
             "meaning": [f"meaning of {name}" for name in ids],
             "rerun": [f"softmech-audit --set audit.claims={name} --out out/audit-again" for name in ids]}
    write(directory / "audit.h5", {"claim": ids},
          {**{name: (("claim",), column) for name, column in texts.items()},
           "value": (("claim",), values), "uncertainty": (("claim",), errors), "sample_size": (("claim",), sizes)},
          attributes("audit", "softmech-audit --set audit.scale=quick --out out", '[audit]\nscale = "quick"\n'))


MODULI = (19, 37, 113)


def grok(directory, moduli=MODULI, seeds=3, generalizes=True):
    """Runs that memorize at 60 updates, peak near 900 and, if they do, generalize near 2500; one ends early."""
    random = np.random.default_rng(8)
    step = np.arange(0, 5001, 100)
    modulus = np.repeat(moduli, seeds)
    runs = len(modulus)
    scatter = np.exp(random.normal(0, 0.1, (runs, 1)))
    peak = 0.25 * np.exp(-np.log((step + 1) / (900 * scatter)) ** 2)
    rise = 1 / (1 + np.exp(-(step - 2500 * scatter) / 150))
    curves = {"train_accuracy": np.where(step > 60, 1.0, 0.1) * np.ones((runs, 1)),
              "test_accuracy": rise if generalizes else 0 * rise, "specific_heat": peak, "specific_heat_scale_matched": 1.02 * peak,
              "specific_heat_over_bound": peak / 0.43923, "specific_heat_all_queries": peak / 2, "specific_heat_pooled": 8 * peak,
              "specific_heat_normalized": peak / np.log(2) ** 2, "fourier_participation": modulus[:, None] / 2 * np.exp(-step / 4000)}
    for values in curves.values():
        values[0, 40:] = np.nan
    over = ("member", "step")
    config = f'[task]\nmodulus = {list(moduli)}\n[train]\nsteps = 5000\n[ensemble]\nseeds = {seeds}\n'
    write(directory / "ensemble.h5", {"member": np.arange(runs), "step": step},
          {**{name: (over, values) for name, values in curves.items()}, "modulus": (("member",), modulus),
           "answer_keys": (("member",), np.full(runs, 2))},
          attributes("grok", f"softmech-grok --out {directory.name}", config))


def onset(directory, moduli=MODULI, seeds=4):
    """Events of runs: all peak, and all but the first generalize, later."""
    random = np.random.default_rng(9)
    modulus = np.repeat(moduli, seeds).astype(float)
    runs = len(modulus)
    peak = np.round(900 * np.exp(random.normal(0, 0.2, runs)))
    event = np.round(peak * 2.5 * np.exp(random.normal(0, 0.1, runs)))
    event[0] = np.nan
    event = np.stack([event, event + 500], axis=1)
    height = 0.25 + random.normal(0, 0.005, runs)
    lead = event - peak[:, None]
    by_modulus = np.array([[np.nanmedian(column[modulus == p]) for column in lead.T] for p in moduli])
    heights = np.array([np.median(height[modulus == p]) for p in moduli])
    predictors = ["peak", "time_constant"]
    both = np.ones((2, 2))
    write(directory / "onset.h5", {"member": np.arange(runs), "definition": ["relative", "absolute"], "modulus": np.array(moduli, float),
                                   "predictor": predictors},
          {"peak": (("member",), peak), "onset": (("member", "definition"), event), "member_modulus": (("member",), modulus),
           "peak_height": (("member",), height), "predicted_height": (("member",), height * 0.98),
           "answer_keys": (("member",), np.full(runs, 2.0)),
           "modulus_median_lead": (("modulus", "definition"), by_modulus), "modulus_lead_low": (("modulus", "definition"), by_modulus - 50),
           "modulus_lead_high": (("modulus", "definition"), by_modulus + 50), "modulus_height": (("modulus",), heights),
           "modulus_height_low": (("modulus",), heights - 0.01), "modulus_height_high": (("modulus",), heights + 0.01),
           "schottky_cap": ((), 0.43923), "gaussian_gap_maximum": ((), 0.25297),
           "predictor_leading": (("predictor", "definition"), 11 * both), "predictor_onsets": (("predictor", "definition"), 11 * both),
           "predictor_leading_low": (("predictor", "definition"), 0.74 * both), "predictor_leading_high": (("predictor", "definition"), both),
           "predictor_rank_correlation_within": (("predictor", "definition"), np.array([[0.6, 0.6], [np.nan, np.nan]]))},
          attributes("onset", f"softmech-onset grok/ensemble.h5 --out {directory.name}", '[onset]\ndefinition = "absolute"\nabsolute = 0.95\n'))


def tokens(directory, dims=(2, 3), betas=(1.0, 9.0), count=12, samples=41, end=10.0, noise=0.0, curl=False):
    """Two halves of the tokens, each contracting to a pole of its own; two clusters are counted after t = 2."""
    random = np.random.default_rng(10)
    time = np.linspace(0, end, samples)
    points = [(d, b) for d in dims for b in betas]
    shape = (len(points), samples)
    position = np.full(shape + (count, max(dims)), np.nan)
    cosine, clusters = np.empty(shape), np.empty(shape)
    for i, (d, b) in enumerate(points):
        target = np.zeros((count, d))
        target[: count // 2, 0], target[count // 2:, 0] = 1, -1
        start = random.normal(0, 1, (count, d))
        start *= np.sign(np.sum(start * target, axis=1, keepdims=True)) / np.linalg.norm(start, axis=1, keepdims=True)
        x = target + np.exp(-3 * time)[:, None, None] * (start - target)
        x /= np.linalg.norm(x, axis=2, keepdims=True)
        position[i, :, :, :d] = x
        gram = np.einsum("tic,tjc->tij", x, x)
        cosine[i] = (gram.sum(axis=(1, 2)) - count) / (count * (count - 1)) if count > 1 else 1
        clusters[i] = np.where(time > 2, min(2, count), count)
    over = ("member", "time")
    ones = np.ones(shape)
    curves = {"order_parameter": np.sqrt(np.maximum((cosine * (count - 1) + 1) / count, 0)), "mean_cosine": cosine,
              "cosine_deficit": 1 - cosine, "entropy": np.log(count / 2) * ones, "specific_heat": 0.1 * ones,
              "residual_share": 0.2 * np.exp(-time) * ones, "reciprocity_defect": 0.1 * np.exp(-time) * ones,
              "cluster_count": clusters, "speed": np.exp(-3 * time) * ones, "energy": -ones, "kinetic_energy": 0 * ones,
              "total_energy": -ones, "heat": 0 * ones}
    if curl:
        curves["curl_share"] = 0.1 * ones
    config = (f'[model]\ntokens = {count}\ndim = {list(dims)}\nbeta = {list(betas)}\ndynamics = "sa"\ntemperature = {noise}\n'
              f"[time]\nend = {end}\n[output]\ntrajectory = true\n")
    write(directory / "ensemble.h5", {"member": np.arange(len(points)), "time": time, "token": np.arange(count),
                                      "dim": np.arange(max(dims))},
          {**{name: (over, values) for name, values in curves.items()}, "position": (over + ("token", "dim"), position),
           **token_coordinates(len(points), tokens=count, dimension=[d for d, _ in points], beta=[b for _, b in points],
                               temperature=noise)},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_coordinates(members, **changed):
    """Coordinates that every token run has, on member."""
    values = {"tokens": 8, "dimension": 2, "beta": 1.0, "coupling": 1.0, "temperature": 0.0, "dynamics": "sa",
              "stepper": "dopri5", **changed}
    return {name: (("member",), np.broadcast_to(np.array(value, dtype=object if isinstance(value, str) else None), members))
            for name, value in values.items()}


def token_lifetimes(directory, slope=1.7, betas=(2.0, 3.0, 4.0, 5.0), replicas=12, unmerged=0):
    """Last merges at e^{slope beta} times a scatter; of the largest beta, some members have not merged."""
    random = np.random.default_rng(11)
    beta = np.repeat(betas, replicas)
    last = np.exp(slope * beta + random.normal(0, 0.5, len(beta)))
    last[len(last) - unmerged:] = np.nan
    config = (f'[model]\ntokens = 4\nbeta = {list(betas)}\n[time]\nend = 1e6\nspacing = "logarithmic"\n'
              f"[ensemble]\nmembers = {replicas}\n")
    write(directory / "ensemble.h5", {"member": np.arange(len(beta)), "merge": np.arange(3)},
          {"merge_depth": (("member", "merge"), np.stack([0.1 * last, 0.5 * last, last], axis=1)),
           **token_coordinates(len(beta), tokens=4, beta=beta)},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_energies(directory, friction=(0.0, 0.5), samples=60):
    """Inertial motion whose kinetic energy, potential and heat add up to a constant, but for 1e-9."""
    time = np.linspace(0, 12, samples)
    kinetic = np.stack([np.exp(-f * time) * (1 + np.cos(time)) for f in friction])
    heat = np.stack([2 * (1 - np.exp(-f * time)) for f in friction])
    total = -5 - heat + 1e-9 * np.sin(7 * time)
    ones = np.ones_like(total)
    over = ("member", "time")
    config = f'[model]\ntokens = 8\ndim = 5\ndynamics = "lagrangian"\nmass = 1.0\nfriction = {list(friction)}\n[time]\nend = 12.0\n'
    write(directory / "ensemble.h5", {"member": np.arange(len(friction)), "time": time},
          {"kinetic_energy": (over, kinetic), "total_energy": (over, total), "heat": (over, heat),
           "angular_momentum": (over, 3 * ones), "angular_momentum_change": (over, 3e-14 * time * ones),
           "friction": (("member",), np.array(friction)),
           **token_coordinates(len(friction), dimension=5, dynamics="lagrangian", stepper="symplectic_rkn")},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_self_weights(directory, cosine=0.5, tokens=(16, 256), gammas=(1.0, 2.0, 3.0)):
    """Self-weights of equiangular tokens; gamma as the program writes a number that may also be a word."""
    n, gamma = (np.array(column) for column in zip(*[(n, g) for n in tokens for g in gammas]))
    beta = gamma * np.log(n)
    weight = np.exp(beta) / (np.exp(beta) + (n - 1) * np.exp(beta * cosine))
    config = (f'[model]\ntokens = {list(tokens)}\ndim = 256\ngamma = {list(gammas)}\n'
              f'[start]\nkind = "equiangular"\ncosine = {cosine}\n')
    write(directory / "ensemble.h5", {"member": np.arange(len(n)), "time": [0.0, 1.0]},
          {"self_weight": (("member", "time"), np.stack([weight, weight], axis=1)),
           "gamma": (("member",), np.array([f"{g}" for g in gamma])),
           **token_coordinates(len(n), tokens=n, dimension=256, beta=beta)},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_transition(directory, tokens=(64, 256), couplings=(0.4, 1.0, 2.0, 3.0)):
    """Order parameters of noisy tokens, small below the critical coupling and near 1 above."""
    n, coupling = (np.array(column) for column in zip(*[(n, k) for n in tokens for k in couplings]))
    order = np.where(coupling < 1.77, np.sqrt(np.pi / 4 / n), 0.8)
    config = (f'[model]\ntokens = {list(tokens)}\ndynamics = "usa"\ncoupling = {list(couplings)}\ntemperature = 1.0\n'
              '[output]\naverage_from = 20.0\n')
    write(directory / "ensemble.h5", {"member": np.arange(len(n))},
          {"order_parameter_mean": (("member",), order), "order_parameter_mean_error": (("member",), 0.02 * order),
           **token_coordinates(len(n), tokens=n, coupling=coupling, temperature=1.0, dynamics="usa", stepper="langevin")},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_mean_field(directory, couplings=(1.0, 2.5), rates=(-0.4, 0.4), samples=41):
    """A first mode that grows or decays from 0.01 at its rate, and saturates."""
    time, angle = np.linspace(0, 30, samples), 2 * np.pi * np.arange(64) / 64
    first = np.minimum(0.01 * np.exp(np.outer(rates, time)), 0.6)
    amplitude = np.stack([np.ones_like(first), first, first**2], axis=2)
    density = (1 + 2 * first[..., None] * np.cos(angle)) / (2 * np.pi)
    config = (f'[model]\nlimit = "infinite"\ndynamics = "usa"\ncoupling = {list(couplings)}\ntemperature = 1.0\n')
    over = ("member", "time")
    write(directory / "ensemble.h5", {"member": np.arange(2), "time": time, "mode": [0, 1, 2], "angle": angle},
          {"order_parameter": (over, first), "mode_amplitude": (over + ("mode",), amplitude), "density": (over + ("angle",), density),
           "growth_rate": (("member", "mode"), np.array([[0, r, -3.0] for r in rates])),
           **token_coordinates(2, coupling=couplings, temperature=1.0, dynamics="usa")},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_phases(directory, betas=(1.0, 4.0, 16.0), dims=(2, 4, 8), replicas=2):
    """A mean cosine at the end that is 1 for d > beta and 0 else; of the first member of the largest beta no end is known."""
    points = [(d, b) for d in dims for b in betas for _ in range(replicas)]
    last = np.array([float(d > b) for d, b in points])
    cosine = np.stack([0 * last, last, np.full_like(last, np.nan)], axis=1)
    config = f"[model]\ntokens = 32\ndim = {list(dims)}\nbeta = {list(betas)}\n[ensemble]\nmembers = {replicas}\n"
    write(directory / "ensemble.h5", {"member": np.arange(len(points)), "time": [0.0, 10.0, 20.0]},
          {"mean_cosine": (("member", "time"), cosine),
           **token_coordinates(len(points), tokens=32, dimension=[d for d, _ in points], beta=[b for _, b in points])},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))


def token_angles(directory, exact, error=0.0, tokens=8, beta=2.0, cosine=0.5, samples=41):
    """1 - rho of tokens at one angle for "sa" and "usa" as the function `exact` says, with a relative error."""
    time = np.linspace(0, 4, samples)
    deficit = np.stack([exact(dynamics, tokens, beta, cosine, time) for dynamics in ("sa", "usa")]) * (1 + error)
    config = (f'[model]\ntokens = {tokens}\ndim = 12\nbeta = {beta}\ndynamics = ["sa", "usa"]\n'
              f'[start]\nkind = "equiangular"\ncosine = {cosine}\n[time]\nend = 4.0\n')
    write(directory / "ensemble.h5", {"member": [0, 1], "time": time},
          {"cosine_deficit": (("member", "time"), deficit),
           **token_coordinates(2, tokens=tokens, dimension=12, beta=beta, dynamics=["sa", "usa"])},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))
