"""What the figures of Goldstone modes share: the points of an analysis, what was measured there, and their names."""
from functools import cached_property

import numpy as np

import style
from typeset import rounded

POINT, MODE = ("point",), ("point", "mode")
MOST_POINTS = 6  # in one figure
SYMBOLS = {"alpha": "α", "range": "range", "field": "h", "temperature": "T", "rotors": "N", "tokens": "n", "dimension": "d",
           "mass": "m", "friction": "Γ", "twist": "Ω", "beta": "β", "coupling": "K", "attention_beta": "βₐ"}
KERNELS = {"all": "all-to-all", "nearest": "nearest neighbors", "window": "a window", "exponential": "exponential",
           "power": "power law", "softmax": "softmax attention", "file": "couplings from a file"}
# What says again what another coordinate says.
FOLLOWS = {"length": "rotors", "rope_plane": "twist", "rope_dim": "twist", "rope_base": "twist", "stepper": "dynamics"}


class Point:
    """One point of the simulation's sweep: frequencies of waves (signed if they travel), or rates of relaxation."""

    def __init__(self, study, index, label):
        self.study, self.index, self.label = study, index, label
        self.k = self.row("wavenumber")
        self.kind = self.word("branch")

    def row(self, name):
        """A variable over the modes, NaN where the file has none."""
        if self.study.has(name, on=MODE):
            return self.study[name][self.index].astype(float)
        return np.full(self.study.shape("wavenumber")[1], np.nan)

    def number(self, name):
        if not self.study.has(name, on=POINT) or self.study[name].dtype.kind in "OSU":
            return np.nan
        return float(self.study[name][self.index])

    def word(self, name):
        return str(self.study[name][self.index]) if self.study.has(name, on=POINT) else ""

    @property
    def relaxes(self):
        return self.kind == "relaxation"

    @property
    def travels(self):
        return self.kind == "travelling"

    @property
    def symbol(self):
        return "rate" if self.relaxes else "ω"

    @cached_property
    def measured(self):
        return self.row("rate" if self.relaxes else "frequency")

    @cached_property
    def error(self):
        return self.row("rate_error" if self.relaxes else "frequency_error")

    @cached_property
    def linear(self):
        """The same by linear theory. Of a damped oscillator that does not oscillate, the slower rate."""
        frequency, damping = self.row("frequency_linear"), self.row("damping_linear")
        if not self.relaxes:
            return frequency
        half = damping / 2
        slow = half - np.sqrt(np.maximum(half**2 - frequency**2, 0))
        return np.where(frequency > 0, slow, damping)

    @cached_property
    def law(self):
        """The best law, in the range that it was fitted to."""
        return self.row("frequency_law")

    @cached_property
    def limit(self):
        """Upper limits of modes that are not resolved; not of waves that by linear theory only relax: there they are of the rate."""
        overdamped = self.row("damping_linear") >= 2 * self.row("frequency_linear")
        return np.where(overdamped & ~np.array(self.relaxes), np.nan, self.row("pole_limit"))

    @cached_property
    def deviation(self):
        """Measured over linear theory, minus 1, and its error, of modes that have both; NaN else."""
        with np.errstate(divide="ignore", invalid="ignore"):
            there = (self.k > 0) & (np.abs(self.linear) > 1e-9 * np.nanmax(np.abs(self.linear), initial=0))
            return (np.where(there, self.measured / self.linear - 1, np.nan),
                    np.where(there, self.error / np.abs(self.linear), np.nan))

    @property
    def expected_exponent(self):
        """z of w ~ k^z, of rates 2z: 1 for finite sum r^2 J, (alpha - 1)/2 for J ~ r^-alpha, 1 < alpha < 3. NaN where unknown."""
        alpha, kernel = self.number("alpha"), self.word("kernel")
        z = np.nan
        if kernel in ("nearest", "window", "exponential"):
            z = 1.0
        elif kernel == "power" and alpha > 1:
            z = min(1.0, (alpha - 1) / 2)
        return 2 * z if self.relaxes else z

    @property
    def exponent(self):
        return self.number("exponent"), self.number("exponent_error")

    def facts(self):
        """Chain of 512 rotors, nearest neighbors, T = 0.0005, microcanonical."""
        parts = []
        for name, noun in (("rotors", "rotors"), ("tokens", "tokens")):
            if np.isfinite(self.number(name)):
                lattice = self.word("lattice")
                parts.append((f"{lattice.capitalize()} of " if lattice else "") + f"{self.number(name):g} {noun}")
        if self.word("kernel"):
            parts.append(kernel_name(self))
        parts += [f"{SYMBOLS[name]} = {self.number(name):.4g}"
                  for name in ("dimension", "temperature", "field", "friction", "twist") if self.number(name) > 0]
        if self.word("boundary") == "open":
            parts.append("open ends")
        if self.word("dynamics"):
            parts.append(self.word("dynamics"))
        return (", ".join(parts) + ".").replace("langevin", "Langevin motion").replace(
            "lagrangian", "inertial motion") if parts else ""


def kernel_name(point):
    """nearest neighbors; power law, α = 1.5"""
    words = KERNELS.get(point.word("kernel"), point.word("kernel"))
    for name in ("alpha", "range"):
        if np.isfinite(point.number(name)):
            words += f", {SYMBOLS[name]} = {point.number(name):g}"
    return words


def points(study):
    """All points of an analysis; none where it is not of that form."""
    if not study.has("wavenumber", on=MODE) or 0 in study.shape("wavenumber"):
        return []
    names = [name for name in study.coordinates("wavenumber") if study.has(name, on=POINT)]
    varied = [name for name in names if len(set(map(str, study[name]))) > 1]
    varied = [name for name in varied if FOLLOWS.get(name) not in varied]
    return [Point(study, index, _label(study, varied, index)) for index in range(study.shape("wavenumber")[0])]


def _label(study, varied, index):
    parts = []
    for name in varied:
        value = study[name][index]
        if isinstance(value, (str, bytes)):
            parts.append(KERNELS.get(str(value), str(value)))
        elif np.isfinite(value):
            parts.append(f"{SYMBOLS.get(name, name.replace('_', ' '))} = {value:.4g}")
    return ", ".join(parts)


def some(found, most=MOST_POINTS):
    """At most so many of the points, evenly chosen, the ends among them."""
    return [found[round(i)] for i in np.linspace(0, len(found) - 1, min(most, len(found)))] if found else []


def colors(found):
    """Ordered colors where one number tells the points apart, else those of kinds."""
    ordered = all(point.label.count("=") == 1 and "," not in point.label for point in found)
    return style.ramp(len(found)) if ordered and len(found) > 1 else style.SERIES[:len(found)]


def title(words, point):
    return f"{words}: {point.label}" if point.label else words


def left_out(found, shown):
    return f"{len(shown)} of {len(found)} points are drawn. " if len(shown) < len(found) else ""


def gap(point):
    """ω(0) = 0.1 ± 0.01, or < 0.01 where it is compatible with 0."""
    squared, squared_error = point.number("gap_squared"), point.number("gap_squared_error")
    limit = point.number("gap_limit")
    if squared > 2 * squared_error:
        return rounded(point.number("gap"), point.number("gap_error"))
    return "< " + rounded(limit, digits=2) if np.isfinite(limit) else rounded(np.nan)
