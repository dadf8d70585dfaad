"""Figures of token runs: which are drawn, what their captions say, and that the one that moves can be stopped."""
import re

import numpy as np
import pytest
import results
import style
import synthetic
import synthetic_waves
import conftest
from conftest import PLOTS, report, text
from figures import token_laws, token_paths, token_study, tokens
from scipy.integrate import solve_ivp
from test_page import Page


def plots(directory):
    return conftest.plots(directory / "ensemble.h5", tokens.FIGURES)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tokens")
    synthetic.tokens(directory)
    return directory


@pytest.fixture(scope="module")
def drawn(run):
    return plots(run)


def test_a_run_with_trajectories_shows_paths_clusters_and_attention(drawn):
    assert list(drawn) == ["movie", "circle", "circle-2", "sphere", "sphere-2", "staircase", "order", "attention", "reciprocity"]
    assert drawn["circle-2"].title == "Tokens on the circle, d = 2, β = 9"
    for name in ("movie", "circle", "sphere"):
        assert "2 clusters at t = 10" in text(drawn[name]) and "12 tokens" in text(drawn[name])


def test_every_token_is_drawn_in_the_color_of_its_cluster(drawn):
    paths = [line for line in drawn["circle"].figure.axes[0].lines]
    colors = [line.get_color() for line in paths]
    assert len(paths) == 12 and colors.count(style.SERIES[0]) == 6 and colors.count(style.SERIES[1]) == 6
    ends = np.array([line.get_ydata()[-1] for line in paths])
    apart = np.abs(np.angle(np.exp(1j * (ends[:6].mean() - ends[6:].mean()))))
    assert apart == pytest.approx(np.pi, abs=1e-9) and np.ptp(ends[:6]) < 1e-9


def test_clusters_are_linked_singly():
    angle = np.array([0.0, 0.1, 0.2, 3.0, 1.5, 3.05])
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert token_study.clusters(x, np.cos(0.11)).tolist() == [0, 0, 0, 1, 2, 1]


def test_inertial_paths_are_smooth_between_samples_and_end_after_a_turn():
    time = np.linspace(0, 20, 81)
    x = np.stack([np.cos(time), np.sin(time)], axis=1)[:, None]
    velocity = np.stack([-np.sin(time), np.cos(time)], axis=1)[:, None]
    when, path = token_paths._first_turns(time, x, velocity)
    assert when[-1] == pytest.approx(2 * np.pi, abs=0.25)
    assert path[:, 0, 0] == pytest.approx(np.cos(when), abs=1e-4)


def test_dots_of_the_movie_are_where_the_tokens_are(drawn):
    movie = drawn["movie"]
    start, end = movie.tracks[0].position[[0, -1]]
    axes = movie.figure.axes[0]
    x, y = movie._in_svg(np.array([[0.0, 0.0], start, end]))
    picture = movie.svg("p")
    assert f"0%{{transform:translate({x[1]:.1f}px,{y[1]:.1f}px)" in picture
    assert f"100%{{transform:translate({x[2]:.1f}px,{y[2]:.1f}px)" in picture
    # The unit circle, the outline, is drawn around the same middle.
    outline = axes.lines[0].get_transform().transform(np.column_stack(axes.lines[0].get_data())) * 72 / movie.figure.dpi
    assert outline.mean(axis=0)[0] == pytest.approx(x[0], abs=1.0)


def test_the_movie_is_small_and_can_be_stopped(run, tmp_path):
    assert report(run, "--out", tmp_path / "page.html", "--figures", tmp_path / "figures").returncode == 0
    page = Page(tmp_path / "page.html")
    (style_sheet,) = [e[2] for e in page.all("style") if "keyframes" in e[2]]
    assert len(style_sheet) < 1e6 and style_sheet.count("@keyframes") == 13  # tokens and clock
    assert "@media print,(prefers-reduced-motion:reduce){.moving circle{animation:none" in style_sheet
    (box,) = page.all("input", type="checkbox")
    assert page.all("label", for_=box[1]["id"]) and "animation-play-state: paused" in page.text
    names = set(re.findall(r"animation-name:([\w-]+)", page.text))
    assert names == set(re.findall(r"@keyframes ([\w-]+)", page.text)) and len(names) == 13
    (alone,) = (tmp_path / "figures").glob("*.svg")
    assert alone.read_text().startswith("<svg xmlns=") and "var(" not in alone.read_text()


def test_the_share_without_any_potential_is_drawn_where_it_was_measured(run, drawn, tmp_path):
    assert "no potential" not in text(drawn["reciprocity"])
    synthetic.tokens(tmp_path, curl=True)
    assert "share that no potential explains" in text(plots(tmp_path)["reciprocity"])


def test_with_noise_clusters_are_of_a_moment(tmp_path):
    synthetic.tokens(tmp_path, noise=0.5)
    drawn = plots(tmp_path)
    assert "staircase" not in drawn and "colors only tell the tokens apart" in text(drawn["sphere"])


def test_one_token_alone_is_no_picture(tmp_path):
    synthetic.tokens(tmp_path, count=1)
    assert list(plots(tmp_path)) == ["order", "reciprocity"]


def test_lifetimes_are_fitted_with_an_error(tmp_path):
    synthetic.token_lifetimes(tmp_path / "all")
    caption = text(plots(tmp_path / "all")["lifetimes"])
    slope, error = map(float, re.search(r"c = ([\d.]+) ± ([\d.]+)", caption).groups())
    assert abs(slope - 1.7) < 3 * error and 0.02 < error < 0.2  # 0.5/sqrt(12)/sqrt(5) = 0.065
    synthetic.token_lifetimes(tmp_path / "some", unmerged=2)
    assert "2 members had not merged at the end" in text(plots(tmp_path / "some")["lifetimes"])


def test_a_line_is_fitted_with_the_weights_of_its_errors():
    x, error = np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.1, 0.2, 0.1, 0.3])
    slope, slope_error, offset, chi2 = token_paths.line(x, 2 - 3 * x, error)
    assert (slope, offset) == (pytest.approx(-3), pytest.approx(2)) and chi2 == pytest.approx(0, abs=1e-20)
    design = np.stack([x, np.ones(4)], axis=1) / error[:, None]
    assert slope_error == pytest.approx(np.sqrt(np.linalg.inv(design.T @ design)[0, 0]))


def test_energies_of_inertial_motion_and_what_is_conserved(tmp_path):
    synthetic.token_energies(tmp_path)
    drawn = plots(tmp_path)
    assert list(drawn) == ["budget", "budget-2", "conservation"]
    assert "only change places" in text(drawn["budget"]) and "the bath" in text(drawn["budget-2"])
    caption = text(drawn["conservation"])
    assert "energy 2 × 10−10 (friction = 0)" in caption
    assert "angular momentum 6.4 × 10−14 (friction = 0)" in caption  # 3e-14 · 12 / √(2 · 8 tokens · kinetic 2)
    assert caption.count("angular momentum 6") == 1


def solved(dynamics, tokens, beta, cosine, time):
    """The equiangular law in the form 1 - rho, integrated by SciPy."""
    def rate(_, gap):
        rho = 1 - gap
        weight = 2 / tokens if dynamics == "usa" else 2 / (np.exp(beta) + (tokens - 1) * np.exp(beta * rho))
        return -weight * np.exp(beta * rho) * gap * ((tokens - 1) * rho + 1)
    return solve_ivp(rate, (0, time[-1]), [1 - cosine], t_eval=time, rtol=1e-11, atol=1e-300, method="DOP853").y[0]


@pytest.mark.parametrize("error, said", [(0.0, r"10−1[0-3]"), (1e-3, "0.001")])
def test_the_deviation_from_the_equiangular_law_is_said(tmp_path, error, said):
    synthetic.token_angles(tmp_path, solved, error)
    caption = text(plots(tmp_path)["equiangular"])
    assert re.search(r"where it is above 10−4: (\d\.\d+ × )?" + said, caption)
    assert "SA: dρ/dt" in caption and "USA: dρ/dt" in caption


def test_self_weights_lie_on_their_law(tmp_path):
    synthetic.token_self_weights(tmp_path)
    caption = text(plots(tmp_path)["long_context"])
    assert "= 2, where the step sharpens" in caption and re.search(r"Largest deviation: \d(\.\d)? × 10−1[67]|deviation: 0\.", caption)


def test_transition_and_mean_field_know_the_critical_coupling(tmp_path):
    synthetic.token_transition(tmp_path / "finite")
    synthetic.token_mean_field(tmp_path / "infinite")
    finite, infinite = plots(tmp_path / "finite"), plots(tmp_path / "infinite")
    assert list(finite) == ["transition"] and list(infinite) == ["transition", "density", "growth"]
    for plot in (finite["transition"], infinite["transition"]):
        assert "= 1.769" in text(plot) and "bends back" not in text(plot)
    assert "K = 2.5" in infinite["density"].title


def test_members_of_one_point_are_averaged_with_their_errors(tmp_path):
    synthetic.token_transition(tmp_path, tokens=(64, 64))
    file = results.ResultFile(tmp_path / "ensemble.h5", "run")
    coupling, mean, error = token_laws._combined(file, np.ones(8, bool))
    assert coupling.tolist() == [0.4, 1.0, 2.0, 3.0] and mean[3] == pytest.approx(0.8)
    assert error[3] == pytest.approx(0.016 / np.sqrt(2))


def test_phase_diagram_averages_the_ends_of_members(tmp_path):
    synthetic.token_phases(tmp_path)
    plot = plots(tmp_path)["phase"]
    assert "averaged over 2 members per point" in text(plot)
    (mesh,) = [c for c in plot.figure.axes[0].collections if c.get_array() is not None and c.get_array().size == 9]
    assert mesh.get_array().reshape(3, 3).tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 0]]


def test_no_figure_needs_more_than_the_reports_packages():
    for path in [*PLOTS.glob("*.py"), *PLOTS.glob("figures/*.py")]:
        assert not re.search(r"^\s*(import|from) (scipy|PIL|pandas)", path.read_text(), flags=re.M), path.name


def test_masses_by_rotary_positions_lie_on_perturbation_theory(tmp_path):
    synthetic_waves.token_breaking(tmp_path, excess=-1.0)
    plot = plots(tmp_path)["breaking"]
    above, below = plot.figure.axes
    assert sorted(above.get_legend_handles_labels()[1]) == ["plane 1", "plane 2", "plane 3", "tokens apart"]
    lines = [line.get_data() for line in above.lines if line.get_linestyle() == "-"]
    for (x, y), mass in zip(lines, (1e-4, 1e-2, 1.0), strict=True):
        assert x == pytest.approx([0.01, 0.02, 0.04]) and y == pytest.approx(mass * x**2)
    assert len(above.containers) == len(below.containers) == 6
    for container in below.containers:
        x, y = container[0].get_data()
        assert y == pytest.approx(-100 * x**2, abs=1e-4)
    assert "0.01 % at the smallest scale and 0.16 % at the largest" in text(plot)
    assert "Zero modes: without angles 7 where dim G/H is 7; with them 1 where dim G/H is 1" in text(plot)


def test_one_scale_of_rotary_angles_is_no_sweep(tmp_path):
    synthetic_waves.token_breaking(tmp_path, scales=(0.0, 0.01))
    assert "breaking" not in plots(tmp_path)
