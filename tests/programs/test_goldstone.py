"""softmech-goldstone on chains whose normal modes NumPy moves exactly."""

import re
import tomllib

import numpy as np
import pytest
import xarray

from conftest import DATA, run, sha256
from test_outputs import check_provenance

SITES = 128
N = np.arange(SITES // 2 + 1)
K = 2 * np.pi * N / SITES
QUICK = ["--set", "spectrum.bins=64", "--set", "spectrum.lags=64"]


def thermal(random, variance):
    """Complex amplitudes with <|u|^2> = variance; real ones for k = 0 and k = pi."""
    z = random.normal(size=len(N)) + 1j * random.normal(size=len(N))
    z[1:-1] /= np.sqrt(2)
    z[[0, -1]] = z[[0, -1]].real
    return z * np.sqrt(variance)


def springs(frequency, times, random, temperature=0.01):
    """u_k(t) of undamped normal modes in equilibrium, snapshots x modes; a mode without frequency flies."""
    held = frequency > 0
    square = np.where(held, frequency, 1) ** 2
    u, v = thermal(random, temperature / square), thermal(random, temperature)
    phase = np.outer(times, frequency)
    moving = u * np.cos(phase) + v * np.where(held, np.sin(phase) / np.where(held, frequency, 1), times[:, None])
    return np.where(held, moving, u + v * times[:, None])


def poles(pole, times, random, temperature=0.01):
    """u' = pole u + noise with <|u|^2> = temperature, step by step; Re pole < 0."""
    factor = np.exp(pole * (times[1] - times[0]))
    kick = np.sqrt(temperature * np.maximum(0, 1 - np.abs(factor) ** 2))
    u = [thermal(random, temperature * np.ones(len(N)))]
    for _ in times[1:]:
        u.append(factor * u[-1] + kick * thermal(random, np.ones(len(N))))
    return np.array(u)


def ensemble(path, members, times, **more):
    """ensemble.h5 with a member per (coordinates, amplitudes)."""
    coordinates = {name: ("member", [c[name] for c, _ in members]) for name in members[0][0]}
    axes = ("member", "snapshot", "mode")
    data = xarray.Dataset(
        {"snapshot_time": (axes[:2], np.tile(times, (len(members), 1))),
         "wavenumber": (("member", "mode"), np.tile(K, (len(members), 1))),
         "phase_real": (axes, np.array([u.real for _, u in members])),
         "phase_imaginary": (axes, np.array([u.imag for _, u in members])), **more},
        {"member": np.arange(len(members)), "snapshot": np.arange(len(times)), "mode": N, **coordinates})
    data.to_netcdf(path)
    return path


def chain(path, fields=(0.0,), replicas=8, seed=1, times=np.arange(2048) * 0.6, dispersion=None, **more):
    random = np.random.default_rng(seed)
    frequency = dispersion if dispersion is not None else 2 * np.sin(K / 2)
    members = [({"rotors": SITES, "temperature": 0.01, "mass": 1.0, "field": h, "replica": r},
                springs(np.sqrt(frequency**2 + h), times, random)) for h in fields for r in range(replicas)]
    return ensemble(path, members, times, **more)


def results(path):
    with xarray.open_dataset(path / "goldstone.h5") as data:
        return data.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chains")


@pytest.fixture(scope="module")
def nearest(folder):
    helicity = ("member", np.full(8, 0.99))
    return chain(folder / "nearest.h5", helicity_modulus=helicity, helicity_modulus_error=("member", np.full(8, 0.02)),
                 frequency_linear=(("member", "mode"), np.tile(2 * np.sin(K / 2), (8, 1))))


def test_a_chain_has_a_gapless_linear_branch(nearest, out):
    before = sha256(nearest)
    page = run("goldstone", nearest, *QUICK, "--out", out).stdout
    data = results(out).isel(point=0)
    measured, exact = data.frequency[1:], 2 * np.sin(K[1:] / 2)
    seen = np.isfinite(measured)
    assert seen.sum() >= SITES // 2 - 1
    assert abs(measured / exact - 1)[seen].max() < 0.01
    assert abs(float(data.exponent) - 1) < 0.03 and float(data.exponent_error) < 0.03
    assert abs(data.gap_squared) < 3 * data.gap_squared_error and float(data.gap_limit) < 0.05
    assert abs(float(data.velocity) - 1) < 0.01 and str(data.best_law.item()).startswith("linear")
    assert abs(float(data.stiffness) - 1) < 0.02 and abs(float(data.stiffness_deviation)) < 3
    assert abs(float(data.stiffness_static) - 1) < 5 * float(data.stiffness_static_error)
    assert np.isnan(data.frequency[0]) and data.line_shape.values[0] == "zero mode"
    assert abs(float(data.drift_exponent) - 2) < 0.01
    assert "gapless" in page and "agree" in page and "ballistic" in page
    assert sha256(nearest) == before
    check_provenance(out / "goldstone.h5")


def test_the_map_and_the_correlations_are_those_of_the_chain(nearest, out):
    run("goldstone", nearest, *QUICK, "--out", out)
    data = results(out).isel(point=0)
    inside = data.spectrum.isel(mode=20)
    peak = abs(float(data.spectrum_frequency[int(inside.argmax())]))
    assert abs(peak - 2 * np.sin(K[20] / 2)) < float(np.diff(data.spectrum_frequency)[0])
    integral = data.spectrum.sum("bin") * np.diff(data.spectrum_frequency)[0] / (2 * np.pi)
    ratio = (integral / data.structure_factor)[5:]
    assert abs(float(ratio.median()) - 1) < 0.1
    assert np.allclose(data.correlation_real.isel(lag=0)[1:], data.structure_factor[1:])
    # C(r, 0) from the modes themselves
    raw = xarray.open_dataset(nearest)
    u = (raw.phase_real + 1j * raw.phase_imaginary).values[:, :, 1:]
    square = (abs(u) ** 2).mean((0, 1))
    weight = np.where(N[1:] == SITES // 2, 1, 2)
    for r in (0, 1, 7):
        expected = (weight * square * np.cos(K[1:] * r)).sum() / SITES
        assert abs(float(data.space_correlation.sel(distance=r, lag=0)) / expected - 1) < 1e-6
    assert abs(data.asymmetry[1:-1] / data.asymmetry_error[1:-1]).median() < 2


def test_a_field_opens_a_gap(folder, out):
    fields = (0.02, 0.05, 0.1)
    page = run("goldstone", chain(folder / "field.h5", fields=fields, replicas=8), *QUICK, "--out", out).stdout
    data = results(out)
    assert np.abs(data.gap_squared / data.field - 1).max() < 0.01
    assert abs(float(data.field_slope[0]) - 1) < 0.01
    assert abs(float(data.field_intercept[0])) < 3 * float(data.field_intercept_error[0])
    assert float(data.field_slope_expected[0]) == 1
    assert "gapped" in page and "gap^2 against the field" in page


def test_no_velocity_where_no_law_holds(folder, out):
    dispersion = np.sqrt(np.maximum(0, 4 * np.sin(K / 2) ** 2 - 0.001))  # ends at k = 0.03
    helicity = ("member", np.full(8, 0.99))
    page = run("goldstone", chain(folder / "ends.h5", dispersion=dispersion, helicity_modulus=helicity), *QUICK, "--out", out).stdout
    data = results(out).isel(point=0)
    assert "no law holds down to k = 0" in page and "velocity" not in page.replace("drifts with velocity", "")
    assert "m c^2" not in page and "equipartition" not in page
    for name in ("velocity", "stiffness", "stiffness_static", "stiffness_deviation"):
        assert np.isnan(data[name]), name


def test_errors_from_the_tolerance_are_called_so(nearest, out):
    note = "errors of the laws from fit.tolerance = 0.01; the data alone say less"
    for tolerance, said in ((0.01, True), (0, False)):
        page = run("goldstone", nearest, *QUICK, "--set", f"fit.tolerance={tolerance}", "--out", out / str(tolerance)).stdout
        assert (note in page) == said, page


def test_long_range_springs_have_their_exponent(folder, out):
    # J ~ r^-2.5 of an infinite chain: w^2 = sum_r r^-2.5 (1 - cos kr), w ~ k^0.75
    r = np.arange(1, 200001)
    dispersion = np.sqrt([np.sum(r**-2.5 * (1 - np.cos(k * r))) for k in K])
    page = run("goldstone", chain(folder / "power.h5", dispersion=dispersion), *QUICK, "--out", out).stdout
    data = results(out).isel(point=0)
    assert abs(float(data.exponent) - 0.75) < 0.03, page
    assert abs(data.gap_squared) < 3 * data.gap_squared_error


def test_all_to_all_springs_have_no_branch(folder, out):
    page = run("goldstone", chain(folder / "all.h5", dispersion=np.where(N > 0, 1.0, 0.0)), *QUICK, "--out", out).stdout
    data = results(out).isel(point=0)
    assert data.best_law.item() == "flat" and abs(float(data.gap) - 1) < 1e-3
    assert "no soft branch" in page and np.isnan(data.velocity)


def test_waves_of_one_direction_are_seen_as_such(folder, out):
    random, times = np.random.default_rng(5), np.arange(2048) * 0.5
    pole = -1j * np.sin(K) - 0.02
    members = [({"rotors": SITES, "temperature": 0.01, "replica": r}, poles(pole, times, random)) for r in range(8)]
    page = run("goldstone", ensemble(folder / "travelling.h5", members, times), *QUICK, "--out", out).stdout
    data = results(out).isel(point=0)
    middle = slice(4, 60)
    assert set(data.line_shape.values[middle]) == {"travelling"} and data.branch.item() == "travelling"
    deviation = (data.frequency - np.sin(K))[middle] / data.frequency_error[middle]
    assert np.sqrt((deviation**2).mean()) < 1.5
    assert (data.frequency[middle] > 0).all()
    assert float(data.asymmetry_significance) > 10 and "C(t) and C(-t) differ" in page


def test_overdamped_chains_have_rates(folder, out):
    random, times = np.random.default_rng(6), np.arange(4096) * 0.5
    rate = 4 * np.sin(K / 2) ** 2
    members = []
    for r in range(8):
        u = poles(-np.maximum(rate, 1e-9), times, random)
        u[:, 0] = np.cumsum(random.normal(size=len(times)))  # the mean diffuses
        members.append(({"rotors": SITES, "temperature": 0.01, "replica": r}, u))
    linear = {"frequency_linear": (("member", "mode"), np.zeros((8, len(K)))),
              "damping_linear": (("member", "mode"), np.tile(rate, (8, 1))), "stability": ("member", 7 * ["stable"] + ["it folds"])}
    page = run("goldstone", ensemble(folder / "rates.h5", members, times, **linear), *QUICK, "--out", out).stdout
    data = results(out).isel(point=0)
    assert data.branch.item() == "relaxation" and data.line_shape.values[0] == "zero mode"
    assert abs(float(data.exponent) - 2) < 0.1 and abs(float(data.drift_exponent) - 1) < 0.5
    slow = data.pole_limit[1:4]
    assert (slow[np.isfinite(slow)] > rate[1:4][np.isfinite(slow)]).all()
    assert "fewer than 3 periods" in page and "note: linear theory: it folds" in page
    # rates against rates, and nothing of a frequency
    off = abs(data.rate.values / rate - 1)[np.isfinite(data.rate.values)]
    said = re.search(r"linear theory: (\d+) rates are off by ([\d.]+) % in the mean, ([\d.]+) % at most", page)
    assert [float(x) for x in said.groups()] == pytest.approx([len(off), 100 * off.mean(), 100 * off.max()], abs=0.006)
    assert off.mean() < 0.1
    at_rest = re.search(r"gapless: rate at k = 0: (\S+) ± \S+, below (\S+) \(95 %\)", page)
    assert float(at_rest[2]) == pytest.approx(float(data.gap_limit), rel=0.01) and "gap^2" not in page


def test_fields_of_unit_vectors_have_transverse_directions(folder, out):
    random, times = np.random.default_rng(7), np.arange(1024) * 0.6
    gaps = (0.0, 0.3)  # of the two directions
    frequency = [np.sqrt(4 * np.sin(K / 2) ** 2 + gap**2) for gap in gaps]
    across = np.array([[springs(f, times, random) for f in frequency] for _ in range(6)]).transpose(0, 2, 1, 3)
    along = 0.02 * random.normal(size=(6, len(times), len(K)))
    four, three = ("member", "snapshot", "direction", "mode"), ("member", "snapshot", "mode")
    xarray.Dataset(
        {"snapshot_time": (three[:2], np.tile(times, (6, 1))), "wavenumber": (("member", "mode"), np.tile(K, (6, 1))),
         "transverse_real": (four, across.real), "transverse_imaginary": (four, across.imag),
         "longitudinal_real": (three, along), "longitudinal_imaginary": (three, 0 * along),
         "zero_modes": ("member", np.ones(6, int)), "zero_modes_expected": ("member", np.ones(6, int))},
        {"member": np.arange(6), "snapshot": np.arange(len(times)), "direction": [0, 1], "mode": N,
         "tokens": ("member", [SITES] * 6), "replica": ("member", np.arange(6))}).to_netcdf(folder / "vectors.h5")
    page = run("goldstone", folder / "vectors.h5", *QUICK, "--set", "data.directions=apart", "--out", out).stdout
    data = results(out)
    assert list(data.direction) == [0, 1] and "gapless" in page and "gapped: gap = 0.3" in page
    assert np.allclose(data.gap, gaps, atol=0.01) and (data.zero_modes == 1).all()
    assert abs(float(data.longitudinal_structure_factor.mean()) / 0.02**2 - 1) < 0.05
    white = data.longitudinal_spectrum.mean() / (0.02**2 * 0.6)  # variance times interval
    assert abs(float(white) - 1) < 0.1
    run("goldstone", folder / "vectors.h5", *QUICK, "--set", "data.field=longitudinal", "--out", out)


def test_open_chains_and_members_of_different_length(folder, out):
    random, members = np.random.default_rng(8), []
    for size, count in ((32, 600), (64, 1024)):
        k = np.pi * np.arange(size // 2 + 1) / size  # cosine modes: real amplitudes
        times = np.arange(count) * 0.6
        for _ in range(5):
            frequency = 2 * np.sin(k / 2)
            swing = np.cos(np.outer(times, frequency) + random.uniform(0, 2 * np.pi, len(k)))
            u = random.normal(size=len(k)) * swing / np.where(k > 0, frequency, 1)
            members.append((size, times, k, u))

    def filled(parts):
        shape = np.max([part.shape for part in parts], axis=0)
        return np.array([np.pad(part, [(0, n - m) for n, m in zip(shape, part.shape)], constant_values=np.nan) for part in parts])

    axes = ("member", "snapshot", "mode")
    modes = filled([u for *_, u in members])
    xarray.Dataset(
        {"snapshot_time": (axes[:2], filled([t for _, t, _, _ in members])),
         "wavenumber": (("member", "mode"), filled([k for _, _, k, _ in members])), "phase_real": (axes, modes)},
        {"member": np.arange(10), "snapshot": np.arange(modes.shape[1]), "mode": np.arange(modes.shape[2]),
         "rotors": ("member", [size for size, *_ in members]), "boundary": ("member", ["open"] * 10),
         "field": ("member", np.zeros(10)), "replica": ("member", [0, 1, 2, 3, 4] * 2)}).to_netcdf(folder / "open.h5")
    run("goldstone", folder / "open.h5", *QUICK, "--out", out)
    data = results(out)
    assert list(data.rotors) == [32, 64] and set(data.boundary.values) == {"open"}
    assert abs(data.frequency / (2 * np.sin(data.wavenumber / 2)) - 1).max() < 0.01
    assert np.isnan(data.asymmetry).all() and "space_correlation" not in data
    assert (abs(data.velocity - 1) < 0.01).all()


def test_same_bits_on_any_number_of_threads(nearest, tmp_path):
    few = ["--set", "fit.simulations=20", *QUICK]
    for threads in (1, 2):
        run("goldstone", nearest, *few, "--threads", threads, "--out", tmp_path / str(threads))
    for name in ("goldstone.h5", "goldstone.tsv"):
        assert sha256(tmp_path / "1" / name) == sha256(tmp_path / "2" / name)


def test_a_few_slow_snapshots_are_warned_of(folder, out):
    times = np.arange(512) * 2.5  # the band ends at 2, Nyquist's frequency is 1.26
    data = chain(folder / "slow.h5", times=times, frequency_linear=(("member", "mode"), np.tile(2 * np.sin(K / 2), (8, 1))))
    assert "sampling is too slow" in run("goldstone", data, *QUICK, "--out", out).stdout


@pytest.mark.parametrize("change, parts", [
    (lambda d: d.drop_vars("phase_real"), ["records no modes", "run the simulation with"]),
    (lambda d: d.isel(snapshot=slice(0, 1)), ["has 1 snapshots", "at least 64"]),
    (lambda d: d.assign(snapshot_time=d.snapshot_time**2), ["not equally spaced", "linear time grid"]),
    (lambda d: d.assign(wavenumber=-d.wavenumber), ["must be >= 0 and rise"]),
    (lambda d: d.assign(phase_real=d.phase_real.where(d.snapshot != 7)), ["no numbers"]),
])
def test_what_cannot_be_analysed_is_refused(nearest, change, parts, tmp_path):
    change(xarray.open_dataset(nearest).load()).to_netcdf(tmp_path / "bad.h5")
    message = run("goldstone", tmp_path / "bad.h5", "--out", tmp_path / "out", expect=1).stderr
    for part in parts:
        assert part in message, message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file", sorted((DATA / "goldstone").glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_parameter_files(file, nearest, out):
    assert re.search(rf"^#\s+softmech-goldstone data/goldstone/{file.name} ", file.read_text(), re.M)
    run("goldstone", file, nearest, *QUICK, "--out", out)
    settings = tomllib.loads(results(out).attrs["config_toml"])
    for table, keys in tomllib.loads(file.read_text()).items():
        for key, value in keys.items():
            assert settings[table][key] == (64 if key == "bins" else value)
