"""Figures of Goldstone modes: where theory and points lie, what captions say of them, and what a file may lack."""
import re

import numpy as np
import pytest
import results
import style
import synthetic_waves as synthetic
import conftest
from conftest import report, text
from figures import goldstone, goldstone_study
from test_page import Page

ALPHAS = (1.5, 2.0, 2.5)
SWEEP = [{"kernel": "power", "alpha": alpha} for alpha in ALPHAS]
FIELDS = [{"kernel": "nearest", "field": h, "mass": 2.0} for h in (0.0, 0.01, 0.04)]


def plots(directory, *names):
    """All figures of an analysis, or those of these names alone."""
    chosen = [draw for draw in goldstone.FIGURES if not names or draw.__name__ in names]
    return conftest.plots(directory / "goldstone.h5", chosen)


def plot(directory, name):
    return plots(directory, name)[name]


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return np.array(found.get_xdata(), float), np.array(found.get_ydata(), float)


def bars(axes):
    """x and y of all points with error bars, in the order of drawing."""
    return [container[0].get_data() for container in axes.containers]


def test_linear_theory_and_fitted_points_lie_on_the_brightest_cells(tmp_path):
    k, linear, measured = synthetic.goldstone(tmp_path)
    axes = plot(tmp_path, "spectrum").figure.axes[0]
    x, y = line(axes, "linear theory")
    assert x == pytest.approx(k[1:]) and y == pytest.approx(2 * np.sin(k[1:] / 2))
    x, y = line(axes, "fitted")
    assert np.isin(x, k).all() and y == pytest.approx(np.interp(x, k[1:], measured[0, 1:])) and len(x) > 8
    brightest = axes.patches[-1].get_path()
    assert brightest.contains_points(np.stack([x, y], axis=1)).all()
    assert not brightest.contains_points([(0.1, 2.0), (3.0, 0.05), (1.5, 1.0), (1.5, 1.8)]).any()


def test_waves_of_one_direction_keep_their_sign_on_the_map(tmp_path):
    k, linear, _ = synthetic.goldstone(tmp_path / "both")
    sign = {"frequency": -linear, "frequency_linear": -linear, "branch": ["travelling"]}
    synthetic.goldstone(tmp_path / "one", **sign)
    both, one = (plot(tmp_path / name, "spectrum").figure.axes[0] for name in ("both", "one"))
    assert both.get_ylim()[0] == 0 and one.get_ylim()[0] < -2
    at = (k[-2], -linear[0, -2])  # four fifths of the power are at negative frequencies
    assert one.patches[-1].get_path().contains_points([at])[0]


def test_the_dispersion_says_how_far_linear_theory_is_off(tmp_path):
    k, linear, measured = synthetic.goldstone(tmp_path, deviation=-0.003, error=1e-5)
    drawn = plot(tmp_path, "dispersion")
    above, below = drawn.figure.axes
    x, y = line(above, "linear theory")
    assert y == pytest.approx(linear[0, 1:]) and above.get_xscale() == above.get_yscale() == "log"
    assert line(above, "linear")[0].max() < 0.6 and bars(above)[0][1] == pytest.approx(measured[0, 1:])
    assert bars(below)[0][1] == pytest.approx(-0.3, abs=0.005)
    assert "0.3 % in the median" in text(drawn) and "ω ~ kz: 1.0000 ± 0.0012 (expected 1)" in text(drawn)
    assert "Chain of 512 rotors, nearest neighbors, T = 0.0005, microcanonical." in text(drawn)


def test_a_few_bad_modes_do_not_set_the_scale_and_are_counted(tmp_path):
    _, linear, _ = synthetic.goldstone(tmp_path)
    measured = linear * 1.0001
    measured[0, 3] *= 1.2
    measured[0, 0] = np.nan
    synthetic.goldstone(tmp_path, frequency=measured, error=1e-5)
    drawn = plot(tmp_path, "dispersion")
    assert drawn.figure.axes[1].get_ylim()[1] < 1 and "20 % at most, 1 beyond the frame" in text(drawn)


def test_a_law_that_does_not_fit_is_not_praised(tmp_path):
    for name, probability in (("good", 0.4), ("bad", 1e-5)):
        synthetic.goldstone(tmp_path / name, law_probability=np.array([probability]))
        assert ("No law fits within errors" in text(plot(tmp_path / name, "dispersion"))) == (name == "bad")


def test_a_sweep_over_the_range_shares_one_figure_and_shows_its_exponents(tmp_path):
    _, _, measured = synthetic.goldstone(tmp_path, SWEEP)
    drawn = plots(tmp_path)
    assert list(drawn) == ["spectrum", "spectrum-2", "spectrum-3", "dispersion", "exponents", "damping", "modes"]
    axes = drawn["dispersion"].figure.axes[0]
    assert axes.get_legend_handles_labels()[1] == ["α = 1.5", "α = 2", "α = 2.5"]
    for (_, y), expected in zip(bars(axes), measured):
        assert y == pytest.approx(expected[1:])
    assert "α = 1.5: 0.2500 ± 0.0012 (expected 0.25); α = 2: 0.5000 ± 0.0012 (expected 0.5)" in text(drawn["dispersion"])
    exponents = drawn["exponents"].figure.axes[0]
    x, y = line(exponents, "theory")
    assert np.interp(ALPHAS, x, y) == pytest.approx([0.25, 0.5, 0.75], abs=1e-3) and y[-1] == 1
    assert bars(exponents)[0][1] == pytest.approx([0.25, 0.5, 0.75])


def test_all_to_all_coupling_has_no_branch(tmp_path):
    synthetic.goldstone(tmp_path, [{"kernel": "all"}])
    drawn = plots(tmp_path, "dispersion", "spectrum")
    assert "no branch leads to the zero mode" in text(drawn["dispersion"])
    assert "one frequency for all k > 0" in text(drawn["spectrum"])
    low, high = drawn["dispersion"].figure.axes[0].get_ylim()
    assert high / low > 5  # what is flat looks flat


def test_relaxation_has_rates(tmp_path):
    k, linear, measured = synthetic.goldstone(tmp_path, kind="relaxation")
    drawn = plots(tmp_path)
    assert list(drawn) == ["spectrum", "dispersion", "modes"] and drawn["dispersion"].title == "Relaxation of soft modes"
    assert bars(drawn["dispersion"].figure.axes[0])[0][1] == pytest.approx(measured[0, 1:])
    assert "(expected 2)" in text(drawn["dispersion"])
    assert "Rate at k = 0" in drawn["modes"].columns


def test_modes_that_are_not_resolved_are_upper_limits(tmp_path):
    _, linear, _ = synthetic.goldstone(tmp_path)
    unresolved, limit = linear.copy(), np.full(linear.shape, np.nan)
    unresolved[0, :4], limit[0, 1:4] = np.nan, 0.1
    synthetic.goldstone(tmp_path, frequency=unresolved, pole_limit=limit)
    drawn = plot(tmp_path, "dispersion")
    triangles = [marks for marks in drawn.figure.axes[0].lines if marks.get_marker() == "v"]
    assert "upper limits" in text(drawn) and sum(len(marks.get_xdata()) for marks in triangles) == 3
    synthetic.goldstone(tmp_path / "soft", frequency=unresolved, pole_limit=limit, damping_linear=np.full(linear.shape, 0.06))
    overdamped = plot(tmp_path / "soft", "dispersion")  # the limit is of a rate there, which has no place among frequencies
    left = [marks for marks in overdamped.figure.axes[0].lines if marks.get_marker() == "v"]
    assert sum(len(marks.get_xdata()) for marks in left) == np.sum(linear[0, 1:4] > 0.03) in (1, 2)


def test_the_gap_is_drawn_against_the_field_with_the_line_of_the_theory(tmp_path):
    line_of_set = {"field_slope": [0.499982], "field_slope_error": [0.000014], "field_slope_expected": [0.5],
                   "field_intercept": [1e-6], "field_intercept_error": [3e-6]}
    synthetic.goldstone(tmp_path / "set", FIELDS, fields=line_of_set)
    drawn = plot(tmp_path / "set", "field")
    x, y = line(drawn.figure.axes[0], "$h/m$")
    assert y == pytest.approx(x / 2) and bars(drawn.figure.axes[0])[0][1] == pytest.approx([0, 0.005, 0.02])
    assert "slope 0.499982 ± 0.000014 where 0.5 is expected" in text(drawn)
    assert "Without field the gap is below 0.002 (95 %)" in text(drawn)
    assert bars(drawn.figure.axes[1])[0][0] == pytest.approx([0.01, 0.04])
    synthetic.goldstone(tmp_path / "bare", FIELDS)  # an analysis without the fit: 1/m is known from the mass
    bare = plot(tmp_path / "bare", "field")
    assert line(bare.figure.axes[0], "$h/m$")[1] == pytest.approx(y) and "slope" not in text(bare)


def test_fields_at_two_temperatures_are_not_mixed(tmp_path):
    points = [{**point, "temperature": t} for t in (1e-4, 2e-4) for point in FIELDS]
    synthetic.goldstone(tmp_path, points)
    drawn = plots(tmp_path, "field")
    assert set(drawn) == {"field", "field-2"}
    for name in ("field", "field-2"):
        assert len(bars(drawn[name].figure.axes[0])[0][0]) == 3


def test_the_table_counts_modes_and_tells_gaps_from_limits(tmp_path):
    synthetic.goldstone(tmp_path / "right", FIELDS)
    table = plot(tmp_path / "right", "modes")
    gaps = [row[table.columns.index("ω(0)")] for row in table.rows]
    assert gaps[0] == "&lt; 0.002" and gaps[1].startswith("0.0707") and "they agree" in text(table)
    assert [row[0] for row in table.rows] == ["h = 0", "h = 0.01", "h = 0.04"]
    assert [row[table.columns.index("dim G/H")] for row in table.rows] == ["1", "0", "0"]
    assert "1.1 standard errors apart at most" in text(table)
    synthetic.goldstone(tmp_path / "wrong", FIELDS, zero_modes=np.array([1.0, 1.0, 0.0]))
    assert "they differ at 1 point" in text(plot(tmp_path / "wrong", "modes"))
    synthetic.goldstone(tmp_path / "open", boundary=["open"])
    assert "Helicity modulus" not in plot(tmp_path / "open", "modes").columns


def test_only_lines_wider_than_chance_have_a_damping(tmp_path):
    synthetic.goldstone(tmp_path / "wide", width=0.02)
    synthetic.goldstone(tmp_path / "sharp", width=1e-9)
    assert bars(plot(tmp_path / "wide", "damping").figure.axes[0])[0][1] == pytest.approx(0.02)
    assert not plots(tmp_path / "sharp", "damping")


def test_forces_that_are_not_reciprocal_are_shown_where_that_is_beyond_doubt(tmp_path):
    synthetic.goldstone(tmp_path, asymmetry_significance=np.array([12.0]))
    assert "12 standard errors" in text(plot(tmp_path, "asymmetry"))


def test_points_are_called_by_what_differs(tmp_path):
    points = [{"kernel": kernel, "alpha": alpha} for kernel, alpha in (("nearest", np.nan), ("power", 1.5), ("all", np.nan))]
    synthetic.goldstone(tmp_path / "kernels", points)
    file = results.ResultFile(tmp_path / "kernels" / "goldstone.h5", "run")
    assert [point.label for point in goldstone_study.points(file)] == ["nearest neighbors", "power law, α = 1.5", "all-to-all"]
    sizes = [{"kernel": "nearest", "rotors": n, "length": n} for n in (64.0, 128.0)]
    synthetic.goldstone(tmp_path / "sizes", sizes)
    file = results.ResultFile(tmp_path / "sizes" / "goldstone.h5", "run")
    assert [point.label for point in goldstone_study.points(file)] == ["N = 64", "N = 128"]


@pytest.mark.parametrize("without", ["frequency_law", "frequency_linear", "spectrum", "exponent", "gap_squared", "branch",
                                     "damping", "zero_modes", "kernel", "stiffness_deviation", "mass", "pole_limit", "asymmetry"])
def test_a_file_may_lack_a_variable(tmp_path, without):
    synthetic.goldstone(tmp_path, FIELDS[:2], modes=8, without=(without,))
    drawn = plots(tmp_path)
    assert "dispersion" in drawn and "modes" in drawn and ("spectrum" in drawn) == (without != "spectrum")


def test_a_file_without_modes_shows_its_variables(tmp_path):
    synthetic.goldstone(tmp_path, without=("wavenumber",))
    assert report(tmp_path).returncode == 0 and not Page(tmp_path / "report.html").all("figure")


def test_the_page_holds_figures_and_a_table_that_scrolls_by_itself(tmp_path):
    synthetic.goldstone(tmp_path, SWEEP)
    done = report(tmp_path, "--figures", tmp_path / "figures")
    assert done.returncode == 0 and not done.stderr
    page = Page(tmp_path / "report.html")
    (table,) = page.all("table", class_="numbers")
    assert "α = 2.5" in table[2] and "0.7500 ± 0.0012" in table[2] and len(page.all("figure")) == 7
    assert len(page.all("svg", role="img")) == 6 and len(page.text) < 500_000
    assert not (tmp_path / "figures" / f"{tmp_path.name}-modes.png").exists()
    assert (tmp_path / "figures" / f"{tmp_path.name}-dispersion.png").exists()


def test_cells_of_a_map_are_where_their_values_are():
    _, axes = style.new_axes()
    style.cells(axes, [0, 1, 2], [0, 1, 2, 4], np.array([[0.1, 0.9, 0.9], [0.9, 0.1, 0.1]]), [0, 0.5, 1], "magma")
    low, high = (patch.get_path() for patch in axes.patches)
    assert high.contains_points([(0.5, 1.5), (0.5, 3.5), (1.5, 0.5)]).all()
    assert not high.contains_points([(0.5, 0.5), (1.5, 3)]).any()
    assert low.contains_points([(0.5, 0.5), (1.5, 3)]).all() and not low.contains_points([(0.5, 1.5)]).any()
