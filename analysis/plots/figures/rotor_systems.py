"""What the figures of rotors share: the members of one system, their means with errors, and names."""
import numpy as np

import style

MEMBER = ("member",)
MOST_SYSTEMS = 3
MANY_MEMBERS = 8  # from here on the scatter of members is a good error
KERNELS = {"all": "all pairs", "nearest": "nearest neighbors", "window": "window of range", "exponential": "exponential of range",
           "power": "power law, α =", "softmax": "softmax attention", "file": "couplings from a file"}
# What may differ among members and makes them another system; the last ones only while they move.
KEYS = ("lattice", "kernel", "alpha", "range", "dynamics", "boundary", "twist", "field", "mass", "friction")
DYNAMICS = {"cluster": "", "microcanonical": "microcanonical", "langevin": "Langevin motion", "overdamped": "overdamped motion"}


class System:
    """The members that share lattice, kernel and dynamics, and all that the Hamiltonian holds beside."""

    def __init__(self, study, chosen, several):
        self.study, self.chosen, self.several = study, np.flatnonzero(chosen), several
        self.rotors, self.temperature = study["rotors"][chosen], study["temperature"][chosen]
        self.sizes = np.unique(self.rotors)
        self.lattice, self.kernel = self.word("lattice"), self.word("kernel")
        self.dynamics = self.word("dynamics") or "cluster"
        self.boundary = self.word("boundary") or "periodic"
        self.field = np.nan_to_num(self.number("field"))
        self.replicas = len(self.chosen) / max(1, len(set(zip(self.rotors, self.temperature))))

    def word(self, name):
        return str(self.study[name][self.chosen[0]]) if self.study.has(name, on=MEMBER) else ""

    def number(self, name):
        return float(self.study[name][self.chosen[0]]) if self.study.has(name, on=MEMBER) else np.nan

    @property
    def name(self):
        """chain, power law, α = 1.5, open ends, h = 0.1, Langevin motion"""
        parameter = next((self.number(key) for key in ("alpha", "range") if np.isfinite(self.number(key))), np.nan)
        kernel = KERNELS.get(self.kernel, self.kernel) + (f" {parameter:g}" if np.isfinite(parameter) else "")
        parts = ["all-to-all"] if self.kernel == "all" else [self.lattice, kernel]
        if self.boundary == "open" and self.kernel != "all":
            parts.append("open ends")
        for key, symbol, usual in (("twist", "Ω", 0), ("field", "h", 0), ("mass", "m", 1)):
            if np.isfinite(self.number(key)) and self.number(key) != usual:
                parts.append(f"{symbol} = {self.number(key):.4g}")
        if self.dynamics != "cluster":
            parts.append(DYNAMICS.get(self.dynamics, self.dynamics))
            if self.number("friction") > 0 and self.several:
                parts.append(f"friction {self.number('friction'):g}")
        return ", ".join(parts)

    @property
    def is_square(self):
        return self.lattice == "square"

    @property
    def is_symmetric(self):
        """Whether no field breaks the rotations: what the exact laws are about."""
        return self.field == 0

    @property
    def is_neighbor_chain(self):
        return self.kernel == "nearest" and not self.is_square and self.is_symmetric

    @property
    def is_xy(self):
        return self.kernel == "nearest" and self.is_square and self.is_symmetric

    @property
    def is_all_to_all(self):
        return self.kernel == "all" and self.is_symmetric

    @property
    def has_mean_field(self):
        """Whether sum_j J_ij = 1 and h = 0, as in the mean field with T_c = 1/2."""
        return self.is_all_to_all or (self.kernel in ("window", "exponential", "power") and self.is_symmetric
                                      and self.boundary == "periodic")

    @property
    def is_isolated(self):
        """Whether the energy is given, and the temperature only that of the start."""
        return self.dynamics == "microcanonical"

    def title(self, words):
        return f"{words}: {self.name}" if self.several else words

    def facts(self):
        """What a caption says of the sample."""
        count = f"{self.replicas:.3g} members" if self.replicas != 1 else "one member"
        return f"{self.name[0].upper()}{self.name[1:]}; {count} per point."

    def size_label(self, rotors):
        return f"L = {round(np.sqrt(rotors))}" if self.is_square else f"N = {rotors:g}"

    def along(self, rotors):
        """The temperatures of a size, and its members at each."""
        own = self.rotors == rotors
        for temperature in np.unique(self.temperature[own]):
            yield temperature, self.chosen[own & (self.temperature == temperature)]

    def curve(self, name, rotors):
        """Temperatures, means over members and standard errors of a variable."""
        rows = [(temperature, *self.mean(name, members)) for temperature, members in self.along(rotors)]
        return np.array([row for row in rows if np.isfinite(row[1])]).reshape(-1, 3).T

    def mean(self, name, members):
        """Mean of a variable over members, and its standard error."""
        errors = self.study[name + "_error"][members] if self.study.has(name + "_error") else np.full(len(members), np.nan)
        return mean(self.study[name][members], errors)

    def ratio(self, rotors):
        """As curve() for <M^4>/<M^2>^2, a ratio of means with the jackknife's error."""
        second, fourth = self.study["magnetization2"], self.study["magnetization4"]
        rows = [(temperature, *ratio(second[members], fourth[members])) for temperature, members in self.along(rotors)]
        return np.array([row for row in rows if np.isfinite(row[1])]).reshape(-1, 3).T


def mean(values, errors):
    """Mean and standard error: from the scatter of many members, from the members' own errors of few."""
    there = np.isfinite(values)
    count = np.sum(there)
    if count == 0:
        return np.nan, np.nan
    if count >= MANY_MEMBERS:
        return np.mean(values[there]), np.std(values[there], ddof=1) / np.sqrt(count)
    return np.mean(values[there]), np.sqrt(np.sum(errors[there] ** 2)) / count


def ratio(second, fourth):
    there = np.isfinite(second) & np.isfinite(fourth) & (second > 0)
    second, fourth, count = second[there], fourth[there], np.sum(there)
    if count == 0:
        return np.nan, np.nan
    whole = np.mean(fourth) / np.mean(second) ** 2
    if count < 3:
        return whole, np.nan
    left = (fourth.sum() - fourth) / (second.sum() - second) ** 2 * (count - 1)
    return whole, np.sqrt((count - 1) * np.var(left))


def systems(study, *names, on=MEMBER, where=lambda system: True):
    """At most so many of a study's systems, evenly chosen, that have numbers in all these variables."""
    if study.members == 0 or not study.has("rotors", "temperature", "lattice", "kernel", on=MEMBER) or not study.has(*names, on=on):
        return []
    of_member = list(zip(*(study[key].astype(str) for key in KEYS if study.has(key, on=MEMBER))))
    kinds = list(dict.fromkeys(of_member))
    found = [System(study, np.array([kind == own for own in of_member]), len(kinds) > 1) for kind in kinds]
    found = [system for system in found
             if where(system) and all(np.isfinite(study[name][system.chosen]).any() for name in names)]
    return [found[place] for place in style.spread_over(range(len(found)), MOST_SYSTEMS)]


def thermal(study, *names):
    """Those in a heat bath, at three temperatures at least: the others have no temperature to be drawn against."""
    return systems(study, *names, where=lambda system: not system.is_isolated and len(np.unique(system.temperature)) >= 3)


def finish(axes):
    """The legend above the frame."""
    count = len(axes.get_legend_handles_labels()[1])
    style.legend_above(axes, count if count < 4 else -(-count // 2) if count < 9 else 4)
