"""softmech-fss as a user runs it: data whose transition is known, shipped studies, strangers' tables."""

import re
import shlex
import tomllib

import numpy as np
import pytest
import xarray

from conftest import DATA, run, sha256
from test_outputs import SAMPLED_ROTORS, SMALL, check_provenance

QUICK = ["--set", "collapse.effective_samples=200", "--set", "collapse.resamples=20", "--set", "crossings.resamples=40",
         "--set", "growth.simulations=20"]


def table(path, sizes=(8, 16, 32, 64), points=9, x_c=2.0, nu=1.25, exponent=0.0, error=0.004, rng=1, **more):
    """y = L^a (1 - tanh((x - x_c) L^(1/nu)))/2, each size on a grid of its own."""
    random = np.random.default_rng(rng)
    rows = [",".join(["size", "x", "y", "dy", *more])]
    for size in sizes:
        for x in x_c + np.linspace(-1, 1.1, points + size % 3) * size ** (-1 / nu):
            scale = size**exponent
            y = scale * ((1 - np.tanh((x - x_c) * size ** (1 / nu))) / 2 + error * random.standard_normal())
            rows.append(",".join(str(value) for value in (size, x, y, scale * error, *more.values())))
    path.write_text("\n".join(rows) + "\n")
    return path


def results(out):
    with xarray.open_dataset(out / "fss.h5") as data:
        return data.load()


@pytest.fixture(scope="module")
def power(tmp_path_factory):
    place = tmp_path_factory.mktemp("power")
    done = run("fss", table(place / "t.csv"), *QUICK, "--set", "collapse.effective_samples=500", "--out", place / "out")
    return place, done.stdout, results(place / "out")


def test_a_known_transition_is_found_by_both_methods(power):
    place, page, data = power
    for name, truth in (("x_c", 2.0), ("nu", 1.25), ("inverse_nu", 0.8)):
        error = float(data[f"{name}_error"])
        assert abs(float(data[name]) - truth) < 4 * error and 0 < error < 0.05
    estimate, error = data.estimate.to_pandas(), data.estimate_error.to_pandas()
    assert list(estimate.index) == ["gaussian_process", "quality"]
    assert (abs(estimate["x_c"] - 2.0) < 4 * error["x_c"]).all()
    assert abs(float(data.exponent[0])) < 4 * float(data.exponent_error[0])
    assert 0.5 < float(data.quality) < 2 and float(data.quality_overlap) > 0.8
    assert float(data.effective_sample_size) >= 500
    assert "Gaussian process" in page and "x_c" in page
    rows = [line.split("\t") for line in (place / "out" / "fss.tsv").read_text().splitlines()]
    assert rows[0] == ["what", "observable", "method", "value", "error"]
    (x_c,) = [row for row in rows if row[0] == "x_c" and row[2] == "gaussian_process"]
    assert float(x_c[3]) == pytest.approx(float(data.x_c), rel=1e-9)


def test_the_collapse_is_written_as_it_was_made(power):
    _, _, data = power
    parameters = dict(zip(data.parameter.values.astype(str), data.posterior.mean("draw").values))
    assert parameters["x_c"] == pytest.approx(float(data.x_c), abs=float(data.x_c_error) / 5)
    # scaled_x is (x - x_c)(L/L*)^(1/nu) for one x_c and nu: solved for from three points, it holds for the others.
    u = np.log(data["size"].values / float(data.reference_size))
    best = min(((x_c, b) for x_c in np.linspace(1.98, 2.02, 81) for b in np.linspace(0.7, 0.9, 81)),
               key=lambda p: np.abs((data.x.values - p[0]) * np.exp(p[1] * u) - data.scaled_x.values).max())
    np.testing.assert_allclose((data.x.values - best[0]) * np.exp(best[1] * u), data.scaled_x.values, atol=0.002)
    residual = data.residual.values.ravel()
    assert 0.6 < np.sqrt(np.mean(residual**2)) < 1.2
    assert data.function.shape == data.function_error.shape == (1, data.sizes["curve_point"])


def test_crossings_of_a_ratio(tmp_path):
    run("fss", table(tmp_path / "t.csv"), *QUICK, "--set", "scaling.exponent=0", "--set", "collapse.method=none", "--out", tmp_path / "out")
    data = results(tmp_path / "out")
    assert list(data.size_pair.values.astype(str)) == ["8, 16", "16, 32", "32, 64"]
    assert (abs(data.crossing[0] - 2.0) < 4 * data.crossing_error[0]).all()
    assert (abs(data.crossing_value[0] - 0.5) < 4 * data.crossing_value_error[0]).all()
    assert abs(float(data.crossing_limit[0]) - 2.0) < 4 * float(data.crossing_limit_error[0])
    assert "x_c" not in data


@pytest.mark.parametrize("law, truth", [(lambda p: p**0.5, "power"), (lambda p: 3 * (1 - np.exp(-p / 30)), "saturation"), (lambda p: p**0, "constant")])
def test_growth_without_x(law, truth, tmp_path):
    """Laws that data can tell are told."""
    sizes = np.array([7, 11, 17, 29, 43, 67, 101, 151])
    rng = np.random.default_rng(2)
    (tmp_path / "t.csv").write_text("p,peak,dpeak\n" + "".join(f"{p},{law(p) * (1 + 0.005 * rng.standard_normal())},{0.005 * law(p)}\n" for p in sizes))
    words = ["--set", "data.size=p", "--set", "data.x=none", "--set", "data.y=peak", "--set", "data.error=dpeak"]
    page = run("fss", tmp_path / "t.csv", *words, "--out", tmp_path / "out").stdout
    data = results(tmp_path / "out")
    assert str(data.verdict.values[0]) == truth and f"verdict: {truth}" in page
    if truth != "constant":  # which the other laws contain
        assert data.akaike_weight[0].sel(model=truth) > 0.5 and data.power[0].sel(model=truth) > 0.9


def test_the_ising_table_gives_onsagers_temperature(tmp_path):
    run("fss", DATA / "fss" / "ising.toml", DATA / "fss" / "ising.csv", "--out", tmp_path / "out")
    data = results(tmp_path / "out")
    exact = 2 / np.log(1 + np.sqrt(2))
    for estimator in ("gaussian_process", "quality"):
        for name, truth, most in (("x_c", exact, 2e-4), ("inverse_nu", 1, 0.01)):
            found, error = (float(x.sel(estimator=estimator, parameter=name)) for x in (data.estimate, data.estimate_error))
            assert abs(found - truth) < 2 * error and error <= most
    assert float(data.effective_sample_size) >= 2000


@pytest.mark.parametrize("bound, words", [(10, "it cannot diverge"), (0.1, "not the quantity that the theorem bounds")])
def test_a_bound_is_compared(bound, words, tmp_path):
    (tmp_path / "t.csv").write_text("size,x,y,dy\n" + "".join(f"{p},0,{p**0.5 / 3},0.01\n" for p in (10, 20, 40, 80)))
    page = run("fss", tmp_path / "t.csv", "--set", "data.x=none", "--set", f"growth.bound={bound}", "--out", tmp_path / "out").stdout
    assert words in page
    assert float(results(tmp_path / "out").bound_share[0]) == pytest.approx(80**0.5 / 3 / bound)


def test_few_sizes_decide_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("size,x,y,dy\n" + "".join(f"{p},0,{p**0.1},0.06\n" for p in (19, 23, 29, 37)))
    run("fss", tmp_path / "t.csv", "--set", "data.x=none", "--out", tmp_path / "out")
    assert str(results(tmp_path / "out").verdict.values[0]) == "inconclusive"


def test_same_bits(power, tmp_path):
    place, _, _ = power
    words = [place / "t.csv", *QUICK, "--set", "collapse.effective_samples=500"]
    run("fss", *words, "--threads", "1", "--out", tmp_path / "one")
    assert sha256(tmp_path / "one" / "fss.h5") == sha256(place / "out" / "fss.h5")
    run("fss", *words, "--seed", "2", "--out", tmp_path / "two")
    assert sha256(tmp_path / "two" / "fss.h5") != sha256(place / "out" / "fss.h5")
    check_provenance(place / "out" / "fss.h5")


# What makes the data of a shipped study small.
DATA_FOR = {"rotors": ["--set", "model.rotors=[16,32,64]", "--set", "model.temperature=[0.49,0.495,0.5,0.505,0.51]"],
            "tokens": ["--set", "model.tokens=[4,8,16]", "--set", "time.end=20", "--set", "output.average_from=2", "--set", "output.average_samples=50", "--set", "ensemble.members=3"],
            "thermo": ["--set", "model.keys=[100,300,1000,3000]", "--set", "ensemble.replicas=20"],
            "grok": ["--set", "task.modulus=[5,5,5,5,7,7,7,7,11,11,11,11]", "--set", "task.train_fraction=[0.3,0.4,0.5,0.6,0.3,0.4,0.5,0.6,0.3,0.4,0.5,0.6]",
                     "--set", "ensemble.seeds=4"]}
SMALLER = {"square": ["--set", "model.rotors=[16,36,64]", "--set", "model.temperature=[0.8,0.85,0.9,0.95,1.0,1.05]"]}


@pytest.mark.parametrize("file", sorted((DATA / "fss").glob("*.toml")), ids=lambda file: file.stem)
def test_every_shipped_analysis_runs_as_its_comment_says(file, tmp_path):
    commands = [shlex.split(line.lstrip("# ")) for line in file.read_text().splitlines() if re.match(r"#\s+softmech-", line)]
    for program, *words in commands:
        words = [str(DATA.parent / word) if word.startswith("data/") else str(tmp_path / word) if "/" in word else word for word in words]
        words[words.index("--out") + 1] = tmp_path / words[words.index("--out") + 1]
        name = program.removeprefix("softmech-")
        small = QUICK if name == "fss" else [*{**SMALL, "rotors": SAMPLED_ROTORS}[name], *DATA_FOR[name], *SMALLER.get(file.stem, [])]
        run(name, *words, *small)
    data = results(words[words.index("--out") + 1])
    assert np.isfinite(float(data.x_c)) and float(data.x_c_error) > 0
    settings = tomllib.loads(data.attrs["config_toml"])
    assert settings["data"]["x"] == tomllib.loads(file.read_text())["data"]["x"]


CSV = "size,x,y,dy\n8,1,1,.1\n8,2,2,.1\n16,1,1,.1\n16,2,2,.1\n"


@pytest.mark.parametrize("text, words, parts", [
    ("size,x,y\n8,1,1\n16,1,1\n", [], ["\"y\" has no errors", "data.error=NAME"]),
    ("size,x,y,dy\n8,1,1,.1\n8,2,1,.1\n", [], ["size is 8 in all rows", "two sizes"]),
    (CSV + "8,1,3,.1\n", [], ["row 1 and row 5", "average them"]),
    (CSV.replace("2,2,.1", "2,nan,.1"), [], ["\"y\" is nan in row 2"]),
    (CSV.replace("2,2,.1", "2,2,-.1"), [], ["\"dy\" is -0.1 in row 2", "> 0"]),
    ("8,1,1,.1,1,1,1,1,1\n16,1,1,.1,1,1,1,1,1\n", [], ["9 columns and no line of column names"]),
    (CSV, ["--set", "data.x=temperatur"], ["has no \"temperatur\"", "data.x=NAME"]),
    (CSV, ["--set", "scaling.nu=big"], ["scaling.nu", "auto, free or a number"]),
    (CSV, ["--set", "scaling.exponent=0;1"], ["scaling.exponent has 2 entries", "as many as observables, 1"]),
    (CSV, ["--set", "data.y=bnder(y,y)"], ["binder"]),
    (CSV, ["--set", "scaling.corrections=true"], ["2 sizes", "at least 3"]),
    (CSV, ["--set", "data.x=none"], ["same"]),
    (CSV, ["--set", "growth.bound=1", "--set", "growth.bound_keys=2"], ["say the same"]),
])
def test_what_cannot_be_analysed_is_refused(text, words, parts, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    code = 2 if any(word.startswith(("scaling.nu", "growth.bound=")) for word in words) else 1
    message = run("fss", tmp_path / "t.csv", *words, "--out", tmp_path / "out", expect=code).stderr
    for part in parts:
        assert part in message, message
    assert not (tmp_path / "out").exists()


def test_unsorted_rows_and_columns_too_many(tmp_path):
    file = table(tmp_path / "t.csv", sizes=(8, 16, 32), points=6, a=1, b=2, c=3, d=4, e=5)
    lines = file.read_text().splitlines()
    random = np.random.default_rng(1)
    (tmp_path / "mixed.csv").write_text("\n".join([lines[0], *random.permutation(lines[1:])]) + "\n")
    page = run("fss", file, *QUICK, "--out", tmp_path / "a").stdout
    run("fss", tmp_path / "mixed.csv", *QUICK, "--out", tmp_path / "b")
    assert "columns that are not used: a, b, c, d, e" in page
    a, b = results(tmp_path / "a"), results(tmp_path / "b")
    assert a.drop_attrs().identical(b.drop_attrs()) if hasattr(a, "drop_attrs") else a.equals(b)


def test_help(tmp_path):
    text = run("fss", "--help").stdout
    assert "softmech-fss" in text and max(map(len, text.splitlines())) <= 100
    assert tomllib.loads(run("fss", "--print-config").stdout)["scaling"]["ansatz"] == "power"
    assert "nothing was run" in run("fss", "absent.csv", "--dry-run", "--out", tmp_path / "out").stdout
