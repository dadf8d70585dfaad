"""Figures of training runs and of their events."""
import html
import re

import results
import style
import synthetic
from conftest import report
from figures import grok, onset


def plots(module, path):
    file = results.ResultFile(path, "run")
    return {draw.__name__: plot for draw in module.FIGURES for plot in draw(file)}


def text(plot):
    return html.unescape(re.sub("<[^>]*>", "", str(plot.caption)))


def test_every_figure_of_a_training_study_is_drawn(tmp_path):
    synthetic.grok(tmp_path)
    drawn = plots(grok, tmp_path / "ensemble.h5")
    assert list(drawn) == ["accuracies", "heat_by_modulus", "control", "definitions", "fourier"]
    for plot in drawn.values():
        assert "nan" not in text(plot) and len(plot.alt) > 30
    assert "n = 2 keys" in text(drawn["accuracies"]) and "p = 113, 3 runs" in text(drawn["accuracies"])
    assert "half of the runs have a test accuracy of 0.95" in text(drawn["heat_by_modulus"])


def test_onsets_are_where_test_accuracy_passes(tmp_path):
    synthetic.grok(tmp_path)
    runs = grok.Runs(results.ResultFile(tmp_path / "ensemble.h5", "run"))
    for p in synthetic.MODULI:
        assert 2300 <= runs.median_onset(p) <= 3700  # 2500 times a scatter, and 3 widths of the rise to 0.95
    step, middle, low, high = runs.median("specific_heat", 37)
    assert (low <= middle).all() and (middle <= high).all() and step[0] == 100


def test_runs_that_never_generalize_say_so(tmp_path):
    synthetic.grok(tmp_path, generalizes=False)
    drawn = plots(grok, tmp_path / "ensemble.h5")
    assert "Fewer than half of the runs of any modulus reach" in text(drawn["heat_by_modulus"])
    assert "have generalized" not in text(drawn["control"])


def test_every_figure_of_an_onset_study_is_drawn(tmp_path):
    synthetic.onset(tmp_path / "onset")
    drawn = plots(onset, tmp_path / "onset/onset.h5")
    assert list(drawn) == ["times", "leads", "heights", "rivals"]
    assert "11 of 11 runs" in text(drawn["times"]) and "0 runs generalize without such a peak, 1 peak and do not" in text(drawn["times"])
    assert "test accuracy 0.95" in text(drawn["leads"])
    for plot in drawn.values():
        assert isinstance(plot, style.Plot) and "nan" not in text(plot)
    done = report(tmp_path)
    assert done.returncode == 0 and "4 figures of 1 study" in done.stdout
