"""Figures of softmech-onset: the peak of the specific heat against generalization, run by run and modulus by modulus."""
import numpy as np
from markupsafe import Markup

import style

RUN, EVENT = ("member",), ("member", "definition")
DEFINITIONS = {"relative": "test accuracy 0.5 above its plateau", "absolute": "test accuracy 0.95"}


class Events:
    """The runs with their events, about the definition of the onset that the analysis was asked for."""

    def __init__(self, study):
        self.study = study
        names = list(study["definition"].astype(str))
        self.name = study.setting("onset.definition", "relative")
        self.index = names.index(self.name)
        self.onset = study["onset"][:, self.index]
        self.peak = study["peak"]
        self.modulus = study["member_modulus"]

    @property
    def meaning(self):
        level = self.study.setting(f"onset.{self.name}")
        return DEFINITIONS[self.name].replace("0.5" if self.name == "relative" else "0.95", f"{level:g}")

    def of_modulus(self, name):
        values = self.study[f"modulus_{name}"]
        return values[:, self.index] if values.ndim == 2 else values


def _events(study, *names):
    needed = ("peak", "member_modulus", *names)
    if not study.has("onset", on=EVENT) or not study.has(*needed, on=RUN) or study.members == 0:
        return None
    return Events(study)


def _moduli(axes, moduli):
    if np.all(moduli > 0) and len(moduli) > 1 and moduli.max() / moduli.min() > 2:
        axes.set_xscale("log")
        shown = [p for i, p in enumerate(moduli) if i == 0 or np.log(p / moduli[i - 1]) > 0.1]
        axes.set_xticks(shown, [f"{p:g}" for p in shown])
        axes.xaxis.set_minor_locator(style.ticker.NullLocator())
    axes.set_xlabel("modulus $p$")


def times(study):
    """Step of the peak and step of the onset, run by run."""
    events = _events(study)
    if events is None:
        return
    both = np.isfinite(events.peak) & np.isfinite(events.onset)
    if both.sum() < 2:
        return
    figure, axes = style.new_axes()
    moduli = np.unique(events.modulus[both])
    shown = style.spread_over(moduli, 6)
    colors = dict(zip(shown, style.ramp(len(shown))))
    for p in moduli:
        chosen = both & (events.modulus == p)
        nearest = min(shown, key=lambda q: abs(np.log(q / p)) if q and p else abs(q - p))
        axes.plot(events.peak[chosen], events.onset[chosen], "o", color=colors[nearest], markeredgecolor=style.PAPER,
                  markeredgewidth=0.6, label=f"p = {p:g}" if p in colors else None)
    low = min(events.peak[both].min(), events.onset[both].min()) / 1.4
    high = max(events.peak[both].max(), events.onset[both].max()) * 1.4
    axes.plot([low, high], [low, high], "--", color=style.INK, linewidth=1)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), xlabel="peak of $C$ (updates)",
             ylabel="generalization (updates)")
    style.legend_above(axes, 3)
    leading = int(np.sum(events.peak[both] < events.onset[both]))
    yield style.plot(figure, "Does the peak come first?",
                     f"Update of generalization against update of the peak: {leading} of {both.sum()} runs above the diagonal.", """
        Each point is a run that has a peak of the specific heat after memorization and generalizes ({}). Above the dashed
        diagonal the peak comes first: {} of {} runs. {} runs generalize without such a peak, {} peak and do not
        generalize.""", events.meaning, leading, int(both.sum()),
                     int(np.sum(np.isfinite(events.onset) & ~np.isfinite(events.peak))),
                     int(np.sum(np.isfinite(events.peak) & ~np.isfinite(events.onset))))


def leads(study):
    """Median lead against the modulus."""
    events = _events(study)
    if events is None or not study.has("modulus_median_lead", on=("modulus", "definition")):
        return
    p, lead = study["modulus"], events.of_modulus("median_lead")
    low, high = events.of_modulus("lead_low"), events.of_modulus("lead_high")
    there = np.isfinite(lead)
    if there.sum() < 2:
        return
    figure, axes = style.new_axes()
    axes.axhline(0, color=style.INK, linewidth=1, linestyle="--")
    runs = np.isfinite(events.onset) & np.isfinite(events.peak)
    axes.plot(events.modulus[runs], (events.onset - events.peak)[runs], ".", color=style.SERIES[5], markersize=4, zorder=1)
    style.points(axes, p[there], lead[there], np.abs(np.array([lead - low, high - lead])[:, there]), label="median")
    _moduli(axes, p)
    axes.set_ylabel("lead of the peak (updates)")
    yield style.plot(figure, "Lead of the peak",
                     "Median lead of the peak over generalization against the modulus, with its interval.", """
        Generalization ({}) minus peak of C, in updates: above the dashed line the peak comes first. Small points: runs; large
        ones: median with its interval (order statistics: 95 % from 6 runs on, the range of fewer). Where the train fraction differs between moduli, the dependence on p
        is no scaling law.""", events.meaning)


def heights(study):
    """Height of the peak against the modulus, with the nulls."""
    events = _events(study, "peak_height")
    if events is None or study.setting("peak.curve", "specific_heat") != "specific_heat":
        return
    height = study["peak_height"]
    there = np.isfinite(height)
    if there.sum() < 2:
        return
    figure, axes = style.new_axes()
    p, middle = study["modulus"], events.of_modulus("height")
    low, high = events.of_modulus("height_low"), events.of_modulus("height_high")
    shown = np.isfinite(middle)
    two_keys = study.has("answer_keys") and np.all(study["answer_keys"] == 2)
    if two_keys and study.has("schottky_cap", "gaussian_gap_maximum"):
        axes.axhline(float(study["schottky_cap"]), color=style.INK, linestyle="--", linewidth=1.1, label=r"cap $C^\star_2$")
        axes.axhline(float(study["gaussian_gap_maximum"]), color=style.INK, linestyle=":", linewidth=1.1, label="normal gap")
    axes.plot(events.modulus[there], height[there], ".", color=style.SERIES[5], markersize=4, zorder=1)
    style.points(axes, p[shown], middle[shown], np.abs(np.array([middle - low, high - middle])[:, shown]), label="measured")
    predicted = study["predicted_height"] if study.has("predicted_height", on=RUN) else np.full(len(height), np.nan)
    if np.isfinite(predicted).any():
        medians = [(q, np.median(predicted[np.isfinite(predicted) & (events.modulus == q)]))
                   for q in p if np.any(np.isfinite(predicted) & (events.modulus == q))]
        axes.plot(*zip(*medians), "D", color=style.SERIES[1], markerfacecolor="none", markersize=7, label="from the gaps")
    _moduli(axes, p)
    axes.set(ylabel=r"peak of $C$", ylim=(0, None))
    style.legend_above(axes, 2)
    yield style.plot(figure, "What the peak is",
                     "Height of the peak against the modulus, beside the values of an opening gap.", """
        Height of the peak of C: runs (small points) and their median with its interval (order statistics: 95 % from 6 runs on, the range of fewer). Orange: the mean of the
        two-level C(x) = (x/2)² sech²(x/2) over normal gaps x with the mean and variance recorded at the peak, head by head;
        no parameter is fitted. {}A height that the gaps give is a Schottky anomaly of attention scores that grow through a
        few T.""",
                     Markup("Dashed: 0.439, which no row of two keys can pass; dotted: 0.253, the most that normal gaps about 0 can give. ")
                     if two_keys else "")


def rivals(study):
    """How often each predictor leads, and whether it knows when."""
    events = _events(study)
    place = ("predictor", "definition")
    if events is None or not study.has("predictor_leading", "predictor_onsets", "predictor_rank_correlation_within", on=place):
        return
    names = list(study["predictor"].astype(str))
    share = {end: study[f"predictor_{end}"][:, events.index] for end in ("leading_low", "leading_high", "leading", "onsets")}
    if not np.any(share["onsets"] > 0):
        return
    figure, axes = style.new_axes()
    rows = np.arange(len(names))[::-1]
    middle = share["leading"] / np.maximum(share["onsets"], 1)
    errors = np.clip([middle - share["leading_low"], share["leading_high"] - middle], 0, None)
    axes.errorbar(middle, rows + 0.12, xerr=errors, fmt="o", color=style.SERIES[0], elinewidth=1.1, markeredgecolor=style.PAPER,
                  label="share that leads")
    axes.plot(study["predictor_rank_correlation_within"][:, events.index], rows - 0.12, "s", color=style.SERIES[1],
              markeredgecolor=style.PAPER, label="rank correlation")
    axes.axvline(0, color=style.INK, linewidth=0.8)
    axes.set_yticks(rows, [name.replace("_", " ") for name in names])
    axes.set(xlim=(-1.05, 1.05), xlabel="share of runs, correlation")
    style.legend_above(axes, 2)
    yield style.plot(figure, "Does anything announce generalization?",
                     "Share of runs in which each event leads, and its rank correlation with the onset.", """
        Events that know nothing of thermodynamics, beside the peak of C: the share of generalizing runs in which each comes
        before the onset ({}; 95 % Wilson intervals), and Spearman's correlation of its update with that of the onset inside
        moduli. An event that always leads but does not correlate is early, not a sign.""", events.meaning)


FIGURES = (times, leads, heights, rivals)
