"""softmech-onset as a user runs it, on runs made here whose peaks and onsets are known."""

import tomllib

import h5py
import numpy as np
import pytest
import xarray

from conftest import run, sha256
from test_outputs import check_provenance, open_everywhere

STEPS = np.arange(0, 4001, 10)
CURVES = ("train_loss", "train_accuracy", "test_accuracy", "specific_heat", "logit_rms", "weight_norm", "gap_mean", "gap_variance")


def heat(variance):
    """Specific heat of two keys, averaged over a Gaussian gap: Gauss-Hermite in place of the program's trapezoids."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    half = np.clip(np.sqrt(variance)[:, None] * nodes / 2, -300, 300)
    return (half**2 / np.cosh(half) ** 2) @ weights / weights.sum()


def logistic(x):
    return 1 / (1 + np.exp(-np.clip(x, -100, 100)))


def one_run(peak, onset, last):
    """Memorizes at 100, peaks, and generalizes at `onset` (None: never); an instability at 700."""
    variance = 6.9235 * np.exp((STEPS - peak) / 400)
    run = {
        "train_loss": 4 * np.exp(-STEPS / 200) + 1e-6,
        "train_accuracy": logistic((STEPS - 75) / 5),
        "test_accuracy": np.full(STEPS.size, 0.02) if onset is None else 0.02 + 0.98 * logistic((STEPS - onset) / 40),
        "specific_heat": heat(variance),
        "logit_rms": np.sqrt(variance),
        "weight_norm": 30 + 10 * np.exp(-((STEPS - 500) / 300) ** 2),
        "gap_mean": np.zeros(STEPS.size),
        "gap_variance": variance,
    }
    unstable = (STEPS >= 700) & (STEPS < 730)
    run["train_accuracy"][unstable], run["specific_heat"][unstable] = 0.6, 0.42
    return {name: np.where(STEPS <= last, curve, np.nan) for name, curve in run.items()}


def ensemble(lead, moduli=(19, 31, 43, 59), seeds=3, rng=0):
    """What softmech-grok writes, as far as softmech-onset reads it; peak and onset are 'lead' steps apart."""
    random = np.random.default_rng(rng)
    modulus = np.repeat(moduli, seeds)
    peaks = (1200 + 3 * modulus + 60 * random.standard_normal(modulus.size)).round(-1)
    runs = [one_run(p, None if lead is None else p + lead, 3500 if i % 2 else 4000) for i, p in enumerate(peaks)]
    data = xarray.Dataset({name: (("member", "step"), np.array([r[name] for r in runs])) for name in CURVES})
    for name in ("gap_mean", "gap_variance"):
        data[f"{name}_by_head"] = (("member", "step", "head"), np.repeat(data[name].values[:, :, None], 2, axis=2))
    data["answer_keys"] = ("member", np.full(modulus.size, 2))
    data["true_peak"] = ("member", peaks)
    data = data.assign_coords(member=np.arange(modulus.size), step=STEPS, head=[0, 1], modulus=("member", modulus),
                              seed=("member", np.tile(np.arange(seeds), len(moduli))),
                              train_fraction=("member", np.full(modulus.size, 0.7)))
    data.attrs["config_toml"] = "[optimizer]\nlearning_rate = 0.001\nweight_decay = 1.0\n"
    return data


def write_table(data, file, names):
    """The same as a long table: a row per run and step."""
    columns = ["member", "step", "modulus", "seed", "train_accuracy", "test_accuracy", "specific_heat"]
    rows = [[m, s, data.modulus[m], data.seed[m], *(data[c][m, i] for c in columns[4:])]
            for m in range(data.sizes["member"]) for i, s in enumerate(STEPS) if np.isfinite(data.train_accuracy[m, i])]
    header = ",".join(names.get(c, c) for c in columns)
    file.write_text(header + "\n" + "\n".join(",".join(repr(float(x)) for x in row) for row in rows) + "\n")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Read by all tests, changed by none."""
    tmp_path = tmp_path_factory.mktemp("files")
    ensemble(300).to_netcdf(tmp_path / "grok.h5", engine="h5netcdf")
    ensemble(None, rng=1).to_netcdf(tmp_path / "shuffled.h5", engine="h5netcdf")
    (tmp_path / "damaged.h5").write_bytes((tmp_path / "grok.h5").read_bytes()[:5000])
    (tmp_path / "short.csv").write_text("step,train_acuracy,test_accuracy,specific_heat\n0,0,0,0\n")
    (tmp_path / "words.csv").write_text("step,train_accuracy,test_accuracy,specific_heat\n0,zero,0,0\n")
    (tmp_path / "percent.csv").write_text("step,train_accuracy,test_accuracy,specific_heat\n0,0,0,0\n1,97.5,0,0\n")
    (tmp_path / "some.toml").write_text("[onset]\ndefinition = \"absolute\"\n")
    return tmp_path


def test_events_are_found_and_told(files, out):
    before = sha256(files / "grok.h5")
    done = run("onset", files / "grok.h5", "--set", f"data.controls=shuffled={files}/shuffled.h5", "--out", out)
    assert sha256(files / "grok.h5") == before
    open_everywhere(out / "onset.h5")
    check_provenance(out / "onset.h5")
    with xarray.open_dataset(out / "onset.h5") as data:
        np.testing.assert_allclose(data.peak, ensemble(300).true_peak, atol=10)
        assert ((data.lead.sel(definition="relative") >= 290) & (data.lead.sel(definition="relative") <= 330)).all()
        assert (data.lead.sel(definition="absolute") > data.lead.sel(definition="relative")).all()
        np.testing.assert_allclose(data.peak_height, 0.25297, atol=1e-4)
        np.testing.assert_allclose(data.predicted_height, data.peak_height, atol=1e-6)
        assert list(data.masked) == [3] * 12
        assert list(data.last_step) == [4000, 3500] * 6
        assert list(data.modulus) == [19, 31, 43, 59] and list(data.modulus_runs) == [3] * 4
        assert list(data.control.values) == ["data", "shuffled"] and list(data.control_peaks) == [12, 12]
        assert list(data.control_predictor_events.sel(predictor="weight_norm_peak")) == [12, 12]
        assert list(data.control_predictor_median_event.sel(predictor="weight_norm_peak")) == [500, 500]
        assert list(data.control_predictor_leading_relative.sel(predictor="weight_norm_peak")) == [12, 0]
        assert list(data.modulus_height_coverage) == [0.75] * 4 and data.all_height_coverage == pytest.approx(0.9614, abs=1e-4)
        assert list(data.control_onsets.sel(definition="absolute")) == [12, 0]
        peak = data.sel(predictor="peak", definition="relative")
        assert peak.predictor_leading == 12 and peak.predictor_rank_correlation > 0.9
        np.testing.assert_allclose(data.predictor_step.sel(predictor="time_constant"), 1000)
        assert data.gaussian_gap_maximum == pytest.approx(0.25297, abs=1e-5)
        assert data.akaike_weight.sum() == pytest.approx(1)
        assert data.akaike_weight.sel(model="constant") == data.akaike_weight.max()
    table = [line.split("\t") for line in (out / "onset.tsv").read_text().splitlines()]
    assert len(table) == 5 and {len(row) for row in table} == {len(table[0])}
    verdict = done.stdout.strip().splitlines()[-1]
    assert verdict.startswith("The peak comes first: it leads in 12 of 12 runs that generalize")
    assert "a Schottky anomaly" in verdict and "Controls have it too: shuffled (12/12)" in verdict


def test_a_peak_that_follows_is_not_first(tmp_path, out):
    ensemble(-200).to_netcdf(tmp_path / "late.h5", engine="h5netcdf")
    assert "The peak does not come first" in run("onset", tmp_path / "late.h5", "--out", out).stdout


def test_same_bits_again_and_in_place_of_earlier_results(files, tmp_path):
    run("onset", files / "grok.h5", "--out", tmp_path / "a")
    run("onset", files / "grok.h5", "--quiet", "--out", tmp_path / "b")
    assert sha256(tmp_path / "a/onset.h5") == sha256(tmp_path / "b/onset.h5")
    run("onset", files / "grok.h5", "--seed", 7, "--out", tmp_path / "b")
    assert sha256(tmp_path / "a/onset.h5") != sha256(tmp_path / "b/onset.h5")
    with h5py.File(tmp_path / "b/onset.h5") as data:
        words = data.attrs["command"].split()
    run("onset", *words[1:-1], tmp_path / "c")
    assert sha256(tmp_path / "b/onset.h5") == sha256(tmp_path / "c/onset.h5")


def test_a_failed_call_leaves_earlier_results_as_they_were(files, out):
    run("onset", files / "grok.h5", "--out", out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    assert set(before) == {"config.toml", "onset.h5", "onset.tsv"}
    run("onset", files / "damaged.h5", "--seed", 3, "--out", out, expect=1)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_the_gaps_of_another_operator_predict_nothing_and_a_sweep_is_told(tmp_path):
    data = ensemble(300)
    data.attrs["config_toml"] += "[model]\noperator = \"entmax\"\n"
    data.to_netcdf(tmp_path / "entmax.h5", engine="h5netcdf")
    done = run("onset", tmp_path / "entmax.h5", "--out", tmp_path / "entmax")
    assert "Schottky" not in done.stdout and "note: runs of one modulus differ" not in done.stdout
    with xarray.open_dataset(tmp_path / "entmax/onset.h5") as result:
        assert np.isnan(result.predicted_height).all()
    swept = data.assign_coords(weight_decay=("member", np.resize([0.5, 1.0], data.sizes["member"])),
                               operator=("member", np.resize(["softmax", "entmax"], data.sizes["member"]).astype(object)))
    swept.to_netcdf(tmp_path / "swept.h5", engine="h5netcdf")
    done = run("onset", tmp_path / "swept.h5", "--out", tmp_path / "swept")
    assert "note: runs of one modulus differ in operator, weight_decay" in done.stdout
    with xarray.open_dataset(tmp_path / "swept/onset.h5") as result:
        assert list(np.isnan(result.predicted_height)) == [False, True] * 6
        assert list(result.predictor_step.sel(predictor="time_constant")) == [2000, 1000] * 6


def test_runs_may_have_names(tmp_path, out):
    write_table(ensemble(300, moduli=(19,)), tmp_path / "table.csv", {"member": "run"})
    lines = (tmp_path / "table.csv").read_text().splitlines()
    named = [lines[0], *("run_" + line.replace(".0,", ",", 1) for line in lines[1:])]
    named[50] = ",".join([*named[50].split(",")[:-1], ""])  # a value that was not taken
    (tmp_path / "named.csv").write_text("\n".join(named) + "\n")
    assert "run_2,10" in (tmp_path / "named.csv").read_text()
    run("onset", tmp_path / "named.csv", "--out", out)
    with xarray.open_dataset(out / "onset.h5") as data:
        np.testing.assert_allclose(data.peak, ensemble(300, moduli=(19,)).true_peak, atol=10)
        assert list(data.run) == [0, 1, 2]


def test_a_foreign_table_gives_the_same_events(files, tmp_path):
    names = {"member": "id", "step": "epoch", "specific_heat": "heat"}
    write_table(ensemble(300), tmp_path / "table.csv", names)
    mapped = [word for key, name in (("run", "id"), ("step", "epoch"), ("specific_heat", "heat")) for word in ("--set", f"columns.{key}={name}")]
    run("onset", tmp_path / "table.csv", *mapped, "--out", tmp_path / "table")
    run("onset", files / "grok.h5", "--out", tmp_path / "grok")
    with xarray.open_dataset(tmp_path / "table/onset.h5") as table, xarray.open_dataset(tmp_path / "grok/onset.h5") as grok:
        for name in ("peak", "peak_height", "onset", "memorization", "plateau", "masked", "member_modulus"):
            np.testing.assert_allclose(table[name], grok[name])
        assert np.isnan(table.predicted_height).all() and np.isnan(table.predictor_step.sel(predictor="time_constant")).all()


def test_several_files_and_a_parameter_file(files, tmp_path, out):
    done = run("onset", files / "grok.h5", files / "shuffled.h5", files / "some.toml", "--out", out)
    assert "onset: absolute; 24 runs" in done.stdout
    with xarray.open_dataset(out / "onset.h5") as data:
        assert data.sizes["member"] == 24 and data.all_onsets.sel(definition="absolute") == 12
    assert tomllib.loads((out / "config.toml").read_text())["onset"]["definition"] == "absolute"


def test_another_curve(files, out):
    run("onset", files / "grok.h5", "--set", "peak.curve=weight_norm", "--out", out)
    with xarray.open_dataset(out / "onset.h5") as data:
        assert (data.peak == 500).all()
        assert np.isnan(data.predicted_height).all(), "gaps predict the specific heat only"


MISUSE = [
    ([], 2, ["no data to analyse"]),
    (["{tmp}/some.toml"], 2, ["no data to analyse"]),
    (["{tmp}/grok.h5", "--shard", "0/2"], 2, ["--shard"]),
    (["{tmp}/grok.h5", "--time", "10"], 2, ["--time", "seconds"]),
    (["{tmp}/grok.h5", "--restart"], 2, ["--restart", "begins again"]),
    (["{tmp}/grok.h5", "{tmp}/./grok.h5"], 2, ["grok.h5 is given twice"]),
    (["{tmp}/grok.h5", "--set", "data.controls=low={tmp}/grok.h5"], 2, ["grok.h5 is given twice"]),
    (["{tmp}/grok.h5", "--set", "data.controls=data={tmp}/shuffled.h5"], 2, ["\"data\" is taken"]),
    (["{tmp}/grok.h5", "--set", "data.controls=scale_matched={tmp}/shuffled.h5"], 2, ["\"scale_matched\" is taken"]),
    (["{tmp}/grok.h5", "--set", "data.controls=a=x.h5,a=y.h5"], 2, ["\"a\" is taken", "a=y.h5"]),
    (["{tmp}/grok.h5", "--set", "peak.smoothing=81"], 1, ["peak.smoothing = 81", "80", "a fifth"]),
    (["{tmp}/percent.csv"], 1, ["\"train_accuracy\" is 97.5", "percent"]),
    (["{tmp}/grok.h5", "--set", "onset.definition=late"], 2, ["onset.definition", "relative"]),
    (["{tmp}/grok.h5", "--set", "onset.absolut=0.9"], 2, ["onset.absolute"]),
    (["{tmp}/grok.h5", "--set", "peak.smoothing=4"], 2, ["peak.smoothing = 4", "odd"]),
    (["{tmp}/grok.h5", "--set", "peak.prominence=-1"], 2, ["peak.prominence"]),
    (["{tmp}/grok.h5", "--set", "data.controls=shuffled.h5"], 2, ["data.controls", "NAME=FILE"]),
    (["{tmp}/grok.h5", "onset.absolute=0.9"], 2, ["--set onset.absolute=0.9"]),
    (["{tmp}/grok.h5", "--set", "peak.curve=specific_heet"], 1, ["specific_heet", "specific_heat", "peak.curve"]),
    (["{tmp}/grok.h5", "--set", "columns.weight_norm=norm"], 1, ["norm", "columns.weight_norm"]),
    (["{tmp}/grok.h5", "--set", "data.controls=low={tmp}/absent.h5"], 1, ["absent.h5"]),
    (["{tmp}/absent.h5"], 1, ["absent.h5", "No such file"]),
    (["{tmp}/damaged.h5"], 1, ["damaged.h5"]),
    (["{tmp}"], 1, ["directory"]),
    (["{tmp}/short.csv"], 1, ["train_accuracy", "did you mean \"train_acuracy\"", "columns.train_accuracy"]),
    (["{tmp}/words.csv"], 1, ["words.csv:2", "zero"]),
]


@pytest.mark.parametrize("arguments,code,words", MISUSE, ids=[" ".join(row[0])[-50:] or "nothing" for row in MISUSE])
def test_misuse(files, out, arguments, code, words):
    message = run("onset", *[a.replace("{tmp}", str(files)) for a in arguments], "--out", out, expect=code).stderr
    assert message.startswith("softmech-onset: ") and len(message.splitlines()) <= 3, message
    for word in words:
        assert word in message
    assert not out.exists(), "a failed call makes nothing"


def test_results_of_others_are_not_touched(files, tmp_path):
    run("relax", "--out", tmp_path / "relax")
    before = (tmp_path / "relax/config.toml").read_text()
    assert "not empty" in run("onset", files / "grok.h5", "--out", tmp_path / "relax", expect=2).stderr
    assert (tmp_path / "relax/config.toml").read_text() == before
    assert "is a file" in run("onset", files / "grok.h5", "--out", files / "short.csv", expect=2).stderr


def test_help_version_and_configuration(tmp_path):
    text = run("onset", "--help").stdout
    assert "DATA" in text and "--shard" not in text and max(map(len, text.splitlines())) <= 100
    assert run("onset", "--version").stdout.startswith("softmech-onset ")
    assert tomllib.loads(run("onset", "--print-config").stdout)
    assert "nothing was run" in run("onset", "absent.h5", "--dry-run", "--out", tmp_path / "out").stdout
    assert not list(tmp_path.iterdir())
