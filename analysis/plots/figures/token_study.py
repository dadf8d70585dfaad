"""What all figures of token runs need: the points of a sweep with their names, and the depths to draw."""
import numpy as np

import style

MOST_POINTS = 12  # of a sweep whose members are drawn along the depth; larger ones are about their ends
PATH, MEMBER = ("member", "time"), ("member",)
SYMBOLS = {"tokens": "n", "dimension": "d", "beta": "β", "gamma": "γ", "coupling": "K", "temperature": "T", "cosine": "ρ(0)",
           "dynamics": "", "kind": "", "friction": "friction", "mass": "m"}
WORDS = {"sa": "SA", "usa": "USA", "free_energy": "free energies", "lagrangian": "inertial"}


def values(study, key):
    """The value of a dotted key for each member: numbers, or words."""
    name = {"dim": "dimension"}.get(key.rpartition(".")[2], key.rpartition(".")[2])
    if not study.has(name, on=MEMBER):
        return np.full(study.members, study.setting(key, np.nan))
    found = study[name]
    if found.dtype.kind in "OSU":  # a number that may also be a word
        try:
            return found.astype(float)
        except ValueError:
            return found.astype(str)
    return found


def swept(study):
    """Name -> value of each member, for all keys that differ among members."""
    found = {}
    for section, keys in study.settings.items():
        for key, value in keys.items():
            name = {"dim": "dimension"}.get(key, key)
            if isinstance(value, list) and len(value) > 1 and study.has(name, on=MEMBER):
                found[name] = values(study, f"{section}.{key}")
    return found


def label(study, member):
    """β = 4, d = 2"""
    parts = []
    for name, of_members in swept(study).items():
        value = of_members[member]
        text = WORDS.get(value, value) if isinstance(value, str) else f"{value:g}"
        symbol = SYMBOLS.get(name, name.replace("_", " "))
        parts.append(f"{symbol} = {text}" if symbol else text)
    return ", ".join(parts) or (f"member {member}" if study.members > 1 else "")


def points(study):
    """The members of every point of the sweep."""
    groups = {}
    columns = list(swept(study).values())
    for member in range(study.members):
        groups.setdefault(tuple(column[member] for column in columns), []).append(member)
    return [np.array(group) for group in groups.values()]


def some(items, most):
    """At most so many of them, evenly chosen, the ends among them."""
    pick = np.unique(np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int))
    return [items[i] for i in pick]


def sample(count, most):
    """Indices of at most so many of `count` samples."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))


def is_logarithmic(study):
    return study.setting("time.spacing") == "logarithmic"


def depth_axis(study, axes):
    axes.set_xlabel("depth $t$")
    if is_logarithmic(study):
        axes.set_xscale("log")


def shown(study, most=400):
    """Indices of the depths to draw; a logarithmic axis has no 0."""
    count = len(study["time"])
    first = 1 if is_logarithmic(study) else 0
    return first + sample(count - first, most) if count > first else np.array([], int)


def is_plain(study):
    """One head with Q = K = V = 1 and all pairs on the sphere: what the exact laws are about."""
    setting = study.setting
    return (all(setting(f"model.{name}", "identity") == "identity" for name in ("query", "key", "value"))
            and setting("model.heads", 1) == 1 and setting("model.mlp", 0) == 0 and setting("model.causal", False) is False
            and setting("model.window", 0) == 0 and setting("model.decay", "none") == "none"
            and setting("model.rope_dim", 0) == 0 and setting("model.normalization", "post_rms") == "post_rms")


def many(count, noun):
    return f"{count} {noun}{'s' if count != 1 else ''}"


def facts(study, member):
    """n = 48 tokens, d = 2, β = 4, SA; what a caption says of one member."""
    dynamics = str(values(study, "model.dynamics")[member])
    number = {key: float(values(study, f"model.{key}")[member]) for key in ("tokens", "dim", "beta", "temperature")}
    text = f"{number['tokens']:g} tokens, d = {number['dim']:g}, β = {number['beta']:.4g}, {WORDS.get(dynamics, dynamics)}"
    return text + (f", T = {number['temperature']:g}" if number["temperature"] else "")


def clusters(x, cosine):
    """Single linkage: the cluster of every token (rows of x, unit vectors), the largest being 0."""
    owner = np.arange(len(x))
    linked = x @ x.T >= cosine
    while True:
        least = np.where(linked, owner[None, :], len(x)).min(axis=1)
        if np.array_equal(least, owner):
            break
        owner = least
    names, owner, sizes = np.unique(owner, return_inverse=True, return_counts=True)
    rank = np.empty(len(names), int)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(names))
    return rank[owner]


def is_noisy(study):
    """Whether any member has noise."""
    return bool(np.any(values(study, "model.temperature").astype(float) > 0))


def legend(axes, most=3):
    """The legend above the frame, in as many columns as its longest text allows."""
    longest = max((len(text) for text in axes.get_legend_handles_labels()[1]), default=0)
    style.legend_above(axes, min(most, 4 if longest < 8 else 3 if longest < 15 else 2 if longest < 27 else 1))
