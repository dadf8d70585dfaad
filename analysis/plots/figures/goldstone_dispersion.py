"""Dispersion of soft modes on logarithmic axes, beside linear theory, and its exponents."""
import numpy as np
from markupsafe import Markup

import style
from figures import goldstone_study as gs
from typeset import rounded

LEAST_SPAN = 6.0  # ratio of the frequencies on the axis: a flat branch should look flat


def dispersion(study):
    """Frequencies or rates against the wavenumber, and below what linear theory leaves unexplained."""
    found = [point for point in gs.points(study) if np.sum(np.isfinite(point.measured) & (point.k > 0)) >= 3]
    for relaxes in (False, True):
        branch = [point for point in found if point.relaxes == relaxes]
        shown = gs.some(branch)
        if not shown:
            continue
        figure, grid = style.new_grid(2, 1, (4.4, 4.6), sharex=True, gridspec_kw={"hspace": 0.1, "height_ratios": (2.4, 1)})
        above, below = grid[:, 0]
        several = len(shown) > 1
        for point, color, marker in zip(shown, gs.colors(shown), style.MARKERS):
            _branch(above, point, color, marker, several)
            _deviation(below, point, color, marker)
        outside = _frame(above, below, shown)
        what = "Rates" if relaxes else "Frequencies"
        yield style.plot(figure, "Relaxation of soft modes" if relaxes else "Dispersion",
                         f"{what} of modes against wavenumber on logarithmic axes, with linear theory.", """
            {} of the modes against k, both axes logarithmic. {} {}{} Below: measured over linear theory, minus 1; {}{}. {}Bars:
            68 % intervals. {}{}""",
                         what, "Lines: linear theory, nothing is fitted." if several or not _has_law(shown[0])
                         else Markup("Line: linear theory, nothing is fitted; dashed orange: the law that was fitted, {}, in the "
                                     "shaded range.").format(shown[0].word("best_law")),
                         _exponents(shown), _limits(shown), _worst(shown),
                         f", {outside} beyond the frame" if outside else "", _surprise(shown), gs.left_out(branch, shown),
                         shown[0].facts() if not several else "")


def _branch(axes, point, color, marker, several):
    there = (point.k > 0) & np.isfinite(point.measured)
    theory = (point.k > 0) & np.isfinite(point.linear) & (np.abs(point.linear) > 0)
    axes.plot(point.k[theory], np.abs(point.linear[theory]), color=color if several else style.INK, linewidth=1.2, zorder=2,
              label=None if several else "linear theory")
    law = (point.k > 0) & np.isfinite(point.law)
    if not several and _has_law(point):
        axes.axvspan(point.k[law].min(), point.k[law].max(), color=style.SERIES[1], alpha=0.08, linewidth=0, zorder=0.5)
        axes.plot(point.k[law], np.abs(point.law[law]), "--", color=style.SERIES[1], linewidth=1.6, zorder=2.5,
                  label=style.plain(point.word("best_law")))
    style.points(axes, point.k[there], np.abs(point.measured[there]), point.error[there], color=color, marker=marker,
                 label=point.label if several else "measured", markersize=4.2)
    limit = point.limit
    unresolved = (point.k > 0) & np.isfinite(limit)
    axes.plot(point.k[unresolved], limit[unresolved], "v", color=color, markerfacecolor="none", markersize=5, zorder=3)


def _has_law(point):
    return np.sum((point.k > 0) & np.isfinite(point.law)) > 1


def _deviation(axes, point, color, marker):
    value, error = point.deviation
    there = np.isfinite(value)
    style.points(axes, point.k[there], 100 * value[there], 100 * error[there], color=color, marker=marker, markersize=3.6)


def _frame(above, below, shown):
    above.set(xscale="log", yscale="log", ylabel="rate" if shown[0].relaxes else r"frequency $\omega$")
    low, high = above.get_ylim()
    if high / low < LEAST_SPAN:
        middle = np.sqrt(low * high)
        above.set_ylim(middle / np.sqrt(LEAST_SPAN), middle * np.sqrt(LEAST_SPAN))
    below.axhline(0, color=style.INK, linewidth=1)
    below.set(xlabel="wavenumber $k$", ylabel="deviation / %")
    style.legend_above(above, 1 if max(len(point.label) for point in shown) > 24 else 3)
    below.figure.align_ylabels()
    known = [100 * np.abs(point.deviation[0]) for point in shown]
    reach = np.concatenate([value + 100 * np.nan_to_num(point.deviation[1]) for value, point in zip(known, shown)])
    known = np.concatenate(known)
    reach, known = reach[np.isfinite(reach)], known[np.isfinite(known)]
    if len(known) == 0:
        return 0
    # A few modes that are off by much do not set the scale for all others; the caption counts them.
    top = 1.15 * min(reach.max(), 5 * np.percentile(reach, 90))
    below.set_ylim(-max(top, 0.02), max(top, 0.02))
    return int(np.sum(known > max(top, 0.02)))


def _exponents(shown):
    """What the exponents are, and should be."""
    parts = []
    for point in shown:
        z, error = point.exponent
        if not np.isfinite(z):
            continue
        expected = point.expected_exponent if not point.number("field") > 0 else np.nan
        parts.append(Markup("{}{}{}").format(f"{point.label}: " if point.label else "", rounded(z, error),
                                             f" (expected {expected:.4g})" if np.isfinite(expected) else ""))
    words = Markup("Exponent z of {} ~ k<sup>z</sup>{}: {}. ").format(
        shown[0].symbol, ", gap taken off" if any(point.number("field") > 0 for point in shown) else "",
        Markup("; ").join(parts)) if parts else Markup("")
    unfit = [point for point in shown if point.number("law_probability") < 1e-3]
    if unfit:
        which = f" ({'; '.join(point.label for point in unfit)})" if len(shown) > 1 else ""
        words += Markup("<strong>No law fits within errors</strong>{}: exponents are then those of a range of k, not of k → 0. "
                        ).format(which)
    flat = [point for point in shown if point.word("best_law") == "flat"]
    if flat:
        which = f" ({'; '.join(point.label for point in flat)})" if len(shown) > 1 else ""
        words += f"One frequency for all k{which}: no branch leads to the zero mode. "
    return words


def _limits(shown):
    count = sum(int(np.sum(np.isfinite(point.limit) & (point.k > 0))) for point in shown)
    return "Open triangles: upper limits of modes that the record is too short to resolve. " if count else ""


def _worst(shown):
    values = np.concatenate([np.abs(point.deviation[0]) for point in shown])
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return "none where linear theory has nothing to say"
    return Markup("{} % in the median, {} % at most").format(rounded(100 * np.median(values), digits=2),
                                                           rounded(100 * values.max(), digits=2))


def _surprise(shown):
    """Where deviations are expected."""
    words = "Waves soften with T, by a share of about T over the stiffness"
    if any(point.word("stepper") in ("geodesic_leapfrog", "baoab") for point in shown) and not shown[0].relaxes:
        words += Markup("; a finite step raises ω by the share (ω step)²/24")
    if len({point.number("twist") for point in shown}) > 1:
        words += ". In the frame that turns with RoPE the twist Ω should leave no trace: all points on one curve"
    return Markup("{}; surprising: deviations that grow towards small k. ").format(words)


def exponents(study):
    """The exponent against alpha, the range of the coupling."""
    found = [point for point in gs.points(study) if np.isfinite(point.exponent[0]) and point.word("kernel") == "power"
             and not point.number("field") > 0]
    alpha = np.array([point.number("alpha") for point in found])
    if len(np.unique(alpha)) < 3:
        return
    relaxes = found[0].relaxes
    factor = 2 if relaxes else 1
    z, error = (np.array([point.exponent[i] for point in found]) for i in (0, 1))
    figure, axes = style.new_axes()
    fine = np.linspace(1, max(4, alpha.max() + 0.3), 200)
    style.theory(axes, fine, factor * np.minimum(1, (fine - 1) / 2), label="theory")
    style.points(axes, alpha, z, error, label="measured")
    axes.axvline(3, color=style.INK, linewidth=1, linestyle=":", zorder=1.5)
    axes.set(xlabel=r"$\alpha$ of the coupling $r^{-\alpha}$", ylabel=f"exponent $z$ of the {'rate' if relaxes else 'frequency'}",
             ylim=(0, 1.15 * factor))
    style.legend_above(axes, 2)
    yield style.plot(figure, "From long range to short range", "Exponent of the dispersion against that of the coupling.", """
        Exponent z of {} ~ k<sup>z</sup> against α. Line: {}(α − 1)/2 for 1 &lt; α &lt; 3 and {} above, nothing is fitted. Near
        α = 3 (dotted) two powers of k compete, and a fit finds less than their smaller one unless k is very small. Bars: standard
        errors.""", found[0].symbol, "2 · " if relaxes else "", factor)
