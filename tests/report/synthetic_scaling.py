"""Small results of softmech-fss and softmech-rotors with a planted truth."""
import numpy as np
from synthetic import attributes, write

T_C, NU = 2.2692, 1.0


def _scaled_curve(exponent, scaled):
    """A curve that falls through 1 at 0, or one with a top above it."""
    return 1.3 - 0.6 / (1 + np.exp(-1.2 * scaled)) if exponent == 0 else np.exp(-(scaled - 0.8) ** 2 / 2) + 0.2


def fss(directory, observables=("binder", "chi"), exponents=(0.0, 1.75), sizes=(16, 24, 32, 48, 64, 96, 128), per_size=12,
        verdict="power", settings="", size_name="L", x_name="temperature", without=(), noise=0.002, **changed):
    """All that softmech-fss writes for curves that collapse by construction, each size on a grid of its own."""
    random = np.random.default_rng(12)
    sizes = np.asarray(sizes, float)
    reference = np.exp(np.mean(np.log(sizes)))
    of_point = np.repeat(sizes, per_size)
    scaled = np.concatenate([np.sort(random.uniform(-2.5, 3.5, per_size)) for _ in sizes])
    factor = of_point / reference
    place = T_C + scaled * 0.02 * factor ** (-1 / NU)
    exact = np.array([_scaled_curve(a, scaled) for a in exponents])
    residual = random.normal(0, 1, exact.shape)
    scaled_error = noise * np.ones_like(exact)
    scaled_y = exact + residual * scaled_error
    power = np.array([factor**a for a in exponents])
    fine = np.linspace(scaled.min(), scaled.max(), 200)
    pair = np.sqrt(sizes[1:] * sizes[:-1])
    drift = T_C + 0.02 / pair**1.5
    count, pairs = len(observables), len(pair)
    known = np.array([np.ones(pairs) if a == 0 else np.full(pairs, np.nan) for a in exponents])
    parameters = ["x_c", "inverse_nu"] + [f"exponent({name})" if count > 1 else "exponent"
                                          for name, a in zip(observables, exponents) if a]
    mean = np.array([T_C, 1 / NU] + [a for a in exponents if a])
    deviation = np.array([1e-4, 0.008] + [0.004 for a in exponents if a])
    mixed = random.normal(0, 1, (2500, len(mean)))
    mixed[:, 1] = 0.6 * mixed[:, 0] + 0.8 * mixed[:, 1]
    height = np.array([np.nan * sizes if a == 0 else 1.2 * (sizes / reference) ** a * (1 + random.normal(0, 0.003, len(sizes)))
                       for a in exponents])
    law_b = [0, 40 / sizes[-1], 1.75, 0.3 / sizes[-1]]
    law_a = [1.0, -80 / sizes[-1], 1.2 / reference**1.75, 30.0]
    grown = np.array([np.full(4, 1.0) if a else np.full(4, np.nan) for a in exponents])
    each = ("observable",)
    variables = {
        "size": (("point",), of_point), "x": (("point",), place),
        "y": (("observable", "point"), scaled_y * power), "y_error": (("observable", "point"), scaled_error * power),
        "x_c": ((), T_C + 2e-5), "x_c_error": ((), 1e-4), "nu": ((), 1 / 1.003), "nu_error": ((), 0.008),
        "exponent": (each, np.array(exponents)), "exponent_error": (each, np.where(np.array(exponents) == 0, 0, 0.004)),
        "estimate": (("estimator", "parameter"), np.array([mean, mean + 0.7 * deviation])),
        "estimate_error": (("estimator", "parameter"), np.array([deviation, 1.3 * deviation])),
        "quality": ((), 1.07), "quality_overlap": ((), 0.93), "effective_sample_size": ((), 2210.0),
        "posterior": (("draw", "parameter"), mean + deviation * mixed),
        "scaled_x": (("point",), scaled * 0.02), "scaled_y": (("observable", "point"), scaled_y),
        "scaled_y_error": (("observable", "point"), scaled_error), "reference_size": ((), reference),
        "residual": (("observable", "point"), residual), "function_x": (("curve_point",), fine * 0.02),
        "function": (("observable", "curve_point"), np.array([_scaled_curve(a, fine) for a in exponents])),
        "function_error": (("observable", "curve_point"), np.full((count, 200), 0.4 * noise)),
        "pair_size": (("size_pair",), pair), "crossing": (("observable", "size_pair"), known * drift),
        "crossing_error": (("observable", "size_pair"), known * 2e-5 * (1 + pair / pair[0])),
        "crossing_value": (("observable", "size_pair"), known * (1 - 0.3 / pair)),
        "crossing_value_error": (("observable", "size_pair"), known * 0.002),
        "crossing_found": (("observable", "size_pair"), known),
        "crossing_limit": (each, known[:, 0] * T_C), "crossing_limit_error": (each, known[:, 0] * 1e-4),
        "crossing_drift_exponent": (each, known[:, 0] * 1.4),
        "crossing_value_limit": (each, known[:, 0]), "crossing_value_limit_error": (each, known[:, 0] * 0.004),
        "maximum": (("observable", "system_size"), height), "maximum_error": (("observable", "system_size"), 0.003 * height),
        "maximum_x": (("observable", "system_size"), height / height * (T_C + 0.016 * reference / sizes)),
        "maximum_x_error": (("observable", "system_size"), height / height * 1e-4),
        "maximum_inside": (("observable", "system_size"), np.where(np.isnan(height), 0.0, 1.0)),
        "maximum_limit": (each, grown[:, 0] * T_C), "maximum_limit_error": (each, grown[:, 0] * 2e-4),
        "maximum_drift_exponent": (each, grown[:, 0] * 1.02),
        "law_a": (("observable", "model"), grown * law_a), "law_b": (("observable", "model"), grown * law_b),
        "akaike_weight": (("observable", "model"), grown * [0, 0, 0.98, 0.02]),
        "power": (("observable", "model"), grown * [0.81, 0.97, 0.99, 0.93]),
        "growth_exponent": (each, grown[:, 0] * 1.748), "growth_exponent_error": (each, grown[:, 0] * 0.003),
        "bound_share": (each, np.full(count, np.nan)),
        "verdict": (each, [verdict if a else "not asked" for a in exponents])}
    variables = {name: (over, changed.get(name, values)) for name, (over, values) in variables.items() if name not in without}
    config = (f'[data]\nsize = "{size_name}"\nx = "{x_name}"\ny = "{"; ".join(observables)}"\n[scaling]\nansatz = "power"\n{settings}')
    axes = {"observable": list(observables), "point": np.arange(len(of_point)), "parameter": parameters,
            "estimator": ["gaussian_process", "quality"], "draw": np.arange(2500), "curve_point": np.arange(200),
            "size_pair": [f"{a:g}, {b:g}" for a, b in zip(sizes, sizes[1:])], "system_size": sizes,
            "model": ["constant", "logarithm", "power", "saturation"]}
    used = {axis for over, _ in variables.values() for axis in over}
    write(directory / "fss.h5", {name: values for name, values in axes.items() if name in used}, variables,
          attributes("fss", f"softmech-fss data.csv --out {directory.name}", config))


def heights(directory, sizes=(7, 13, 29, 59, 113), verdict="inconclusive"):
    """One number per size and no x: what is left are the laws of its growth."""
    nothing = np.full((1, len(sizes)), np.nan)
    sizes = np.array(sizes, float)
    value = 0.25 + 0.01 * np.random.default_rng(2).normal(size=(1, len(sizes)))
    per_law = ("observable", "model")
    write(directory / "fss.h5", {"observable": ["peak_height"], "point": np.arange(len(sizes)), "system_size": sizes,
                                 "model": ["constant", "logarithm", "power", "saturation"]},
          {"size": (("point",), sizes), "x": (("point",), 0 * sizes), "y": (("observable", "point"), value),
           "y_error": (("observable", "point"), 0 * value + 0.01),
           **{name: (("observable", "system_size"), nothing)
              for name in ("maximum", "maximum_error", "maximum_x", "maximum_inside")},
           "maximum_limit": (("observable",), [np.nan]), "law_a": (per_law, [[0.25, 0.24, 0.24, 0.25]]),
           "law_b": (per_law, [[0, 0.003, 0.01, 2.0]]), "akaike_weight": (per_law, [[0.8, 0.1, 0.07, 0.03]]),
           "power": (per_law, [[0.6, 0.1, 0.1, 0.0]]), "growth_exponent": (("observable",), [0.01]),
           "growth_exponent_error": (("observable",), [0.02]), "bound_share": (("observable",), [0.58]),
           "verdict": (("observable",), [verdict])},
          attributes("fss", "softmech-fss onset.h5", '[data]\nsize = "modulus"\nx = "none"\n[growth]\nleast_power = 0.9\n'))


def rotors(directory, lattice="chain", kernel="all", sizes=(64, 256), temperatures=(0.3, 0.45, 0.5, 0.55, 0.7), members=4,
           alpha=np.nan, more=(), along=(), **values):
    """Rotors whose averages are as given, (size, temperature), with a scatter of 1 % that their errors know.

    More coordinates are {name: one value, or one for each member}; along are {name: (axis, its values, values)}.
    """
    random = np.random.default_rng(13)
    kernels = [kernel] if isinstance(kernel, str) else list(kernel)
    points = [(k, n, t) for k in kernels for n in range(len(sizes)) for t in range(len(temperatures))
              for _ in range(members)]
    count = len(points)
    decay = np.outer(np.ones(len(sizes)), 1 - np.array(temperatures) / 2)
    quantities = {"magnetization": decay, "magnetization2": decay**2, "magnetization4": 1.2 * decay**4, "energy": 1 - decay,
                  "specific_heat": decay, "susceptibility": np.outer(sizes, decay[0]) / 10,
                  "helicity_modulus": decay if lattice == "square" else np.nan * decay, **values}
    scattered = {}
    for name, exact in quantities.items():
        exact = np.array([exact[n][t] for _, n, t in points])
        scattered[name] = exact * (1 + 0.01 * random.normal(size=count))
        scattered[name + "_error"] = 0.01 * np.abs(exact)
    coordinates = {"rotors": [sizes[n] for _, n, _ in points], "temperature": [temperatures[t] for _, _, t in points],
                   "lattice": np.array([lattice] * count, dtype=object), "kernel": np.array([k for k, *_ in points], dtype=object),
                   "alpha": np.broadcast_to(alpha, count), "range": np.full(count, np.nan)}
    for name, value in dict(more).items():
        of_member = np.array(value, dtype=object if isinstance(np.ravel(value)[0], str) else float)
        coordinates[name] = np.broadcast_to(of_member, count)
    config = f'[model]\nrotors = {list(sizes)}\ntemperature = {list(temperatures)}\n[ensemble]\nmembers = {members}\n'
    along = dict(along)
    write(directory / "ensemble.h5", {"member": np.arange(count), **{axis: at for axis, at, _ in along.values()}},
          {**{name: (("member",), np.array(column)) for name, column in {**scattered, **coordinates}.items()},
           **{name: (("member", axis), np.broadcast_to(rows, (count, len(at)))) for name, (axis, at, rows) in along.items()}},
          attributes("rotors", f"softmech-rotors --out {directory.name}", config))
