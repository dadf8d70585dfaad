"""Figures of scaling studies: which are drawn, where their lines are, what their captions say."""
import re

import numpy as np
import pytest
import results
import style
import synthetic_scaling as synthetic
import conftest
from conftest import report, text
from figures import fss, scaling_posterior, scaling_study
from test_page import Page

ALL = ["curves", "curves-2", "collapse", "collapse-2", "posterior", "crossings", "maxima", "peaks"]


def plots(directory):
    return conftest.plots(directory / "fss.h5", fss.FIGURES)


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return np.array(found.get_xdata(), float), np.array(found.get_ydata(), float)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fss")
    synthetic.fss(directory)
    return plots(directory)


def test_a_whole_study_shows_all_figures(drawn):
    assert list(drawn) == ALL
    assert drawn["collapse-2"].title == "Collapse: chi"


def test_the_parameters_are_said_with_all_digits_that_are_known(drawn):
    for name in ("curves", "collapse", "collapse-2"):
        assert "xc = 2.26922 ± 0.00010" in text(drawn[name])
    assert "ν = 0.9970 ± 0.0080, a = 1.7500 ± 0.0040" in text(drawn["collapse-2"]) and "a = 0 (given)" in text(drawn["collapse"])
    assert "S = 1.07 from 93 % of the points, about 1" in text(drawn["collapse"])
    assert "Orange: least S of Houdayer and Hartmann, xc = 2.26927 ± 0.00013" in text(drawn["posterior"])


def test_the_critical_point_is_marked_with_its_band(drawn):
    axes = drawn["curves"].figure.axes[0]
    assert [mark.get_xdata()[0] for mark in axes.lines if len(set(mark.get_xdata())) == 1] == [synthetic.T_C + 2e-5]
    (band,) = axes.patches
    assert band.get_extents().transformed(axes.transData.inverted()).intervalx == pytest.approx([2.26912, 2.26932], abs=1e-8)


def test_sizes_have_the_colors_of_their_order(drawn):
    for name in ("curves", "collapse"):
        _, labels = drawn[name].figure.axes[0].get_legend_handles_labels()
        assert labels == ["16", "24", "32", "48", "64", "96", "128"]
        colors = [bars[0].get_color() for bars in drawn[name].figure.axes[0].containers]
        places = [style.RAMP.index(color) for color in colors]
        assert places == sorted(places) and (places[0], places[-1]) == (0, 5)


def test_points_of_a_planted_collapse_lie_on_its_curve(drawn):
    axes, below = drawn["collapse"].figure.axes
    curve = max((drawn for drawn in axes.lines), key=lambda drawn: len(drawn.get_xdata()))
    for bars in axes.containers:
        x, y = bars[0].get_data()
        assert np.abs(y - np.interp(x, *curve.get_data())).max() < 4.5 * 0.002
    assert sum(len(points.get_xdata()) for points in below.lines if points.get_linestyle() == "None") == 84
    beyond = int(re.search(r"(\d+) of 84 beyond the dashed ±2 \(4 by chance", text(drawn["collapse"]))[1])
    y = np.concatenate([points.get_ydata() for points in below.lines if points.get_linestyle() == "None"])
    assert beyond == np.sum(np.abs(y) > 2)


def test_residuals_with_a_trend_and_a_bad_collapse_are_not_praised(tmp_path):
    along = np.tile(np.linspace(-4, 4, 84), (2, 1))
    synthetic.fss(tmp_path / "bad", residual=along, quality=5.2)
    caption = text(plots(tmp_path / "bad")["collapse"])
    assert "S = 5.2 from 93 % of the points, far above 1" in caption and "more than chance allows" in caption
    assert "may follow one size after the other" in caption
    synthetic.fss(tmp_path / "fair", quality=1.8)  # of 2 · 84 points: 1 ± 0.11
    assert "S = 1.8 from 93 % of the points, above 1 by more than its scatter" in text(plots(tmp_path / "fair")["collapse"])


def test_a_collapse_far_from_the_crossings_is_told_and_does_not_stretch_their_axis(drawn, tmp_path):
    synthetic.fss(tmp_path, x_c=2.0)
    far = plots(tmp_path)
    for name in ("crossings", "peaks"):
        assert "far from here" in text(far[name]) and "far from here" not in text(drawn[name])
        low, high = far[name].figure.axes[0].get_ylim()
        assert low > 2.2


def test_regions_hold_the_shares_of_draws_that_they_claim():
    random = np.random.default_rng(4)

    class Parameters:
        draws = random.normal(size=(4000, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]])
        low, high, mean = draws.min(axis=0), draws.max(axis=0), draws.mean(axis=0)
        shows_quality = staticmethod(lambda *which: False)
    _, grid = style.new_grid(1, 1)
    scaling_posterior._pair(grid[0, 0], Parameters, 0, 1)
    outlines = grid[0, 0].collections[-2:] if len(grid[0, 0].collections) > 3 else [grid[0, 0].collections[-1]]
    paths = [path for outline in outlines for path in outline.get_paths()]
    shares = sorted(np.mean(path.contains_points(Parameters.draws)) for path in paths if len(path) > 8)
    assert shares[0] == pytest.approx(0.68, abs=0.04) and shares[-1] == pytest.approx(0.95, abs=0.03)


def test_one_parameter_and_many(tmp_path):
    synthetic.fss(tmp_path / "one", observables=("binder",), exponents=(0.0,), posterior=np.stack(
        [np.random.default_rng(1).normal(2.27, 1e-4, 2500), np.ones(2500)], axis=1))
    one = plots(tmp_path / "one")["posterior"]
    assert "the one parameter" in one.alt and "regions" not in text(one) and len(one.figure.axes) == 1
    names = tuple(f"chi{i}" for i in range(5))
    synthetic.fss(tmp_path / "many", observables=names, exponents=(1.0,) * 5)
    many = plots(tmp_path / "many")
    assert "Not shown: a of chi3, a of chi4" in text(many["posterior"]) and len(many["posterior"].figure.axes) == 15
    assert "2 more observables are in the file" in text(many["curves-3"]) and "curves-4" not in many


def test_parameters_that_the_methods_find_far_apart_are_told(tmp_path):
    synthetic.fss(tmp_path, estimate=np.array([[2.2692, 1, 1.75], [2.3, 1, 1.75]]))
    assert "(outside of the frame: xc; the methods disagree)" in text(plots(tmp_path)["posterior"])


def test_crossings_go_to_their_limit(drawn):
    upper, lower = drawn["crossings"].figure.axes
    (drift,) = [drawn for drawn in upper.lines if len(drawn.get_xdata()) == 200]
    assert drift.get_ydata()[0] == pytest.approx(synthetic.T_C, abs=1e-12) and drift.get_xdata()[0] == 0
    assert upper.get_xlim()[0] < 0 < upper.get_xlim()[1]
    assert "for infinite size 2.26920 ± 0.00010, value 1.0000 ± 0.0040" in text(drawn["crossings"])


def test_crossings_that_are_rare_or_missing_are_hollow_or_counted(tmp_path):
    place, found = np.full((2, 6), np.nan), np.zeros((2, 6))
    place[0, 2:], found[0, 2:] = synthetic.T_C + 1e-3 * np.arange(4), [0.5, 1, 1, 1]
    nothing = np.full(2, np.nan)
    synthetic.fss(tmp_path, crossing=place, crossing_found=found, crossing_limit=nothing, crossing_value_limit=nothing)
    plot = plots(tmp_path)["crossings"]
    assert "2 of 6 pairs do not cross. Hollow: found in fewer than nine of ten" in text(plot) and "Too few pairs" in text(plot)
    faces = [bars[0].get_markerfacecolor() for bars in plot.figure.axes[0].containers]
    assert faces == [style.SERIES[0], style.PAPER]


def test_laws_of_growth_are_drawn_with_weights_and_power(drawn):
    axes = drawn["maxima"].figure.axes[0]
    reference = np.exp(np.mean(np.log([16, 24, 32, 48, 64, 96, 128])))
    x, y = line(axes, "power law 0.98")
    assert y == pytest.approx(1.2 * (x / reference) ** 1.75)
    x, y = line(axes, "logarithm 0.00")
    assert y == pytest.approx(-80 / 128 + 40 / 128 * np.log(x))
    x, y = line(axes, "saturation 0.02")
    assert y == pytest.approx(30 * (1 - np.exp(-0.3 / 128 * x)))
    assert "Verdict: a power law" in text(drawn["maxima"]) and "a power law 0.99, saturation 0.93" in text(drawn["maxima"])
    assert "e is 1/ν" in text(drawn["peaks"])


def test_one_number_per_size_is_judged_alone(tmp_path):
    synthetic.heights(tmp_path)
    drawn = plots(tmp_path)
    assert list(drawn) == ["maxima"]
    caption = text(drawn["maxima"])
    assert "Inconclusive" in caption and "cannot tell a divergence from a crossover" in caption
    assert "58 % of what a theorem allows at any size" in caption
    (bound,) = [drawn for drawn in drawn["maxima"].figure.axes[0].lines if drawn.get_label() == "bound"]
    top = max(bars[0].get_ydata().max() for bars in drawn["maxima"].figure.axes[0].containers)
    assert bound.get_ydata()[0] == pytest.approx(top / 0.58)


COLLAPSE = ("x_c", "x_c_error", "nu", "nu_error", "exponent", "exponent_error", "estimate", "estimate_error", "quality",
            "quality_overlap", "scaled_x", "scaled_y", "scaled_y_error", "reference_size")
GAUSSIAN_PROCESS = ("effective_sample_size", "posterior", "residual", "function_x", "function", "function_error")


@pytest.mark.parametrize("without, left", [
    (GAUSSIAN_PROCESS, [name for name in ALL if name != "posterior"]),
    (COLLAPSE + GAUSSIAN_PROCESS, ["curves", "curves-2", "crossings", "maxima", "peaks"]),
    (("crossing_found", "crossing_error", "crossing_value_error", "crossing_limit", "crossing_value_limit"), ALL),
    (("crossing", "maximum", "maximum_x"), ALL[:5]), (("law_a", "akaike_weight", "verdict"), ALL),
    (("size",), []), (("y_error",), [])])
def test_what_is_missing_costs_only_its_figure(tmp_path, without, left):
    synthetic.fss(tmp_path, without=without)
    drawn = plots(tmp_path)
    assert list(drawn) == left
    if "posterior" in without and "scaled_x" not in without:
        assert "Points alone" in text(drawn["collapse"]) and len(drawn["collapse"].figure.axes) == 1
    if "law_a" in without:
        assert "Laws compete only where" in text(drawn["maxima"])


@pytest.mark.parametrize("part", range(6))
def test_variables_may_be_nan(tmp_path, part):
    synthetic.fss(tmp_path / "whole")
    whole = results.ResultFile(tmp_path / "whole/fss.h5", "run")
    places = ("size", "system_size", "pair_size")
    numbers = [name for name, *_ in whole.overview if whole[name].dtype.kind == "f" and name not in places]
    assert len(numbers) > 40
    lost = numbers[part::5] if part < 5 else numbers
    synthetic.fss(tmp_path / "part", **{name: np.nan * whole[name] for name in lost})
    for plot in plots(tmp_path / "part").values():
        plot.svg("p")


def test_strange_names_are_shown_as_they_are(tmp_path):
    odd = "binder(<b>m$2</b> & m$4, a name that goes on and on and on)"
    synthetic.fss(tmp_path, observables=(odd, "x_y$z"), x_name="a$<i>", size_name="#_&$\\\\")
    done = report(tmp_path)
    assert done.returncode == 0, done.stderr
    page = Page(tmp_path / "report.html")
    assert "<b>m$2" not in page.text and "&lt;b&gt;m$2&lt;/b&gt; &amp; m$4" in page.text and len(page.all("figure")) == len(ALL)


def test_labels_are_no_longer_than_their_axes(tmp_path):
    names = ("susceptibility(magnetization, magnetization2)", "susceptibility(a, b)")
    synthetic.fss(tmp_path, observables=names, exponents=(1.0, 2.0), x_name="temperature of the bath")
    for plot in plots(tmp_path).values():
        renderer = plot.figure.canvas.get_renderer()
        width, height = plot.figure.get_size_inches() * plot.figure.dpi
        for axes in plot.figure.axes:
            assert axes.yaxis.label.get_window_extent(renderer).height <= 1.02 * axes.get_window_extent(renderer).height
            whole = axes.get_tightbbox(renderer)
            assert 0 <= whole.x0 and whole.x1 <= width and 0 <= whole.y0 and whole.y1 <= height


@pytest.mark.parametrize("ansatz, said", [("bkt", "ln²(L/L0)"), ("logarithmic", "(ln L)1/ν"), ("first_order", "L1/ν"),
                                          ("mean_field", "Ansatz mean field")])
def test_every_ansatz_has_its_formula(tmp_path, ansatz, said):
    synthetic.fss(tmp_path, settings="corrections = true\n")
    file = results.ResultFile(tmp_path / "fss.h5", "run")
    file.settings["scaling"]["ansatz"] = ansatz
    caption = text(next(fss.scaling_collapse.collapse(file)))
    assert said in caption and "y times 1 + cL−ω" in caption


def test_sizes_are_printed_short():
    printed = [scaling_study.number(n) for n in (16, 1000, 10000, 65536, 10**7, 2**24)]
    assert printed == ["16", "1000", "10⁴", "65536", "10⁷", "1.68e+07"]
