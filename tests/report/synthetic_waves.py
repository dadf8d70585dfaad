"""Analyses of Goldstone modes in the form of softmech-goldstone, planted with what a test looks for; and modes of tokens."""
import h5py
import numpy as np
import synthetic
from synthetic import attributes, write

NEAREST = {"kernel": "nearest", "alpha": np.nan}


def linear_frequency(k, kernel="nearest", alpha=np.nan, field=0.0, mass=1.0, **_):
    """w(k) of a chain; of a power law its leading term alone, of all-to-all coupling its one frequency."""
    square = 4 * np.sin(k / 2) ** 2 if kernel == "nearest" else (k > 0) * 1.0 if kernel == "all" else np.abs(k) ** (alpha - 1)
    return np.sqrt((square + field) / mass)


def goldstone(directory, points=(NEAREST,), modes=24, deviation=0.0, error=1e-4, width=0.02, kind="waves", seed=3, without=(),
              fields=(), **changed):
    """Points whose measured frequencies are linear theory's times 1 + deviation, known to `error`, with lines of that width.

    kind "relaxation": the same numbers squared are rates. fields: {name: numbers of the field sets}. changed: other values
    for a variable, (point) or (point, mode).
    """
    random = np.random.default_rng(seed)
    count = len(points)
    k = np.concatenate([[0], np.geomspace(0.02, np.pi, modes - 1)])
    linear = np.array([linear_frequency(k, **point) for point in points])
    if kind == "relaxation":
        linear = linear**2
    measured = linear * (1 + deviation) * (1 + error * random.normal(size=linear.shape))
    measured[linear == 0] = np.nan
    axis = np.linspace(-2.5, 2.5, 201)
    center, half = (0 * linear, linear) if kind == "relaxation" else (linear, width / 2)
    half = np.maximum(half, 1e-3)[..., None] if kind == "relaxation" else half
    spectrum = (0.2 / ((axis - center[..., None]) ** 2 + half**2) + 0.8 / ((axis + center[..., None]) ** 2 + half**2)) * half
    field = np.array([point.get("field", 0.0) for point in points])
    mass = np.array([point.get("mass", 1.0) for point in points])
    exact = [1.0 if point["kernel"] == "nearest" else (point["alpha"] - 1) / 2 if point["kernel"] == "power" else np.nan
             for point in points]
    exponent = np.array(exact) * (2 if kind == "relaxation" else 1)
    empty, zeros = np.full(linear.shape, np.nan), np.zeros(linear.shape)
    rates = kind == "relaxation"
    of_mode = {"wavenumber": np.broadcast_to(k, linear.shape), "frequency": empty if rates else measured,
               "frequency_error": empty if rates else error * linear, "frequency_linear": zeros if rates else linear,
               "rate": measured if rates else empty, "rate_error": error * linear if rates else empty,
               "damping": zeros + width, "damping_error": zeros + 0.05 * width, "damping_linear": linear if rates else zeros,
               "frequency_law": np.where(k < 0.6, linear, np.nan), "pole_limit": empty, "asymmetry": zeros,
               "asymmetry_error": zeros + 0.1}
    ordered = np.where(field == 0, 1.0, 0.0)
    of_point = {"gap": np.sqrt(field / mass), "gap_error": np.full(count, 1e-4), "gap_limit": np.sqrt(field / mass) + 2e-3,
                "gap_squared": field / mass, "gap_squared_error": np.full(count, 1e-6), "exponent": exponent,
                "exponent_error": np.full(count, 0.0012), "velocity": np.ones(count), "stiffness": np.full(count, 0.9985),
                "stiffness_error": np.full(count, 0.0012), "helicity_modulus": np.full(count, 0.9998),
                "helicity_modulus_error": np.full(count, 3e-6), "stiffness_deviation": np.full(count, -1.08),
                "zero_modes": ordered, "zero_modes_expected": ordered, "damping_exponent": np.full(count, np.nan),
                "damping_exponent_error": np.full(count, np.nan), "asymmetry_significance": np.full(count, 2.0),
                "law_probability": np.full(count, 0.5), "branch": [kind] * count,
                "best_law": ["linear" if p["kernel"] != "all" else "flat" for p in points]}
    coordinates = {"rotors": np.full(count, 512.0), "length": np.full(count, 512.0), "temperature": np.full(count, 5e-4),
                   "lattice": ["chain"] * count, "dynamics": ["overdamped" if rates else "microcanonical"] * count,
                   "boundary": ["periodic"] * count, "kernel": [], "alpha": [], "field": [], "mass": []}
    for name in {name for point in points for name in point}:
        coordinates[name] = []
    usual = {"alpha": np.nan, "field": 0.0, "mass": 1.0}
    for name, column in coordinates.items():
        if len(column) == 0:
            coordinates[name] = [point.get(name, usual.get(name)) for point in points]
    variables = {**{name: (("point",), values) for name, values in {**of_point, **coordinates}.items()},
                 **{name: (("point", "mode"), values) for name, values in of_mode.items()},
                 "spectrum": (("point", "mode", "bin"), spectrum),
                 "spectrum_frequency": (("point", "bin"), np.tile(axis, (count, 1))),
                 **{name: (("field_set",), values) for name, values in dict(fields).items()}}
    variables = {name: (over, changed.get(name, values)) for name, (over, values) in variables.items() if name not in without}
    axes = {"point": np.arange(count), "mode": np.arange(modes), "bin": np.arange(len(axis))}
    if fields:
        axes["field_set"] = [f"set {i}" for i in range(len(next(iter(dict(fields).values()))))]
    write(directory / "goldstone.h5", axes, variables,
          attributes("goldstone", f"softmech-goldstone waves/ensemble.h5 --out {directory.name}",
                     "[fit]\nlargest_wavenumber = 0.6\n"))
    with h5py.File(directory / "goldstone.h5", "a") as file:
        for name, (over, _) in variables.items():
            if over[0] == "point" and name not in coordinates:
                file[name].attrs["coordinates"] = " ".join(coordinates)
    return k, linear, measured


def token_breaking(directory, scales=(0.0, 0.01, 0.02, 0.04), masses=(0.0, 1e-4, 1e-4, 1e-2, 1e-2, 1.0, 1.0), excess=0.0, tokens=8):
    """Tokens whose order rotary positions make massive, masses times scale^2 times 1 + excess scale^2."""
    d, scale = len(masses) + 1, np.array(scales)
    theory = np.outer(scale**2, masses)
    turning = theory * (1 + excess * scale[:, None] ** 2) + 1e-15
    apart = np.broadcast_to(np.linspace(0.4, 1.2, (tokens - 1) * (d - 1)), (len(scale), (tokens - 1) * (d - 1)))
    zero = np.where(scale == 0, d - 1.0, 1.0)
    config = (f"[model]\ntokens = {tokens}\ndim = {d}\nbeta = 1.0\ndynamics = \"free_energy\"\ntemperature = 0.0\n"
              f"rope_scale = {list(map(float, scales))}\n")
    modes = np.concatenate([np.sort(turning, axis=1), apart], axis=1)
    write(directory / "ensemble.h5", {"member": np.arange(len(scale)), "eigenvalue": np.arange(modes.shape[1]),
                                      "direction": np.arange(d - 1)},
          {"mode_eigenvalue_real": (("member", "eigenvalue"), modes), "breaking_eigenvalue": (("member", "direction"), theory),
           "rope_scale": (("member",), scale), "zero_modes": (("member",), zero), "zero_modes_expected": (("member",), zero),
           **synthetic.token_coordinates(len(scale), tokens=tokens, dimension=d)},
          attributes("tokens", f"softmech-tokens --out {directory.name}", config))
