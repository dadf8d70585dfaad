"""What goes where with the size: crossings of neighboring sizes, heights and places of maxima."""
import numpy as np
from markupsafe import Markup

import style
from figures.scaling_study import inverse_size, mark, number, rounded, scaling

PAIR, SIZE, MODEL = ("observable", "size_pair"), ("observable", "system_size"), ("observable", "model")
OFTEN = 0.9  # share of resamples in which a crossing has to be found to be extrapolated
LAWS = {"constant": lambda a, b, size: a + 0 * size, "logarithm": lambda a, b, size: a + b * np.log(size),
        "power": lambda a, b, size: a * size**b, "saturation": lambda a, b, size: -a * np.expm1(-b * size)}
WORDS = {"constant": "a constant", "logarithm": "a logarithm", "power": "a power law", "saturation": "saturation"}
LINES = {"constant": ":", "logarithm": "-.", "power": "-", "saturation": "--"}


def _row(study, name, on, k):
    """A variable of one observable; NaN where there is none."""
    if study.has(name, on=on):
        return study[name][k]
    return np.full(study.shape(on[1])[0], np.nan)


def _drifting(axes, x, y, error, solid, limit, limit_error):
    """Values against 1/size, hollow where they do not count, and their limit at 0."""
    color = style.SERIES[0]
    for chosen, fill in ((solid, color), (~solid, style.PAPER)):
        if chosen.any():
            axes.errorbar(x[chosen], y[chosen], yerr=np.nan_to_num(error[chosen]), fmt="o", color=color, markerfacecolor=fill,
                          elinewidth=1.1, zorder=3)
    ends = [y - np.nan_to_num(error), y + np.nan_to_num(error)]
    if np.isfinite(limit):
        axes.errorbar(0, limit, yerr=np.nan_to_num(limit_error), fmt="s", color=style.SERIES[1], elinewidth=1.1, zorder=4,
                      label="infinite size", clip_on=False)
        mark(axes, limit, limit_error, vertical=False, color=style.SERIES[1], line="-")
        ends += [np.array([limit + np.nan_to_num(limit_error)]), np.array([limit - np.nan_to_num(limit_error)])]
    low, high = np.nanmin(np.concatenate(ends)), np.nanmax(np.concatenate(ends))
    room = 0.08 * (high - low) if high > low else 0.05 * max(abs(high), 1e-12)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_formatter(style.ticker.ScalarFormatter(useOffset=False))


def _drift_line(axes, x, y, error, limit, exponent):
    """v + A L^-e with the limit and the exponent of the file, A from the points."""
    if not (np.isfinite(limit) and np.isfinite(exponent)) or len(x) < 2:
        return
    weight = 1 / error**2 if np.all(error > 0) else np.ones_like(x)
    amplitude = np.sum(weight * (y - limit) * x**exponent) / np.sum(weight * x ** (2 * exponent))
    fine = x.max() * np.linspace(0, 1, 200) ** 2
    axes.plot(fine, limit + amplitude * fine**exponent, "--", color=style.SERIES[0], linewidth=1)


def _collapse_mark(axes, found):
    """x_c of the collapse as a line; a sentence instead where it is far from what is drawn."""
    x_c, x_c_error = found.number("x_c"), found.number("x_c_error")
    if not np.isfinite(x_c):
        return ""
    low, high = axes.get_ylim()
    if low - (high - low) < x_c < high + (high - low):
        axes.set_ylim(min(low, x_c - 0.05 * (high - low)), max(high, x_c + 0.05 * (high - low)))
        mark(axes, x_c, x_c_error, vertical=False, label="$x_c$ of the collapse")
        return ""
    return Markup("<strong>The collapse has its x<sub>c</sub> = {} far from here.</strong> ").format(rounded(x_c, x_c_error))


def crossings(study):
    """Where neighboring sizes cross, and the value there, against 1/size."""
    found = scaling(study)
    if found is None or not study.has("pair_size", on=("size_pair",)) or not study.has("crossing", "crossing_value", on=PAIR):
        return
    for k in found.shown:
        x, place, value = 1 / study["pair_size"], study["crossing"][k], study["crossing_value"][k]
        there = np.isfinite(place) & np.isfinite(value)
        if not there.any():
            continue
        share = _row(study, "crossing_found", PAIR, k)
        solid = (~(share < OFTEN))[there]
        limits = [tuple(found.number(name + ending, k) for ending in ("_limit", "_limit_error"))
                  for name in ("crossing", "crossing_value")]
        figure, grid = style.new_grid(2, 1, (4.4, 4.2), sharex=True, gridspec_kw={"hspace": 0.14})
        for axes, name, y, limit in zip(grid[:, 0], ("crossing", "crossing_value"), (place, value), limits):
            error = _row(study, name + "_error", PAIR, k)
            _drifting(axes, x[there], y[there], error[there], solid, *limit)
        elsewhere = _collapse_mark(grid[0, 0], found)
        fitted = there & ~(share < OFTEN)
        _drift_line(grid[0, 0], x[fitted], place[fitted], _row(study, "crossing_error", PAIR, k)[fitted], limits[0][0],
                    found.number("crossing_drift_exponent", k))
        inverse_size(grid[1, 0], found, x[there].max())
        grid[0, 0].set_ylabel(f"crossing: {style.plain(found.x_name, 24)}")
        grid[1, 0].set_ylabel("value there")
        figure.align_ylabels()
        if grid[0, 0].get_legend_handles_labels()[1]:
            style.legend_above(grid[0, 0], 2)
        yield style.plot(figure, found.title("Crossings of neighboring sizes", k),
                         f"Crossings of {found.observables[k]} of neighboring sizes, and the values there, against 1/size.", """
            Upper: where the curves of two neighboring sizes cross, against one over the geometric mean of their {}; lower: the
            value there. {}{}{}{}Surprising: crossings that move by more than their errors and away from the collapse as
            sizes grow. Bars: standard errors.{}""", found.size_name, _limits(*limits), _drift(found, k), _missing(there, solid),
                         elsewhere, found.left_out(k))


def _limits(place, value):
    if not np.isfinite(place[0]):
        return "Too few pairs cross for a limit. "
    known = np.isfinite(value[0])
    return Markup("Orange, with bands: for infinite size {}{}, with v + A L<sup>−e</sup> and e unknown between ¼ and 4. ").format(
        rounded(*place), Markup(", value {}").format(rounded(*value)) if known else "")


def _drift(found, k):
    exponent = found.number("crossing_drift_exponent", k)
    if not np.isfinite(exponent) or not np.isfinite(found.number("crossing_limit", k)):
        return ""
    return Markup("Dashed: e = {}. ").format(rounded(exponent, digits=2))


def _missing(there, solid):
    words = ""
    if not there.all():
        words += f"{int(np.sum(~there))} of {len(there)} pairs do not cross. "
    if not solid.all():
        words += "Hollow: found in fewer than nine of ten resamples, and not extrapolated. "
    return words


class Heights:
    """The heights of maxima of one observable, or its values where there is one per size."""

    def __init__(self, found, k):
        study = found.study
        if found.has_x:
            self.size = study["system_size"]
            self.height, self.error = (_row(study, name, SIZE, k) for name in ("maximum", "maximum_error"))
            inside = _row(study, "maximum_inside", SIZE, k)
        else:
            self.size, self.height, self.error = found.size, found.y[k], found.error[k]
            inside = np.ones(len(self.size))
        there = np.isfinite(self.height) & (self.size > 0)
        self.size, self.height, self.error = self.size[there], self.height[there], np.nan_to_num(self.error[there])
        self.inside = ~(inside[there] == 0)


def maxima(study):
    """Heights of maxima against size, with the laws that compete for them."""
    found = scaling(study)
    if found is None or not study.has("system_size", on=("system_size",)):
        return
    for k in found.shown:
        heights = Heights(found, k)
        if np.sum(heights.inside) < 2:
            continue
        figure, axes = style.new_axes()
        weights = _laws(study, axes, heights, k)
        for chosen, fill in ((heights.inside, style.INK), (~heights.inside, style.PAPER)):
            if chosen.any():
                axes.errorbar(heights.size[chosen], heights.height[chosen], yerr=heights.error[chosen], fmt="o",
                              color=style.INK, markerfacecolor=fill, elinewidth=1.1, zorder=4)
        _bound(found, axes, heights, k)
        _size_axis(axes, found, heights.size)
        if heights.height.min() > 0 and heights.height.max() > 20 * heights.height.min():
            axes.set_yscale("log")
        axes.set_ylabel(("maximum of " if found.has_x else "") + found.label(k, 30))
        if weights:
            style.legend_above(axes, 2, title="weight by AICc")
        verdict = str(study["verdict"][k]) if study.has("verdict", on=("observable",)) else "not asked"
        yield style.plot(figure, found.title("Growth with size", k),
                         f"Height of {found.observables[k]} against {found.size_name} with competing laws; verdict: {verdict}.", """
            {} against {}. {}{}{}{}""",
                         Markup("Largest value of {}").format(found.observables[k]) if found.has_x else found.observables[k],
                         found.size_name, _contest(study, found, k, verdict, weights),
                         "" if heights.inside.all() else "Hollow: no clear top; the largest value may be at an end of the points. ",
                         _bound_words(found, k), found.left_out(k))


def _laws(study, axes, heights, k):
    """Draws the laws; their names and Akaike weights, the best first."""
    if not study.has("law_a", "law_b", "akaike_weight", on=MODEL):
        return {}
    names = [str(name) for name in study["model"]]
    a, b, weight = (study[name][k] for name in ("law_a", "law_b", "akaike_weight"))
    fine = np.geomspace(heights.size.min() / 1.1, heights.size.max() * 1.6, 200)
    known = [i for i in range(len(names)) if names[i] in LAWS and np.isfinite([a[i], b[i], weight[i]]).all()]
    for i in sorted(known, key=lambda i: -weight[i]):
        color = style.SERIES[list(LAWS).index(names[i])]
        style.theory(axes, fine, LAWS[names[i]](a[i], b[i], fine), color=color, style=LINES[names[i]],
                     label=f"{WORDS[names[i]].removeprefix('a ')} {weight[i]:.2f}")
    return {names[i]: weight[i] for i in sorted(known, key=lambda i: -weight[i])}


def _size_axis(axes, found, sizes):
    axes.set_xlabel(style.plain(found.size_name))
    if sizes.max() > 3 * sizes.min():
        axes.set_xscale("log")
        shown = []
        for size in sorted(sizes, reverse=True):
            if not shown or np.log(shown[-1] / size) > 0.1 * np.log(sizes.max() / sizes.min()):
                shown.append(size)
        axes.set_xticks(shown, [number(size) for size in shown])
        axes.xaxis.set_minor_locator(style.ticker.NullLocator())


def _bound_of(found, heights, k):
    share = found.number("bound_share", k)
    return heights.height.max() / share if share > 0 else np.nan


def _bound(found, axes, heights, k):
    bound = _bound_of(found, heights, k)
    if bound < 4 * heights.height.max():
        axes.axhline(bound, color=style.INK, linewidth=1.1, label="bound")


def _bound_words(found, k):
    share = found.number("bound_share", k)
    if not np.isfinite(share):
        return ""
    return f"The highest is {100 * share:.3g} % of what a theorem allows at any size: whatever law leads, this cannot diverge."


def _contest(study, found, k, verdict, weights):
    if not weights:
        return "Laws compete only where there are four or more sizes, and all of them show a top. "
    names = [str(name) for name in study["model"]]
    power = _row(study, "power", MODEL, k)
    chance = {name: power[names.index(name)] for name in weights}
    chances = ", ".join(f"{WORDS[name]} {chance[name]:.2f}" for name in weights if np.isfinite(chance[name]))
    chances = f"Statistical power, the chance that a law would win here if it were true: {chances}. " if chances else ""
    exponent, error = found.number("growth_exponent", k), found.number("growth_exponent_error", k)
    alone = Markup("A power law alone has the exponent {}. ").format(rounded(exponent, error)) if np.isfinite(exponent) else ""
    least = study.setting("growth.least_power", 0.9)
    if verdict == "inconclusive":
        said = Markup("<strong>Inconclusive</strong>: no law leads clearly, or the one that does has a statistical power below {}. "
                      "These sizes cannot tell a divergence from a crossover. ").format(least)
    else:
        said = Markup("<strong>Verdict: {}</strong>, clearly ahead of the others by AICc, and with a statistical power of at "
                      "least {}. ").format(WORDS.get(verdict, verdict), least)
    return Markup("Lines: a, a + b ln L, a L<sup>b</sup> and a(1 − e<sup>−bL</sup>). {}{}{}").format(said, chances, alone)


def peaks(study):
    """Places of maxima against 1/size."""
    found = scaling(study)
    if found is None or not found.has_x:
        return
    if not study.has("system_size", on=("system_size",)) or not study.has("maximum_x", on=SIZE):
        return
    for k in found.shown:
        limit, limit_error = found.number("maximum_limit", k), found.number("maximum_limit_error", k)
        size, place, error = study["system_size"], study["maximum_x"][k], _row(study, "maximum_x_error", SIZE, k)
        there = np.isfinite(place) & (size > 0) & ~(_row(study, "maximum_inside", SIZE, k) == 0)
        if not np.isfinite(limit) or there.sum() < 2:
            continue
        x = 1 / size[there]
        figure, axes = style.new_axes()
        _drifting(axes, x, place[there], error[there], np.ones(len(x), bool), limit, limit_error)
        exponent = found.number("maximum_drift_exponent", k)
        _drift_line(axes, x, place[there], error[there], limit, exponent)
        elsewhere = _collapse_mark(axes, found)
        inverse_size(axes, found, x.max())
        axes.set_ylabel(f"{style.plain(found.x_name, 20)} of the maximum")
        style.legend_above(axes, 2)
        yield style.plot(figure, found.title("Where the maxima go", k),
                         f"Place of the maximum of {found.observables[k]} against 1/size with its limit.", """
            {} at which {} is largest, against one over {}. Orange, with its band: {} for infinite size, with v + A L<sup>−e</sup>
            and e unknown between ¼ and 4{}. At a transition the maxima go to x<sub>c</sub>, and e is 1/ν; maxima that stop
            elsewhere belong to something that does not grow with the system. {}Bars: standard errors.{}""", found.x_name,
                         found.observables[k], found.size_name, rounded(limit, limit_error),
                         Markup(" (dashed: e = {})").format(rounded(exponent, digits=2)) if np.isfinite(exponent) else "",
                         elsewhere, found.left_out(k))
