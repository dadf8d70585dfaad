"""What the data leave open of the parameters of a scaling ansatz."""
import numpy as np
from markupsafe import Markup

import style
from figures.scaling_study import rounded, scaling, symbol

MOST_PARAMETERS = 5
LEAST_DRAWS = 100
BINS = 36
MARGINALS = "Steps: the distribution of a parameter with its mean (line) and standard deviation (band)."
PAIRS = " Below the diagonal: regions that hold 68 % and 95 % of the draws."
SURPRISING = ("A slanted region means that one parameter can be had for another; surprising: two separate regions, or one "
              "that is cut off straight, by the end of its prior.")


class Parameters:
    """Draws of the parameters that vary, and the estimate by the quality of the collapse beside them."""

    def __init__(self, study, draws):
        names = [str(name) for name in study["parameter"]]
        varied = [i for i in range(len(names)) if np.std(draws[:, i]) > 0]
        kept = varied[:MOST_PARAMETERS]
        self.names = [names[i] for i in kept]
        self.left_out = [names[i] for i in varied[MOST_PARAMETERS:]]
        self.draws = draws[:, kept]
        self.mean, self.deviation = self.draws.mean(axis=0), self.draws.std(axis=0)
        mean, deviation = _estimates(study, "gaussian_process", kept)
        if np.all(np.isfinite(mean) & (deviation > 0)):  # from all draws, of which the file has some
            self.mean, self.deviation = mean, deviation
        self.quality, error = _estimates(study, "quality", kept)
        self.quality_error = np.nan_to_num(error)
        ends = np.quantile(self.draws, (0.001, 0.999), axis=0)
        margin = 0.12 * (ends[1] - ends[0])
        self.low, self.high = ends[0] - margin, ends[1] + margin

    def shows_quality(self, *which):
        """Whether the other estimate lies in the frame of these parameters."""
        return all(self.low[i] <= self.quality[i] <= self.high[i] for i in which)


def _estimates(study, method, parameters):
    """Values and errors of parameters by one method; NaN where the file has none."""
    if study.has("estimate", "estimate_error", on=("estimator", "parameter")):
        methods = list(study["estimator"].astype(str))
        if method in methods:
            return tuple(study[name][methods.index(method)][parameters] for name in ("estimate", "estimate_error"))
    return np.full((2, len(parameters)), np.nan)


def posterior(study):
    """Marginals on the diagonal, pairs below with their 68 and 95 % regions."""
    found = scaling(study)
    if found is None or not study.has("posterior", on=("draw", "parameter")):
        return
    draws = study["posterior"]
    draws = draws[np.isfinite(draws).all(axis=1)]
    if len(draws) < LEAST_DRAWS:
        return
    parameters = Parameters(study, draws)
    count = len(parameters.names)
    if count == 0:
        return
    size = (4.4, 3.0) if count == 1 else (4.4, 4.2) if count < 4 else (5.4, 5.2)
    figure, grid = style.new_grid(count, count, size, gridspec_kw={"wspace": 0.1, "hspace": 0.1})
    for row in range(count):
        for column in range(count):
            axes = grid[row, column]
            if column > row:
                axes.remove()
            elif column == row:
                _marginal(axes, parameters, row)
            else:
                _pair(axes, parameters, column, row)
            if column <= row:
                _label(axes, parameters, row, column, count)
    figure.align_labels()
    yield style.plot(figure, "What is known of the parameters",
                     f"Posterior of {count} parameters: marginals, and pairs with 68 and 95 % regions." if count > 1
                     else "Posterior of the one parameter of the ansatz that is free.", """
        Draws of the Gaussian process{}. {} {}. {}{}{}{}""", _sample(found), MARGINALS + (PAIRS if count > 1 else ""),
                     _values(parameters), _by_quality(parameters), SURPRISING if count > 1 else "", _rest(parameters), _few(found))


def _sample(found):
    effective = found.number("effective_sample_size")
    return f" ({effective:.0f} independent ones)" if np.isfinite(effective) else ""


def _few(found):
    effective = found.number("effective_sample_size")
    return " So few independent draws leave the outlines uncertain." if effective < 300 else ""


def _values(parameters):
    return _equations(zip(parameters.names, parameters.mean, parameters.deviation))


def _equations(estimates):
    """x_c = 0.4998 ± 0.0011, …"""
    return Markup(", ").join(Markup("{} = {}").format(symbol(name)[1], rounded(value, error)) for name, value, error in estimates)


def _by_quality(parameters):
    there = np.flatnonzero(np.isfinite(parameters.quality))
    if len(there) == 0:
        return ""
    values = _equations((parameters.names[i], parameters.quality[i], parameters.quality_error[i]) for i in there)
    outside = [symbol(parameters.names[i])[1] for i in there if not parameters.shows_quality(i)]
    disagree = Markup(" (outside of the frame: {}; the methods disagree)").format(Markup(", ").join(outside))
    return Markup("Orange: least S of Houdayer and Hartmann, {}{}. ").format(values, disagree if outside else "")


def _rest(parameters):
    if not parameters.left_out:
        return ""
    return Markup(" Not shown: {}.").format(Markup(", ").join(symbol(name)[1] for name in parameters.left_out))


def _marginal(axes, parameters, i):
    mean, deviation = parameters.mean[i], parameters.deviation[i]
    heights, edges = np.histogram(parameters.draws[:, i], bins=BINS, range=(parameters.low[i], parameters.high[i]))
    axes.axvspan(mean - deviation, mean + deviation, color=style.SERIES[0], alpha=0.16, linewidth=0)
    axes.stairs(heights, edges, color=style.SERIES[0], linewidth=1.2)
    axes.axvline(mean, color=style.SERIES[0], linewidth=1)
    if parameters.shows_quality(i):
        axes.errorbar(parameters.quality[i], 0.5 * heights.max(), xerr=parameters.quality_error[i], fmt="D",
                      color=style.SERIES[1], markersize=3.5, elinewidth=1.1)
    axes.set(ylim=(0, 1.12 * heights.max()), yticks=[])
    axes.spines["left"].set_visible(False)


def _pair(axes, parameters, i, j):
    place = [(parameters.low[k], parameters.high[k]) for k in (i, j)]
    counts, across, up = np.histogram2d(parameters.draws[:, i], parameters.draws[:, j], bins=BINS, range=place)
    density = _smooth(_smooth(counts).T)  # (j, i), as contours want it
    ordered = np.sort(density.ravel())[::-1]
    share = np.cumsum(ordered) / ordered.sum()
    wide, narrow = (ordered[np.searchsorted(share, level)] for level in (0.95, 0.68))
    middle = [(edges[1:] + edges[:-1]) / 2 for edges in (across, up)]
    if 0 < wide < narrow < density.max():
        axes.contourf(*middle, density, levels=[wide, narrow, density.max()], colors=[style.SERIES[0]] * 2, alpha=0.22)
        axes.contourf(*middle, density, levels=[narrow, density.max()], colors=[style.SERIES[0]], alpha=0.35)
        axes.contour(*middle, density, levels=[wide, narrow], colors=[style.SERIES[0]], linewidths=0.9)
    axes.plot(parameters.mean[i], parameters.mean[j], "+", color=style.INK, markersize=6, markeredgewidth=1)
    if parameters.shows_quality(i, j):
        axes.errorbar(parameters.quality[i], parameters.quality[j], xerr=parameters.quality_error[i],
                      yerr=parameters.quality_error[j], fmt="D", color=style.SERIES[1], markersize=3.5, elinewidth=1.1)
    axes.set_ylim(place[1])


def _smooth(counts, width=1.3):
    """Along the first axis, by a Gaussian of so many bins."""
    offset = np.arange(-5, 6)
    kernel = np.exp(-0.5 * (offset / width) ** 2)
    padded = np.pad(counts, ((5, 5), (0, 0)))
    return sum(k * padded[5 + d:5 + d + len(counts)] for k, d in zip(kernel / kernel.sum(), offset))


def _label(axes, parameters, row, column, count):
    """Values at the outer sides alone, slanted so that long ones find room."""
    axes.set_xlim(parameters.low[column], parameters.high[column])
    axes.xaxis.set_major_locator(style.ticker.MaxNLocator(3, prune="both"))
    if column < row:
        axes.yaxis.set_major_locator(style.ticker.MaxNLocator(3, prune="both"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(style.ticker.ScalarFormatter(useOffset=False))
    small = 8.5 if count > 1 else 10
    axes.tick_params(labelsize=small)
    axes.tick_params(axis="x", labelrotation=45 if count > 1 else 0)
    if count > 1:
        for tick in axes.get_xticklabels():
            tick.set(horizontalalignment="right", rotation_mode="anchor")
    name = symbol(parameters.names[column])[0].replace(" of ", "\n")
    if row == count - 1:
        axes.set_xlabel(name, fontsize=11 if len(name) < 12 else 8.5)
    else:
        axes.tick_params(labelbottom=False)
    if column == 0 and row > 0:
        name = symbol(parameters.names[row])[0].replace(" of ", "\n")
        axes.set_ylabel(name, fontsize=11 if len(name) < 12 else 8.5)
    elif column:
        axes.tick_params(labelleft=False)
