"""Curves of all sizes: as measured, and in scaled variables on one."""
import numpy as np
from markupsafe import Markup

import style
from figures.scaling_study import mark, number, rounded, scaling

FAR = 2  # S above which the sizes do not agree


def _points(axes, found, x, y, error, lines):
    for size, color, marker in style.by_size(found.sizes):
        own = np.flatnonzero((found.size == size) & np.isfinite(x) & np.isfinite(y))
        own = own[np.argsort(x[own], kind="stable")]
        style.points(axes, x[own], y[own], None if error is None else error[own], color=color, marker=marker, label=number(size),
                     markersize=4.2)
        if lines:
            axes.plot(x[own], y[own], color=color, linewidth=0.7, alpha=0.6)


def _legend(axes, found):
    count = len(axes.get_legend_handles_labels()[1])
    style.legend_above(axes, count if count <= 5 else -(-count // (2 if count <= 10 else 3)), title=style.plain(found.size_name))


def _span(values, errors=0):
    """Limits of an axis that holds the points, whatever else is drawn."""
    low, high = np.nanmin(values - errors), np.nanmax(values + errors)
    return low - 0.04 * (high - low), high + 0.04 * (high - low)


def curves(study):
    """y against x for every size, with x_c."""
    found = scaling(study)
    if found is None or not found.has_x:
        return
    x_c, x_c_error = found.number("x_c"), found.number("x_c_error")
    for k in found.shown:
        y, error = found.y[k], found.error[k]
        if not np.isfinite(y).any():
            continue
        figure, axes = style.new_axes()
        _points(axes, found, found.x, y, error, lines=True)
        if np.isfinite(x_c):
            mark(axes, x_c, x_c_error)
        axes.set(xlabel=style.plain(found.x_name), ylabel=found.label(k), xlim=_span(found.x))
        if np.nanmin(y) > 0 and np.nanmax(y) > 50 * np.nanmin(y):
            axes.set_yscale("log")
        _legend(axes, found)
        a, _ = found.exponent(k)
        if not np.isfinite(a):
            expected = "No collapse was asked for."
        elif a == 0:
            expected = Markup("With the exponent a = 0 curves of all sizes meet at x<sub>c</sub>, as a ratio of moments does at a "
                              "transition. Surprising: pairs of sizes whose crossings keep moving one way.")
        else:
            expected = Markup("At x<sub>c</sub> they differ by L<sup>a</sup>, a = {}.").format(rounded(*found.exponent(k)))
        place = Markup("Dashed: x<sub>c</sub> = {}, with a band for its error{}. ").format(
            rounded(x_c, x_c_error), ", here thinner than the line" if 0 < x_c_error < np.ptp(found.x) / 400 else "")
        outside = np.isfinite(x_c) and not np.min(found.x) <= x_c <= np.max(found.x)
        yield style.plot(figure, found.title("Curves of all sizes", k),
                         f"{found.observables[k]} against {found.x_name} for {len(found.sizes)} sizes.", """
            {} against {} for {}. {}{}{} Bars: standard error.{}""", found.observables[k], found.x_name, found.range,
                         place if np.isfinite(x_c) else "",
                         Markup("<strong>That is outside of the data.</strong> ") if outside else "", expected, found.left_out(k))


def collapse(study):
    """Scaled y against scaled x, the scaling function, and residuals underneath."""
    found, along = scaling(study), ("observable", "point")
    if found is None or not study.has("scaled_x", on=("point",)) or not study.has("scaled_y", "scaled_y_error", on=along):
        return
    x, all_y, all_errors = study["scaled_x"], study["scaled_y"], study["scaled_y_error"]
    has_residual = study.has("residual", on=along)
    for k in found.shown:
        y, residual = all_y[k], study["residual"][k] if has_residual else np.full(len(x), np.nan)
        if not np.any(np.isfinite(x) & np.isfinite(y)):
            continue
        below = np.isfinite(residual).any()
        figure, grid = style.new_grid(2, 1, (4.4, 4.2), sharex=True, gridspec_kw={"height_ratios": (3, 1.1), "hspace": 0.1}) \
            if below else style.new_grid(1, 1)
        axes = grid[0, 0]
        _points(axes, found, x, y, all_errors[k], lines=False)
        curve = _function(study, axes, k)
        a, _ = found.exponent(k)
        over, power = _units(found)
        axes.set_ylabel(found.label(k, 26) + ("" if a == 0 else rf"$\;{over}^{{-a}}$"))
        grid[-1, 0].set_xlabel(rf"$(x-x_c)\,{power}$")
        grid[-1, 0].set_xlim(_span(x))
        grid[-1, 0].xaxis.set_major_locator(style.ticker.MaxNLocator(6))
        axes.set_ylim(_span(y, np.nan_to_num(all_errors[k])))
        _legend(axes, found)
        if below:
            _residuals(grid[1, 0], found, x, residual)
            figure.align_ylabels()
        yield style.plot(figure, found.title("Collapse", k),
                         f"Scaled {found.observables[k]} of {len(found.sizes)} sizes on one curve"
                         + (", with the distances from it underneath." if below else "."), """
            Ansatz {}: {}, x: {}, {}{}. {}. {} {} {}{}""", found.ansatz.replace("_", " "), found.formula(), found.x_name,
                         "" if found.size_name == "L" else f"L: {found.size_name}, ", _reference(found), found.estimates(k),
                         curve, _quality(found), _verdict(found, residual), found.left_out(k))


def _units(found):
    """Factors of y and x that the ansatz asks for, as mathematics."""
    if found.ansatz == "bkt":
        return r"(L/L_*)", r"\ln^2(L/L_0)\,/\ln^2(L_*/L_0)"
    over = r"(\ln L/\ln L_*)" if found.ansatz == "logarithmic" else r"(L/L_*)"
    return over, over + r"^{1/\nu}"


def _reference(found):
    reference = found.number("reference_size")
    return Markup("L<sub>*</sub> = {}").format(rounded(reference, digits=3)) if np.isfinite(reference) else ""


def _function(study, axes, k):
    """The scaling function and its band; what the caption says of it."""
    along = ("observable", "curve_point")
    if not study.has("function_x", on=("curve_point",)) or not study.has("function", "function_error", on=along):
        return "Points alone: no curve was fitted."
    x, y, error = study["function_x"], study["function"][k], study["function_error"][k]
    style.theory(axes, x, y)
    axes.fill_between(x, y - error, y + error, color=style.INK, alpha=0.15, linewidth=0)
    return "Line and band: the scaling function and its standard deviation, a Gaussian process through all points."


def _residuals(axes, found, x, residual):
    axes.axhline(0, color=style.INK, linewidth=1)
    for level in (-2, 2):
        axes.axhline(level, color=style.INK, linewidth=0.8, linestyle="--")
    for size, color, marker in style.by_size(found.sizes):
        own = found.size == size
        axes.plot(x[own], residual[own], marker, color=color, markersize=3.2, markeredgecolor=style.PAPER, markeredgewidth=0.4)
    reach = max(3, 1.1 * np.nanmax(np.abs(residual)))
    axes.set(ylim=(-reach, reach), ylabel="residual/σ")


def _quality(found):
    value, overlap = found.number("quality"), found.number("quality_overlap")
    if not np.isfinite(value):
        return ""
    counted = np.isfinite(found.y).sum() * (overlap if np.isfinite(overlap) else 1)
    if value > FAR:
        words = "far above 1: the sizes do not agree within their errors, and the errors of the exponents say too little"
    elif value > 1 + 4 * np.sqrt(2 / max(1, counted)):
        words = "above 1 by more than its scatter: small corrections to scaling, or errors that are somewhat too small"
    elif value < 0.4:
        words = "far below 1: the errors of the points look too large"
    else:
        words = "about 1, as it should be"
    share = f" from {100 * overlap:.0f} % of the points" if np.isfinite(overlap) else ""
    return Markup("Houdayer and Hartmann’s S = {}{}, {}.").format(rounded(value, digits=3), share, words)


def _verdict(found, residual):
    """What residuals in standard errors say."""
    there = residual[np.isfinite(residual)]
    if len(there) == 0:
        return ""
    beyond, expected = int(np.sum(np.abs(there) > 2)), 0.0455 * len(there)
    words = "more than chance allows" if beyond > expected + 2 * np.sqrt(expected) else "no more than chance gives"
    if found.number("quality") > FAR:
        words += ", but with such an S the curve may follow one size after the other"
    return (f"Below: distances from the curve in standard errors, {beyond} of {len(there)} beyond the dashed ±2 "
            f"({expected:.0f} by chance): {words}. Surprising: residuals that have a sign for each size; "
            "the ansatz then lacks corrections to scaling, or sizes are too small.")
