"""What the figures of a scaling study share: its data, its numbers with errors, and the names of both."""
import numpy as np
from markupsafe import Markup, escape

import style
import typeset

MOST_OBSERVABLES = 3
SYMBOLS = {"x_c": ("$x_c$", "x<sub>c</sub>"), "nu": (r"$\nu$", "ν"), "inverse_nu": (r"$1/\nu$", "1/ν"),
           "exponent": ("$a$", "a"), "log_l0": (r"$\ln L_0$", "ln L<sub>0</sub>"), "omega": (r"$\omega$", "ω"),
           "correction": ("$c$", "c")}
ANSATZ = {"bkt": "y = L<sup>a</sup> f((x − x<sub>c</sub>) ln²(L/L<sub>0</sub>))",
          "logarithmic": "y = (ln L)<sup>a</sup> f((x − x<sub>c</sub>)(ln L)<sup>1/ν</sup>)"}
POWER = "y = L<sup>a</sup> f((x − x<sub>c</sub>) L<sup>1/ν</sup>)"


def rounded(value, error=np.nan, digits=4):
    """As elsewhere, but with all digits that are known: critical points are."""
    return typeset.rounded(value, error, digits, most=15)


def symbol(name):
    """A parameter's symbol, with the observable it belongs to where it is one of several: for axes, and as HTML."""
    word, _, observable = name.partition("(")
    if word not in SYMBOLS:
        return style.plain(name, 16), Markup(escape(name))
    axes, html = SYMBOLS[word]
    if not observable:
        return axes, Markup(html)
    observable = observable.removesuffix(")")
    return f"{axes} of {style.plain(observable, 12)}", Markup(f"{html} of {{}}").format(observable)


class Scaling:
    """The data of a scaling study, and its numbers as far as the file has them."""

    def __init__(self, study):
        self.study = study
        self.size, self.x, self.y, self.error = (study[name] for name in ("size", "x", "y", "y_error"))
        self.observables = [str(name) for name in study["observable"]]
        self.sizes = np.unique(self.size)
        self.shown = range(min(len(self.observables), MOST_OBSERVABLES))
        self.size_name = str(study.setting("data.size", "size"))
        self.x_name = str(study.setting("data.x", "x"))
        self.ansatz = str(study.setting("scaling.ansatz", "power"))

    @property
    def has_x(self):
        return self.x_name != "none" and np.nanmax(self.x, initial=-np.inf) > np.nanmin(self.x, initial=np.inf)

    def number(self, name, observable=None):
        """A number of the study, or of one observable; NaN where there is none."""
        if observable is None:
            return float(self.study[name]) if self.study.has(name, on=()) else np.nan
        return float(self.study[name][observable]) if self.study.has(name, on=("observable",)) else np.nan

    def exponent(self, observable):
        return self.number("exponent", observable), self.number("exponent_error", observable)

    def formula(self):
        form = ANSATZ.get(self.ansatz, POWER)
        if self.study.setting("scaling.corrections", False):
            form += ", y times 1 + cL<sup>−ω</sup>"
        return Markup(form)

    def estimates(self, observable):
        """x_c = 0.4998 ± 0.0011, ν = 2 (given), …"""
        found = [("x_c", self.number("x_c"), self.number("x_c_error")), ("nu", self.number("nu"), self.number("nu_error")),
                 ("exponent", *self.exponent(observable)), ("omega", self.number("omega"), self.number("omega_error"))]
        return Markup(", ").join(
            Markup("{} = {}{}").format(symbol(name)[1], rounded(value, error), "" if error > 0 else " (given)")
            for name, value, error in found if np.isfinite(value))

    @property
    def range(self):
        """L = 16 … 128"""
        shown = len(style.by_size(self.sizes))
        part = f" ({shown} of {len(self.sizes)} sizes are drawn)" if shown < len(self.sizes) else ""
        return f"{self.size_name} = {number(self.sizes[0])} … {number(self.sizes[-1])}{part}"

    def label(self, observable, most=40):
        """The observable on an axis: binder for binder(m2, m4) if it is the only one."""
        words = [name.partition("(")[0] for name in self.observables]
        return style.plain(words[observable] if words.count(words[observable]) == 1 else self.observables[observable], most)

    def title(self, words, observable):
        return words if len(self.observables) == 1 else f"{words}: {self.observables[observable]}"

    def left_out(self, observable):
        """A sentence after the last observable that is drawn."""
        rest = len(self.observables) - MOST_OBSERVABLES
        if observable != self.shown[-1] or rest <= 0:
            return ""
        return f" {rest} more observable{'s are' if rest > 1 else ' is'} in the file."


def scaling(study):
    """None where the file has no data of that form."""
    along = ("observable", "point")
    if not study.has("size", "x", on=("point",)) or not study.has("y", "y_error", on=along) or 0 in study.shape("y"):
        return None
    return Scaling(study)


def number(value):
    """A size in a legend: 64, 10⁵."""
    power = round(np.log10(value)) if value > 0 else 0
    return style.power_of_ten(power) if power >= 4 and 10.0**power == value else f"{value:g}" if value < 1e6 else f"{value:.3g}"


def mark(axes, value, error, label=None, vertical=True, color=style.INK, line="--"):
    """A value as a line across the axes, with a band for its error."""
    draw_line, draw_band = (axes.axvline, axes.axvspan) if vertical else (axes.axhline, axes.axhspan)
    draw_line(value, linestyle=line, color=color, linewidth=1.1, label=label, zorder=1.5)
    if error > 0:
        draw_band(value - error, value + error, color=color, alpha=0.13, linewidth=0, zorder=1)


def inverse_size(axes, scaling, largest):
    """The axis 1/size, infinite size at the left."""
    factor, unit = style.in_powers(np.array([largest]))
    axes.xaxis.set_major_formatter(style.ticker.FuncFormatter(lambda value, _: f"{value / factor:g}"))
    axes.set(xlabel=f"1/{style.plain(scaling.size_name, 20)}{unit}", xlim=(-0.03 * largest, 1.06 * largest))
