"""Figures of softmech-thermo: ensembles of attention rows, against keys, head dimension and temperature."""
import numpy as np
from markupsafe import Markup
from matplotlib.ticker import NullFormatter

import laws
import style
from typeset import rounded

MEMBER = ("member",)
KAPPA = (("kappa_fdt", r"$\kappa_{\mathrm{FDT}}$"), ("kappa_s", r"$\kappa_S$"), ("kappa_f", r"$\kappa_F$"),
         ("kappa_c", r"$\kappa_C$"))


class Points:
    """The members of a study that share an operator, with their settings; the rest is masked out of every choice."""

    def __init__(self, study, operator=None):
        self.study = study
        self.keys = study.per_member("model.keys")
        self.head_dim = study.per_member("model.head_dim")
        self.temperature = study.per_member("model.temperature")
        self.ratio = study.per_member("model.temperature_ratio")
        self.operators = _operators(study)
        names = list(dict.fromkeys(self.operators))
        self.operator = operator or ("softmax" if "softmax" in names or not names else names[0])
        self.swept_ratio = study.setting("model.temperature_ratio", "none") != "none"
        own = self.operators == self.operator
        # Members at the head dimension that most points have.
        values, counts = np.unique(self.head_dim[own & np.isfinite(self.head_dim)], return_counts=True)
        self.chosen = own & (self.head_dim == values[np.argmax(counts)]) if len(values) else own

    @property
    def abscissa(self):
        """T/T_c where that was set, else T: curves share their points in it."""
        return self.ratio if self.swept_ratio else self.temperature

    @property
    def abscissa_label(self):
        return "$T/T_c$" if self.swept_ratio else "$T$"

    @property
    def facts(self):
        """What a caption says of the sample."""
        replicas = self.study.setting("ensemble.replicas")
        dims = np.unique(self.head_dim[self.chosen])
        parts = [f"{replicas} rows per point" if replicas is not None else "", f"d = {dims[0]:g}" if len(dims) == 1 else "",
                 f"operator {_named(self.study, self.operator)}" if self.operator != "softmax" else ""]
        return "; ".join(part for part in parts if part)

    @property
    def is_random(self):
        """Whether the laws of the random energy model say anything about these rows."""
        return self.study.setting("model.key_law", "gaussian") in ("gaussian", "file")

    def curves(self, x, name, least=5):
        """For each number of keys with at least `least` different x: keys, x, mean and standard error, ordered by x."""
        found = []
        y = self.study[name]
        for n in np.unique(self.keys):
            chosen = self.chosen & (self.keys == n) & np.isfinite(x) & np.isfinite(y)
            if len(np.unique(x[chosen])) >= least:
                order = np.flatnonzero(chosen)[np.argsort(x[chosen], kind="stable")]
                found.append((int(n), x[order], y[order], _error(self.study, name)[order]))
        return found


def _error(study, name):
    return study[name + "_error"] if study.has(name + "_error") else np.full(study.members, np.nan)


def _operators(study):
    if study.has("operator", on=MEMBER):
        return study["operator"].astype(str)
    return np.full(study.members, study.setting("model.operator", "softmax"))


def _named(study, operator):
    """The operator with the value of its parameter, where it has one."""
    key, symbol = {"entmax": ("alpha", "α"), "kappa": ("kappa", "κ")}.get(operator, ("", ""))
    value = study.setting(f"model.{key}")
    return f"{operator} ({symbol} = {value:g})" if isinstance(value, (int, float)) else operator


def _chosen(curves):
    """At most five curves, evenly spread over the sizes, with colors from small to large."""
    sizes = style.spread_over([curve[0] for curve in curves])
    kept = [curve for curve in curves if curve[0] in sizes]
    return list(zip(kept, style.ramp(len(kept)), style.MARKERS))


def _size(n):
    """n = 10⁵ rather than n = 100000."""
    power = round(np.log10(n))
    return f"n = {style.power_of_ten(power)}" if n >= 1000 and 10**power == n else f"n = {n}"


def _log_keys(axes, keys):
    axes.set_xscale("log")
    axes.set_xlabel("keys $n$")
    if max(keys) / min(keys) < 30:
        axes.set_xticks(sorted(set(keys)), [str(int(n)) for n in sorted(set(keys))])
        axes.xaxis.set_minor_formatter(NullFormatter())


def _span(curves, index=1):
    low, high = min(curve[index].min() for curve in curves), max(curve[index].max() for curve in curves)
    return low, high


def specific_heat(study):
    """C against temperature for several n, with the bound."""
    if not study.has("specific_heat", "keys", on=MEMBER):
        return
    points = Points(study)
    curves = points.curves(points.abscissa, "specific_heat")
    if not curves:
        return
    figure, axes = style.new_axes()
    low, high = _span(curves)
    for (n, x, y, error), color, marker in _chosen(curves):
        bound = laws.specific_heat_bound(n)[0]
        axes.plot([low, high], [bound, bound], "--", color=color, linewidth=1.2)
        axes.fill_between(x, y - np.nan_to_num(error), y + np.nan_to_num(error), color=color, alpha=0.25, linewidth=0)
        style.points(axes, x, y, error, color=color, marker=marker, label=_size(n))
        axes.plot(x, y, color=color, linewidth=0.7, alpha=0.6)
    if high / low > 8:
        axes.set_xscale("log")
    axes.set(xlabel=points.abscissa_label, ylabel="specific heat $C$", ylim=(0, None))
    style.legend_above(axes, 3)
    yield style.plot(figure, "Specific heat against temperature",
                     f"Specific heat against temperature for {len(curves)} context lengths, each below its dashed bound.", """
        C = Var<sub>p</sub>(E)/T², mean over rows, for several context lengths n. Dashed, in the same color: C*<sub>n</sub>,
        which no row of n keys can pass, whatever its energies. Look for how far the peak stays below its dashed line. Bars
        and bands: standard error; {}.""", points.facts)


def growth(study):
    """The largest C over temperatures against n, with the bound, the frozen-phase law and the measured growth."""
    if not study.has("specific_heat", "keys", on=MEMBER):
        return
    points = Points(study)
    # A peak is one only between lower values.
    curves = [curve for curve in points.curves(points.abscissa, "specific_heat") if 0 < np.argmax(curve[2]) < len(curve[2]) - 1]
    if len(curves) < 3 or not points.is_random:
        return
    top = np.array([(n, *max(zip(y, np.nan_to_num(error)))) for n, x, y, error in curves])
    keys, peak, error = top.T
    figure, axes = style.new_axes()
    fine = np.geomspace(keys.min(), keys.max(), 200)
    style.theory(axes, fine, laws.specific_heat_bound(fine), color=style.SERIES[1], label=r"bound $C^\star_n$")
    asymptote = np.log(np.maximum(fine - 1, 1)) ** 2 / 4 + 1
    style.theory(axes, fine, asymptote, color=style.SERIES[1], style=":", label=r"$\frac{1}{4}\ln^2(n-1)+1$")
    style.theory(axes, fine, 2 * np.log(fine), color=style.SERIES[2], style="--", label=r"$2\,\ln n$ (REM at $T_c$)")
    style.points(axes, keys, peak, error, label=r"$\max_T\,C$")
    grown = ""
    fitted = (keys >= 8) & (peak > 0)
    if fitted.sum() >= 4:
        # Unweighted: the errors of the points are smaller than the law's own corrections.
        (exponent, offset), covariance = np.polyfit(np.log(np.log(keys[fitted])), np.log(peak[fitted]), 1, cov=True)
        line = np.exp(offset) * np.log(fine[fine >= 8]) ** exponent
        label = rf"fit $\propto(\ln n)^{{{exponent:.2f}}}$"
        style.theory(axes, fine[fine >= 8], line, color=style.SERIES[0], label=label)
        grown = Markup("Fit for n ≥ 8: C ∝ (ln n)<sup>δ</sup>, δ = {} (its error from the scatter about the fit).").format(
            rounded(exponent, np.sqrt(covariance[0, 0])))
    _log_keys(axes, keys)
    axes.set_ylabel(r"specific heat")
    axes.set_ylim(0, 1.9 * max(peak.max(), 2 * np.log(keys.max()) / 2))
    axes.legend(loc="upper left")
    yield style.plot(figure, "Growth with context length",
                     "Peak of the specific heat against ln n, below the bound that grows as the squared logarithm.", """
        The largest mean specific heat over all temperatures against the number of keys. Orange: the exact bound
        C*<sub>n</sub>; dotted: its asymptote; green, dashed: the value of the random energy model just above T<sub>c</sub>, reached
        only as ln n → ∞ (at smaller n it lies above the bound). A power of n would leave the frame upwards; no row can pass
        the bound, so C grows at most as ¼ ln²n. {} Bars: standard error; {}.""", grown, points.facts)


def participation(study):
    """E sum p^2 against T/T_c with the law of the frozen phase."""
    if not study.has("inverse_participation", "keys", on=MEMBER):
        return
    points = Points(study)
    curves = points.curves(points.ratio, "inverse_participation")
    if not curves or not points.is_random:
        return
    figure, axes = style.new_axes()
    low, high = _span(curves)
    fine = np.linspace(0, high, 200)
    style.theory(axes, fine, laws.random_energy_participation(fine), label=r"$1-T/T_c$")
    for (n, x, y, error), color, marker in _chosen(curves):
        style.points(axes, x, y, error, color=color, marker=marker, label=_size(n))
        axes.plot(x, y, color=color, linewidth=0.7, alpha=0.6)
    axes.set(xlabel="$T/T_c$", ylabel=r"$\langle\,\Sigma_i\,p_i^2\,\rangle$", ylim=(0, 1.02), xlim=(0, high * 1.03))
    axes.legend()
    yield style.plot(figure, "Condensation",
                     f"E sum p² against T/T_c for {len(curves)} context lengths, with the line 1 − T/T_c.", """
        ⟨Σp²⟩, the chance that two draws from a row hit the same key, against temperature in units of
        T<sub>c</sub> = σ/√(2 ln n). Line: the random energy model for n → ∞, frozen below T<sub>c</sub> and spread above. The
        extensive size is ln n, so even at n = 10<sup>6</sup> the kink is round; look for points that close in on the line as
        n grows. Bars: standard error; {}.""", points.facts)


def entropy(study):
    """S/ln n against T/T_c with the law of the random energy model."""
    if not study.has("entropy", "keys", on=MEMBER):
        return
    points = Points(study)
    curves = [curve for curve in points.curves(points.ratio, "entropy") if curve[0] > 1]
    if not curves or not points.is_random:
        return
    figure, axes = style.new_axes()
    _, high = _span(curves)
    fine = np.linspace(0.01, high, 300)
    style.theory(axes, fine, laws.random_energy_entropy(fine), label=r"$1-(T_c/T)^2$")
    for (n, x, y, error), color, marker in _chosen(curves):
        style.points(axes, x, y / np.log(n), error / np.log(n), color=color, marker=marker, label=_size(n))
        axes.plot(x, y / np.log(n), color=color, linewidth=0.7, alpha=0.6)
    axes.set(xlabel="$T/T_c$", ylabel=r"entropy $S/\ln n$", ylim=(0, 1.02), xlim=(0, high * 1.03))
    axes.legend()
    yield style.plot(figure, "Entropy freezes",
                     f"Entropy over ln n against T/T_c for {len(curves)} context lengths, with the law 1 − (T_c/T)².", """
        Entropy per ln n, the share of the context that is in use. Line: the random energy model for n → ∞,
        S = ln n − σ²/2T² above T<sub>c</sub> and none below. Bars: standard error; {}.""", points.facts)


def free_energy(study):
    """Quenched and annealed free energy in units of T_c ln n."""
    if not study.has("free_energy", "free_energy_annealed", "keys", on=MEMBER):
        return
    points = Points(study)
    curves = [curve for curve in points.curves(points.ratio, "free_energy") if curve[0] > 1]
    if not curves or not points.is_random:
        return
    figure, axes = style.new_axes()
    low, high = _span(curves)
    fine = np.linspace(low, high, 300)
    style.theory(axes, fine, laws.random_energy_free_energy(fine), label=r"REM, $n\to\infty$")
    style.theory(axes, fine, -(fine + 1 / fine), style=":", label="annealed")
    critical = points.temperature / points.ratio
    for (n, x, y, error), color, marker in _chosen(curves):
        unit = np.nanmedian(critical[points.chosen & (points.keys == n)]) * np.log(n)
        style.points(axes, x, y / unit, error / unit, color=color, marker=marker, label=_size(n))
    axes.set(xlabel="$T/T_c$", ylabel=r"free energy $F/(T_c\,\ln n)$", ylim=(-(max(high, 1) + 1 / max(high, 1)) - 0.3, None))
    axes.legend()
    yield style.plot(figure, "Quenched against annealed",
                     f"Free energy in units of T_c ln n against T/T_c for {len(curves)} context lengths.", """
        Mean free energy −T ln Z of a row. Solid: the random energy model, constant once frozen; dotted: the annealed average
        −T ln⟨Z⟩, which parts from it at T<sub>c</sub>: below, typical contexts are not average contexts. Bars: standard
        error; {}.""", points.facts)


def intensive(study):
    """The candidates for the source's constant kappa against context size, for each operator."""
    if not study.has("keys", on=MEMBER):
        return
    for operator in dict.fromkeys(_operators(study)):
        points = Points(study, operator)
        chosen, at = _one_temperature(points)
        present = [(name, label) for name, label in KAPPA
                   if study.has(name, on=MEMBER) and np.any(np.isfinite(study[name][chosen]))]
        if present and len(np.unique(points.keys[chosen])) >= 3:
            yield _intensive(study, points, present, chosen, at)


def _intensive(study, points, present, chosen, at):
    order = np.flatnonzero(chosen)[np.argsort(points.keys[chosen], kind="stable")]
    keys = points.keys[order]
    figure, axes = style.new_axes()
    for (name, label), color, marker in zip(present, style.SERIES, style.MARKERS):
        y = study[name][order]
        if study.has(name + "_std"):
            deviation = np.nan_to_num(study[name + "_std"][order])
            axes.fill_between(keys, y - deviation, y + deviation, color=color, alpha=0.15, linewidth=0)
        style.points(axes, keys, y, _error(study, name)[order], color=color, marker=marker, label=label)
        axes.plot(keys, y, color=color, linewidth=0.8, alpha=0.7)
    _log_keys(axes, keys)
    axes.set(xlabel="context size $V$", ylabel=r"candidate $\kappa$")
    style.legend_above(axes, len(present))
    operator = _named(study, points.operator)
    return style.plot(figure, f"Which κ is intensive? ({operator})",
                      f"Candidates for kappa against context size for {operator} attention, with error bars.", """
        Candidates for the source's constant κ against context size V: κ<sub>FDT</sub> = Var E/(T² dU/dT),
        κ<sub>S</sub> = S/ln V, κ<sub>F</sub> = −F/(T ln V), κ<sub>C</sub> = C/ln V. An intensive one is flat, and its spread
        between contexts (band) shrinks; one that keeps drifting is not a constant. Operator {}; {}. Bars: standard error;
        bands: standard deviation between contexts.""", operator, at)


def _one_temperature(points):
    """The members at the temperature (or T/T_c) that most sizes share; of equals the one nearest T = √d (or T_c)."""
    x = points.abscissa
    usual = points.chosen & np.isfinite(x)
    if not np.any(usual):
        return usual, ""
    target = 1.0 if points.swept_ratio else np.sqrt(np.nanmedian(points.head_dim[usual]))
    values = np.unique(x[usual])
    sizes = [len(np.unique(points.keys[usual & (x == value)])) for value in values]
    best = max(zip(sizes, -np.abs(np.log(values / target)), values))[2]
    label = Markup("T/T<sub>c</sub> = {}") if points.swept_ratio else Markup("T = {}")
    return usual & (x == best), label.format(f"{best:.3g}")


def logit_spread(study):
    """Standard deviation of the logits against head dimension."""
    if not study.has("specific_heat_pooled", "head_dim", "temperature", on=MEMBER):
        return
    points = Points(study)
    dims = np.unique(points.head_dim)
    if len(dims) < 3 or study.setting("model.key_law", "gaussian") != "gaussian":
        return
    n = max(np.unique(points.keys), key=lambda size: len(np.unique(points.head_dim[points.keys == size])))
    scaled = np.isclose(points.temperature, np.sqrt(points.head_dim), rtol=1e-9)
    figure, axes = style.new_axes()
    drawn = []
    fixed = {value: (points.temperature == value) & ~scaled for value in np.unique(points.temperature[~scaled])}
    groups = [("T = √d", scaled)] + [(f"T = {value:g}", chosen) for value, chosen in fixed.items()]
    for label, chosen in groups:
        order = np.flatnonzero(chosen & (points.keys == n))
        order = order[np.argsort(points.head_dim[order], kind="stable")]
        if len(np.unique(points.head_dim[order])) < 3 or len(drawn) >= 4:
            continue
        d, variance = points.head_dim[order], study["specific_heat_pooled"][order]
        spread = np.sqrt(variance)
        color, marker = style.SERIES[len(drawn)], style.MARKERS[len(drawn)]
        fine = np.geomspace(d.min(), d.max(), 100)
        temperature = np.sqrt(fine) if chosen is scaled else points.temperature[order[0]]
        style.theory(axes, fine, np.sqrt(fine) / temperature, color=color)
        error = _error(study, "specific_heat_pooled")[order] / (2 * spread)
        style.points(axes, d, spread, error, color=color, marker=marker, label=label)
        drawn.append(label)
    if not drawn:
        return
    axes.set_xscale("log", base=2)
    axes.set_xticks(dims, [f"{d:g}" for d in dims])
    axes.set(xlabel="head dimension $d$", ylabel=r"spread of logits $\sqrt{\mathrm{Var}(q\cdot k/T)}$",
             ylim=(0, 1.25 * axes.get_ylim()[1]))
    axes.legend()
    yield style.plot(figure, "Why T = √d", "Spread of the logits against head dimension, with the law √d/T.", """
        Standard deviation of all logits q·k/T (square root of the pooled specific heat) against head dimension, for random
        q and k. Lines: √d/T. Logits are intensive in d where the points lie flat: at T = √d. Bars: standard error;
        n = {}.""", f"{n:g}")


def dipole(study):
    """Polarization of isotropic keys against the strength of the query."""
    if study.setting("model.key_law") != "sphere" or not study.has("internal_energy", "keys", "head_dim", on=MEMBER):
        return
    points = Points(study)
    own = (points.operators == points.operator) & (points.keys == np.max(points.keys))
    dims = style.spread_over(np.unique(points.head_dim[own]))
    figure, axes = style.new_axes()
    field = points.head_dim / points.temperature
    fine = np.geomspace(field[own].min() / 1.5, field[own].max() * 1.5, 200)
    for d, color, marker in zip(dims, style.ramp(len(dims)), style.MARKERS):
        chosen = own & (points.head_dim == d)
        style.theory(axes, fine, laws.polarization(d, fine), color=color)
        style.points(axes, field[chosen], -study["internal_energy"][chosen] / d, _error(study, "internal_energy")[chosen] / d,
                     color=color, marker=marker, label=f"d = {d:g}")
    axes.set(xscale="log", xlabel=r"field $|q||k|/T=d/T$", ylabel=r"polarization $\langle k\rangle\cdot\hat{q}\,/\,|k|$", ylim=(0, 1))
    axes.legend(loc="upper left")
    yield style.plot(figure, "Query and keys: field and dipole",
                     f"Polarization of the keys against the strength of the query for {len(dims)} head dimensions.", """
        Keys uniform on a sphere turn to their query as dipoles turn to a field. Lines: I<sub>d/2</sub>/I<sub>d/2−1</sub>, for
        d = 3 Langevin's law; nothing is fitted. Trained keys are not isotropic: their deviation from these curves is a
        measurement of its own. Bars: standard error; n = {}.""", f"{np.max(points.keys):g}")


FIGURES = (specific_heat, growth, participation, entropy, free_energy, intensive, logit_spread, dipole)
