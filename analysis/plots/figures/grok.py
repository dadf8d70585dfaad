"""Figures of softmech-grok: transformers trained on modular arithmetic, along their updates."""
import numpy as np
from markupsafe import Markup

import style

CURVE = ("member", "step")
ONSET = 0.95  # test accuracy that counts as generalization in these figures
TWO_LEVELS, GAUSSIAN_GAP = 0.43923, 0.25297  # C*_2, and the largest mean of C over a normal gap of mean 0


class Runs:
    """The runs of a study, and those of one modulus after the other."""

    def __init__(self, study):
        self.study = study
        self.step = study["step"]
        self.modulus = study["modulus"].astype(int)
        self.moduli = np.unique(self.modulus)
        accuracy = study["test_accuracy"]
        reached = accuracy >= ONSET
        self.onset = np.where(reached.any(axis=1), self.step[np.argmax(reached, axis=1)], np.nan)

    def median(self, name, modulus):
        """Steps, median and quartiles over the runs of a modulus, as far as half of them go."""
        values = self.study[name][self.modulus == modulus]
        there = np.isfinite(values).sum(axis=0) >= max(1, (len(values) + 1) // 2)
        there &= self.step > 0  # the axis is logarithmic
        return self.step[there], *np.nanpercentile(values[:, there], (50, 25, 75), axis=0)

    def median_onset(self, modulus):
        """The update at which half of the runs have generalized; NaN if they do not."""
        onset = np.sort(np.where(np.isnan(self.onset), np.inf, self.onset)[self.modulus == modulus])
        middle = onset[(len(onset) - 1) // 2]
        return middle if np.isfinite(middle) else np.nan

    @property
    def shown(self):
        """The modulus to show alone: the largest that generalizes, else the largest."""
        generalizing = [p for p in self.moduli if np.isfinite(self.median_onset(p))]
        return (generalizing or list(self.moduli))[-1]

    def facts(self, modulus=None):
        """What a caption says of the sample."""
        count = self.study.members if modulus is None else int(np.sum(self.modulus == modulus))
        seeds = int(self.study.setting("ensemble.seeds", 1))
        runs = f"{count} run{'s' if count != 1 else ''}"
        return f"p = {modulus}, {runs}" if modulus is not None else f"{runs}, {seeds} per modulus"


def _runs(study, *names):
    if not study.has("modulus", on=("member",)) or not study.has("test_accuracy", *names, on=CURVE):
        return None
    return Runs(study) if len(study["step"]) > 3 and study.members else None


def _band(axes, x, middle, low, high, color, label, line="-"):
    axes.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)
    axes.plot(x, middle, line, color=color, label=label)


def _by_modulus(axes, runs, name):
    """The curves of at most five moduli; yields each with its color."""
    moduli = [int(p) for p in style.spread_over(runs.moduli)]
    for p, color in zip(moduli, style.ramp(len(moduli))):
        _band(axes, *runs.median(name, p), color, f"p = {p}")
        yield p, color
    axes.set_ylim(0, None)
    style.legend_above(axes, 3)


def _updates(axes):
    axes.set_xscale("log")
    axes.set_xlabel("updates")


def accuracies(study):
    """Accuracies and C/C* of one modulus."""
    runs = _runs(study, "train_accuracy", "specific_heat_over_bound")
    if runs is None:
        return
    figure, axes = style.new_axes()
    for name, color, label, line in (("train_accuracy", style.SERIES[0], "train accuracy", "--"),
                                     ("test_accuracy", style.SERIES[0], "test accuracy", "-"),
                                     ("specific_heat_over_bound", style.SERIES[1], r"$C/C^\star_n$", "-")):
        _band(axes, *runs.median(name, runs.shown), color, label, line)
    _updates(axes)
    axes.set(ylabel="accuracy, share of the bound", ylim=(0, 1.04))
    style.legend_above(axes, 3)
    yield style.plot(figure, "Accuracy and specific heat along training",
                     "Train accuracy rises first, test accuracy later; the specific heat of the attention beside them.", """
        Share of pairs answered right, and the canonical specific heat of the last token's attention over its bound
        C*<sub>n</sub>, n = {} keys. Look for whether C has its maximum before the test accuracy rises. Lines: median over
        runs; bands: middle half; {}.""", int(study["answer_keys"][0]) if study.has("answer_keys") else "?",
                     runs.facts(runs.shown))


def heat_by_modulus(study):
    """C against updates for the moduli, with the onsets and the values of a two-level gap."""
    runs = _runs(study, "specific_heat")
    if runs is None:
        return
    figure, axes = style.new_axes()
    two_keys = study.has("answer_keys") and np.all(study["answer_keys"] == 2)
    if two_keys:
        for value, line, name in ((TWO_LEVELS, "--", r"$C^\star_2$"), (GAUSSIAN_GAP, ":", "normal gap")):
            axes.axhline(value, linestyle=line, color=style.INK, linewidth=1.1)
            axes.annotate(name, (0.01, value), xycoords=("axes fraction", "data"), xytext=(0, 3), textcoords="offset points", fontsize=9)
    generalized = []
    for p, color in _by_modulus(axes, runs, "specific_heat"):
        x, middle, *_ = runs.median("specific_heat", p)
        onset = runs.median_onset(p)
        if np.isfinite(onset) and onset <= x[-1]:
            generalized.append(p)
            axes.plot(onset, np.interp(onset, x, middle), "o", color=color, markeredgecolor=style.PAPER, zorder=4)
    _updates(axes)
    axes.set_ylabel("specific heat $C$")
    yield style.plot(figure, "Specific heat along training",
                     "Specific heat against updates for several moduli, with the moments of generalization.", """
        Canonical specific heat C of the last token's attention on training inputs, mean over heads. {}{}Lines: median over
        runs; bands: middle half; {}.""",
                     "Dots: where half of the runs have a test accuracy of 0.95. " if generalized else
                     "Fewer than half of the runs of any modulus reach a test accuracy of 0.95. ",
                     Markup("Dashed: C*<sub>2</sub> = 0.439, the most any row over two keys can have; dotted: 0.253, the most that "
                            "rows with a normally distributed gap about 0 can have on average. ") if two_keys else "",
                     runs.facts())


def control(study):
    """C of the trained attention and of the initial one, scaled to the same spread."""
    runs = _runs(study, "specific_heat", "specific_heat_scale_matched")
    if runs is None:
        return
    figure, axes = style.new_axes()
    _band(axes, *runs.median("specific_heat", runs.shown), style.SERIES[0], "trained")
    _band(axes, *runs.median("specific_heat_scale_matched", runs.shown), style.SERIES[1], "initial, scaled", "--")
    onset = runs.median_onset(runs.shown)
    if np.isfinite(onset):
        axes.axvline(onset, color=style.INK, linewidth=1, linestyle=":")
    _updates(axes)
    axes.set(ylabel="specific heat $C$", ylim=(0, None))
    style.legend_above(axes, 2)
    yield style.plot(figure, "A control that has learned nothing",
                     "Specific heat of the trained attention beside that of the initial attention scaled to equal strength.", """
        Orange, dashed: the specific heat of the initial network's attention scores when they are scaled, head by head, to the
        spread that training has reached. Where the curves agree, C tells how strong the attention is, and nothing of what it
        has learned. {}Lines: median over runs; bands: middle half; {}.""",
                     "Dotted: half of the runs have generalized. " if np.isfinite(onset) else "", runs.facts(runs.shown))


def definitions(study):
    """The specific heats of the literature, side by side."""
    named = (("specific_heat", "at the answer"), ("specific_heat_all_queries", "all queries"),
             ("specific_heat_pooled", "pooled"), ("specific_heat_normalized", r"$C/\ln^2 n$"))
    runs = _runs(study, *(name for name, _ in named))
    if runs is None:
        return
    figure, axes = style.new_axes()
    for (name, label), color in zip(named, style.SERIES):
        x, middle, low, high = runs.median(name, runs.shown)
        _band(axes, x, middle, low, high, color, label)
    _updates(axes)
    axes.set_yscale("log")
    axes.set_ylabel("specific heat")
    style.legend_above(axes, 2)
    yield style.plot(figure, "Four definitions of the specific heat",
                     "Four specific heats of the same attention against updates, on logarithmic axes.", """
        What the literature calls the specific heat of attention, for the same runs: Var<sub>p</sub>(E)/T² of the last token's
        rows; the same over the rows of all tokens; the unweighted variance of all logits; and C/ln²n. The pooled one has no
        bound and follows the scale of the logits. Lines: median over runs; bands: middle half; {}.""",
                     runs.facts(runs.shown))


def fourier(study):
    """How many Fourier frequencies the embeddings use."""
    runs = _runs(study, "fourier_participation")
    if runs is None:
        return
    figure, axes = style.new_axes()
    for _ in _by_modulus(axes, runs, "fourier_participation"):
        pass
    _updates(axes)
    axes.set_ylabel("Fourier frequencies in use")
    yield style.plot(figure, "Fourier participation of the embeddings",
                     "Number of Fourier frequencies that the embeddings use, against updates.", """
        Participation number (ΣP<sub>k</sub>)²/ΣP<sub>k</sub>² of the power of the embeddings at frequencies k = 1 … p/2: random
        embeddings use nearly all p/2, a network that has learned addition as a rotation uses a few. Lines: median over runs;
        bands: middle half; {}.""", runs.facts())


FIGURES = (accuracies, heat_by_modulus, control, definitions, fourier)
