"""Maps of S(k,w): where in wavenumber and frequency the modes have their power."""
import numpy as np
from markupsafe import Markup

import style
from figures import goldstone_study as gs
from typeset import rounded

MOST_MAPS = 3
LEAST_DECADES, MOST_DECADES = 3, 9  # of the colors
MOST_MARKS = 16
THEORY = "#22a7f0"  # these colors are those of the map, light or dark the page


def _borders(centers, logarithmic=False):
    """Borders of cells around their centers."""
    x = np.log(centers) if logarithmic else np.asarray(centers, float)
    inner = (x[1:] + x[:-1]) / 2
    borders = np.concatenate([[x[0] - (inner[0] - x[0])], inner, [x[-1] + (x[-1] - inner[-1])]])
    return np.exp(borders) if logarithmic else borders


def _power(point):
    """Wavenumbers, frequencies and log10 of S(k,w) over its maximum at k; both directions together unless waves travel."""
    study = point.study
    frequency, power = study["spectrum_frequency"][point.index], study["spectrum"][point.index]
    power, frequency = power[:, np.isfinite(frequency)], frequency[np.isfinite(frequency)]
    modes = np.flatnonzero(_drawn(point) & np.isfinite(power).all(axis=1) & (power.sum(axis=1) > 0))
    power = power[modes]
    if not point.travels:
        right = frequency >= -1e-9 * np.ptp(frequency)
        mirrored = np.array([np.interp(-frequency[right], frequency, row) for row in power])
        frequency, power = np.abs(frequency[right]), (power[:, right] + mirrored) / 2
    with np.errstate(divide="ignore"):
        return point.k[modes], frequency, np.log10(power / power.max(axis=1, keepdims=True))


def _drawn(point):
    """Modes that have a place on the map: not those of frequency 0 by symmetry."""
    return (point.k > 0) | (np.abs(point.linear) > 1e-6 * np.nanmax(np.abs(point.linear), initial=0)) & (not point.relaxes)


def spectrum(study):
    """S(k,w) with linear theory and the fitted frequencies on it."""
    if not study.has("spectrum", on=("point", "mode", "bin")) or not study.has("spectrum_frequency", on=("point", "bin")):
        return
    found = gs.points(study)
    shown = gs.some(found, MOST_MAPS)
    for point in shown:
        k, frequency, power = _power(point)
        if len(k) < 3 or len(frequency) < 4:
            continue
        if point.relaxes:
            frequency, power = frequency[frequency > 0], power[:, frequency > 0]
        decades = int(np.clip(np.ceil(-np.percentile(power, 15)), LEAST_DECADES, MOST_DECADES))
        figure, axes = style.new_axes()
        mesh = style.cells(axes, _borders(k, point.relaxes), _borders(frequency, point.relaxes),
                           np.clip(power, -decades, 0), np.linspace(-decades, 0, 1 + 18 // decades * decades), "magma")
        there = np.flatnonzero(_drawn(point) & np.isfinite(point.linear))
        if len(there) > 1:
            axes.plot(point.k[there], point.linear[there], color=THEORY, linewidth=1.3, label="linear theory")
        _marks(axes, point)
        _frame(axes, point, k, frequency)
        scale = axes.inset_axes([1.04, 0, 0.04, 1])
        ticks = range(0, -decades - 1, -1 if decades < 6 else -2)
        bar = figure.colorbar(mesh, cax=scale, ticks=ticks)
        bar.ax.set_yticklabels([style.power_of_ten(n) if n else "1" for n in ticks])
        bar.outline.set_linewidth(0.6)
        style.legend_above(axes, 2)
        yield style.plot(figure, gs.title("Where the modes have their power", point),
                         f"Map of S(k, ω) with linear theory and fitted {'rates' if point.relaxes else 'frequencies'}.", """
            S(k, ω) over its largest value for each k, on a logarithmic scale of colors. {}Blue: linear theory, nothing is fitted;
            circles: the lines' fitted {}{}. {}Surprising: power off the line, which would be a second branch, damping, or
            states that are not near the ground state. {}{}""",
                         "Power below the line and none above: modes relax, and a line's half width is its rate. "
                         if point.relaxes else _branch(point),
                         "rates" if point.relaxes else "frequencies",
                         f", of {MOST_MARKS} modes" if np.sum(np.isfinite(point.measured)) > MOST_MARKS else "",
                         _widths(point, frequency), gs.left_out(found, shown) if point is shown[-1] else "", point.facts())


def _marks(axes, point):
    """Fitted frequencies, evenly chosen along the axis."""
    there = np.flatnonzero(np.isfinite(point.measured) & _drawn(point))
    if len(there) == 0:
        return
    along = np.log(point.k[there]) if point.relaxes else point.k[there]
    wanted = np.linspace(along.min(), along.max(), MOST_MARKS)
    chosen = there[np.unique(np.abs(along[:, None] - wanted).argmin(axis=0))]
    axes.plot(point.k[chosen], point.measured[chosen], "o", color="#ffffff", markeredgecolor="#000000", markersize=4.5,
              markeredgewidth=0.8, label="fitted", zorder=3)


def _frame(axes, point, k, frequency):
    top = 1.3 * np.nanmax(np.abs(np.concatenate([point.linear, point.measured])), initial=0)
    top = min(top, frequency.max()) if top > 0 else frequency.max()
    axes.grid(False)
    axes.set_xlabel("wavenumber $k$")
    axes.set_ylabel(r"frequency $\omega$" if point.travels else r"frequency $|\omega|$")
    borders = _borders(k, point.relaxes)
    axes.set_xlim(borders[0] if point.relaxes else 0, min(borders[-1], np.pi) if k.max() <= np.pi + 1e-9 else borders[-1])
    if point.relaxes:
        axes.set(xscale="log", yscale="log", ylim=(frequency.min(), frequency.max()))
    else:
        axes.set_ylim(-top if point.travels else 0, top)


def _branch(point):
    """What the theory expects of this kernel."""
    z = point.expected_exponent
    if point.word("kernel") == "all":
        return "All-to-all coupling should have no branch: one frequency for all k > 0. "
    if point.number("field") > 0:
        return Markup("With a field the branch should start at ω(0) = (h/m)<sup>½</sup>, not at 0. ")
    if np.isfinite(z):
        power = "" if z == 1 else Markup("<sup>{:g}</sup>").format(z)
        return Markup("A branch ω ~ k{} should go down to 0: the Goldstone modes. ").format(power)
    return "" if point.travels else "Goldstone modes should be a branch that goes down to 0. "


def _widths(point, frequency):
    """What the height of a cell hides."""
    if point.relaxes or len(frequency) < 2:
        return ""
    return Markup("Cells are {} high; fits resolve far less. ").format(rounded(abs(frequency[1] - frequency[0]), digits=2))
