"""What soft modes gain from explicit breaking, what they lose to friction: gap^2 against the field, damping against k."""
import numpy as np
from markupsafe import Markup

import style
from figures import goldstone_study as gs
from typeset import rounded

MOST_SETS = 3
ALL_DIGITS = 15  # of numbers that theory knows to be 1: they are what is asked for
RESOLVED = 1e-4  # of the frequency: the damping of narrower lines is that of their drift within a record


def _sets(study, found):
    """Points that differ in their field alone, in the order of the file, with the numbers of the straight line if it has them."""
    names = [name for name in study.coordinates("wavenumber") if name != "field" and study.has(name, on=gs.POINT)]
    groups = {}
    for point in found:
        groups.setdefault(tuple(str(study[name][point.index]) for name in names), []).append(point)
    groups = [group for group in groups.values() if len({point.number("field") for point in group}) > 1]
    known = study.has("field_slope", on=("field_set",)) and study.shape("field_slope")[0] == len(groups)
    for place, group in enumerate(groups):
        def line(name, place=place):
            return float(study[name][place]) if known and study.has(name, on=("field_set",)) else np.nan
        yield group, line


def field(study):
    """gap^2 against the field with the straight line that Goldstone's theorem implies."""
    found = [point for point in gs.points(study) if np.isfinite(point.number("gap_squared"))]
    for group, line in list(_sets(study, found))[:MOST_SETS]:
        h, gap2, error = (np.array([point.number(name) for point in group])
                          for name in ("field", "gap_squared", "gap_squared_error"))
        relaxes = group[0].relaxes
        expected = line("field_slope_expected")
        if not np.isfinite(expected):
            expected = np.nan if relaxes or not group[0].number("mass") > 0 else 1 / group[0].number("mass")
        figure, grid = style.new_grid(2, 1, (4.4, 4.4), sharex=True, gridspec_kw={"hspace": 0.1, "height_ratios": (2.4, 1)})
        above, below = grid[:, 0]
        fine = np.linspace(0, 1.06 * h.max(), 50)
        if np.isfinite(expected):
            style.theory(above, fine, expected * fine, label="$h/m$" if not relaxes else r"$h/\Gamma$")
        slope, intercept = line("field_slope"), line("field_intercept")
        if np.isfinite(slope):
            style.theory(above, fine, intercept + slope * fine, color=style.SERIES[1], style="--", label="fitted line")
        style.points(above, h, gap2, error, label="measured")
        reference = expected if np.isfinite(expected) else slope
        there = h > 0
        style.points(below, h[there], 100 * (gap2[there] / (reference * h[there]) - 1), 100 * error[there] / (reference * h[there]))
        below.axhline(0, color=style.INK, linewidth=1)
        if np.isfinite(slope) and np.isfinite(expected):
            near = fine[fine >= 0.5 * h[there].min()]
            below.plot(near, 100 * ((intercept + slope * near) / (expected * near) - 1), "--", color=style.SERIES[1], linewidth=1.2)
        top = 1.3 * np.max(np.abs(below.dataLim.intervaly))
        below.set(xlabel="field $h$", ylabel="deviation / %", ylim=(-top, top))
        above.set(ylabel="gap" if relaxes else r"gap$^2$", ylim=(0, None), xlim=(-0.02 * h.max(), 1.06 * h.max()))
        figure.align_ylabels()
        style.legend_above(above, 3)
        words = "Rate" if relaxes else "Squared frequency"
        yield style.plot(figure, gs.title("What explicit breaking costs", group[0]) if len(found) > len(group) else
                         "What explicit breaking costs", f"{words} at k = 0 against the field, with a straight line.", """
            {} at k → 0 against the field h, which breaks the symmetry. Line: {}, as of Gell-Mann, Oakes and Renner for the
            pion's mass, nothing is fitted. {}{}At T &gt; 0 the order parameter M shrinks and with it gap² ≈ hM/m, most in weak
            fields. Surprising: a gap at h = 0, or a curve that bends. Below: measured over {}, minus 1. Bars:
            standard errors. {}""", words, "h/Γ" if relaxes else Markup("gap² = h/m"), _line_words(line), _zero(group),
                         "the line", _without_field(group[0]))


def _line_words(line):
    if not np.isfinite(line("field_slope")):
        return ""
    words = Markup("Fitted (dashed): slope {}{}, at h = 0 {}").format(
        rounded(line("field_slope"), line("field_slope_error"), most=ALL_DIGITS),
        f" where {line('field_slope_expected'):.4g} is expected" if np.isfinite(line("field_slope_expected")) else "",
        rounded(line("field_intercept"), line("field_intercept_error")))
    if np.isfinite(line("field_exponent")):
        words += Markup("; as a power, h<sup>e</sup>, e = {}").format(
            rounded(line("field_exponent"), line("field_exponent_error"), most=ALL_DIGITS))
    return words + ". "


def _zero(group):
    for point in group:
        if point.number("field") == 0 and np.isfinite(point.number("gap_limit")):
            return Markup("Without field the gap is below {} (95 %). ").format(rounded(point.number("gap_limit"), digits=2))
    return ""


def _without_field(point):
    return point.facts().replace(f"{gs.SYMBOLS['field']} = {point.number('field'):.4g}, ", "")


def damping(study):
    """Widths of the lines against the wavenumber, where they are wider than the record's own."""
    found = [point for point in gs.points(study) if point.kind != "relaxation" and _is_damped(point)]
    shown = gs.some(found, 4)
    if not shown:
        return
    figure, axes = style.new_axes()
    for point, color, marker in zip(shown, gs.colors(shown), style.MARKERS):
        width, error, linear = (point.row(name) for name in ("damping", "damping_error", "damping_linear"))
        there = (point.k > 0) & np.isfinite(width) & np.isfinite(point.measured) & (width > 0)
        style.points(axes, point.k[there], width[there], error[there], color=color, marker=marker, label=point.label or "measured",
                     markersize=4.2)
        theory = (point.k > 0) & (linear > 0)
        axes.plot(point.k[theory], linear[theory], color=color if len(shown) > 1 else style.INK, linewidth=1.2,
                  label="linear theory" if len(shown) == 1 else None)
    axes.set(xscale="log", yscale="log", xlabel="wavenumber $k$", ylabel=r"damping $\Gamma(k)$")
    low, high = axes.get_ylim()
    if high / low < 10:
        middle = np.sqrt(low * high)
        axes.set_ylim(middle / np.sqrt(10), middle * np.sqrt(10))
    style.legend_above(axes, 2)
    powers = [Markup("{}g = {}").format(f"{point.label}: " if point.label else "", rounded(
        point.number("damping_exponent"), point.number("damping_exponent_error")))
        for point in shown if np.isfinite(point.number("damping_exponent"))]
    yield style.plot(figure, "How long the waves live", "Damping of the modes against wavenumber on logarithmic axes.", """
        Full width of the lines at half height, both axes logarithmic. {}{}Surprising: modes that live shorter as k → 0, where
        Goldstone modes should become free. Bars: 68 % intervals. {}""",
                     "Lines: linear theory, where friction over mass damps all modes alike. " if any(
                         np.nanmax(point.row("damping_linear"), initial=0) > 0 for point in shown) else "",
                     Markup("Γ ~ k<sup>g</sup>: {}. ").format(Markup("; ").join(powers)) if powers else "",
                     shown[0].facts() if len(shown) == 1 else "")


def _is_damped(point):
    width, error = point.row("damping"), point.row("damping_error")
    there = (point.k > 0) & (width > 2 * error) & np.isfinite(point.measured)
    return np.sum(there) >= 3 and (np.nanmax(point.row("damping_linear"), initial=0) > 0
                                   or np.median(width[there] / np.abs(point.measured[there])) > RESOLVED)


def asymmetry(study):
    """Whether waves of one direction carry more power than those of the other, where that is beyond doubt."""
    found = [point for point in gs.points(study) if point.number("asymmetry_significance") > 4]
    shown = gs.some(found, 4)
    if not shown:
        return
    figure, axes = style.new_axes()
    for point, color, marker in zip(shown, gs.colors(shown), style.MARKERS):
        value, error = point.row("asymmetry"), point.row("asymmetry_error")
        there = (point.k > 0) & np.isfinite(value)
        style.points(axes, point.k[there], value[there], error[there], color=color, marker=marker, label=point.label or None,
                     markersize=4.2)
    axes.axhline(0, color=style.INK, linewidth=1)
    axes.set(xlabel="wavenumber $k$", ylabel=r"$(P_+-P_-)/(P_++P_-)$", ylim=(-1.05, 1.05))
    if len(shown) > 1:
        style.legend_above(axes, 2)
    yield style.plot(figure, "Forward and backward are not alike", "Asymmetry of the power of waves of both directions.", """
        Power P<sub>+</sub> of waves towards larger places and P<sub>−</sub> of those towards smaller ones. Reciprocal forces
        make them equal: C(k, t) = C(k, −t). Here the largest difference is {} standard errors: forces that are not
        reciprocal, as of causal attention, or a current. Bars: standard errors. {}""",
                     rounded(max(point.number("asymmetry_significance") for point in shown), digits=2),
                     shown[0].facts() if len(shown) == 1 else "")
