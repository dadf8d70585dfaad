"""Every program and every shipped parameter file runs, and other people's tools open what it writes."""

import subprocess
import tomllib

import h5py
import numpy as np
import pytest
import xarray

from conftest import DATA, run, sha256

ANALYSES = ("fss", "goldstone")  # test_fss.py and test_goldstone.py run their files
FILES = sorted(file for file in DATA.glob("*/*.toml") if file.parent.name not in ANALYSES)

RELAX = {"weights": ("member", "time", "key"), "energies": ("member", "key"), "equilibrium": ("member", "key"), "action": ("member",)}
RELAX |= {name: ("member", "time") for name in ("free_energy", "internal_energy", "entropy", "kinetic_energy", "total_energy",
                                                 "specific_heat", "kl_to_equilibrium")}
THERMO = ("internal_energy", "entropy", "free_energy", "free_energy_annealed", "specific_heat", "specific_heat_pooled",
          "specific_heat_normalized", "specific_heat_over_bound", "participation", "kappa_fdt", "kappa_s", "kappa_f", "kappa_c")
TOKENS = ("energy", "free_energy", "kinetic_energy", "total_energy", "heat", "order_parameter", "nematic_order", "mean_cosine", "cosine_deficit",
          "participation", "cluster_count", "largest_cluster", "angular_momentum", "angular_momentum_change", "internal_energy", "entropy",
          "specific_heat", "self_weight", "reciprocity_defect", "residual_share", "curl_share", "curl_share_error", "speed")
ROTORS = ("magnetization", "magnetization2", "magnetization4", "energy", "energy2", "specific_heat", "susceptibility", "helicity_modulus")

# What makes a shipped study small enough for a test. Paths in the files are seen from the top of the tree.
SMALL = {"relax": ["--set", "ensemble.members=2", "--set", "time.samples=21"], "thermo": ["--set", "ensemble.replicas=3", "--set", "model.keys=[2,32]"],
         "grok": ["--set", "task.modulus=[5,7]", "--set", "task.train_fraction=[0.6,0.7]", "--set", "train.steps=20", "--set", "ensemble.seeds=1"],
         "tokens": ["--set", "model.tokens=[6,8]", "--set", "ensemble.members=1", "--set", "time.samples=21"]}
# In addition, for one file.
MOVING_ROTORS = ["--set", "model.rotors=16", "--set", "time.end=60", "--set", "time.samples=3", "--set", "ensemble.members=2"]
SAMPLED_ROTORS = ["--set", "model.rotors=[9,16]", "--set", "sampling.sweeps=50", "--set", "ensemble.members=2"]
COLD_ROTORS = MOVING_ROTORS + ["--set", "start.thermalize=20", "--set", "output.wavenumbers=5"]
SMALLER = {"rotors/spin_waves": COLD_ROTORS, "rotors/field": COLD_ROTORS, "rotors/rope": COLD_ROTORS,
           **{f"rotors/{name}": MOVING_ROTORS + ["--set", "output.average_from=10", "--set", "output.average_samples=50"]
              for name in ("mean_field_motion", "caloric", "helix")},
           **{f"rotors/{name}": SAMPLED_ROTORS for name in ("mean_field", "square", "power", "order")},
           "tokens/goldstone": ["--set", "time.end=400"], "tokens/rope_breaking": ["--set", "model.rope_scale=[0.0,0.05]"],
           "tokens/noisy": ["--set", "model.coupling=[0.8,2.0]"], "tokens/noisy_mean_field": ["--set", "model.coupling=[0.8,2.0]", "--set", "model.tokens=32"]}


def open_everywhere(file):
    """xarray with both engines, ncdump and h5ls accept the file."""
    for engine in ("netcdf4", "h5netcdf"):
        with xarray.open_dataset(file, engine=engine) as data:
            assert "member" in data.dims
            for name, variable in data.variables.items():
                assert "units" in variable.attrs or np.issubdtype(variable.dtype, np.timedelta64), name
                assert variable.attrs.get("long_name"), name
    header = subprocess.run(["ncdump", "-h", file], capture_output=True, text=True, check=True).stdout
    assert "member = " in header and ":Conventions = " in header
    listing = subprocess.run(["h5ls", "-r", file], capture_output=True, text=True, check=True).stdout
    assert "/member" in listing


def check_provenance(file):
    with h5py.File(file) as data:
        for name in ("Conventions", "title", "source", "build", "command", "config_toml", "seed", "format_version"):
            assert name in data.attrs, name
        text = data.attrs["config_toml"]
        assert tomllib.loads(text if isinstance(text, str) else text.decode())


def test_relax_variables(out):
    run("relax", "--set", "ensemble.members=3", "--set", "model.mass=[1.0,2.0]", "--out", out)
    open_everywhere(out / "ensemble.h5")
    check_provenance(out / "ensemble.h5")
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for name, axes in RELAX.items():
            assert data[name].dims == axes, name
        assert data.sizes["member"] == 6
        assert list(data.coords["mass"].values) == [1, 1, 1, 2, 2, 2]
        assert {"time", "key", "member"} <= set(data.coords)


def test_thermo_variables(out):
    run("thermo", "--set", "model.keys=[16,64]", "--set", "model.temperature_ratio=[0.5,1.0,2.0]", "--set", "ensemble.replicas=20", "--out", out)
    open_everywhere(out / "ensemble.h5")
    check_provenance(out / "ensemble.h5")
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for name in THERMO:
            for suffix in ("", "_error", "_std"):
                assert data[name + suffix].dims == ("member",), name + suffix
                assert np.isfinite(data[name + suffix].values).all(), name + suffix
        assert list(data["keys"].values) == [16, 16, 16, 64, 64, 64]
        assert list(data.coords["temperature_ratio"].values) == [0.5, 1, 2] * 2
        expected = data["temperature_ratio"] * np.sqrt(data["head_dim"] / (2 * np.log(data["keys"])))
        np.testing.assert_allclose(data.coords["temperature"], expected)
        assert np.isfinite(np.log(data["specific_heat"])).all(), "NumPy's functions work on the arrays"


def test_tokens_variables(out):
    run("tokens", "--set", "model.tokens=[5,8]", "--set", "model.dim=3", "--set", "model.dynamics=lagrangian", "--set", "start.kinetic_temperature=0.5",
        "--set", "output.trajectory=true", "--set", "output.gram_bins=10", "--set", "output.curl_directions=4", "--set", "output.average_from=2.0",
        "--set", "time.samples=41", "--set", "ensemble.members=2", "--out", out)
    open_everywhere(out / "ensemble.h5")
    check_provenance(out / "ensemble.h5")
    with xarray.open_dataset(out / "ensemble.h5") as data:
        assert data.sizes == {"member": 4, "time": 41, "token": 8, "dim": 3, "cosine": 10, "merge": 7}
        for name in TOKENS:
            assert data[name].dims == ("member", "time"), name
            assert np.isfinite(data[name].values).all(), name
        for name in ("position", "velocity"):
            assert data[name].dims == ("member", "time", "token", "dim")
            np.testing.assert_array_equal(np.isfinite(data[name]).all(("time", "dim")).sum("token"), data.coords["tokens"])
        assert data["cosine_density"].dims == ("member", "time", "cosine")
        np.testing.assert_allclose(data["cosine_density"].sum("cosine") * 0.2, 1)
        assert data["merge_depth"].dims == ("member", "merge")
        for name in ("order_parameter_mean", "order_parameter2", "order_parameter4", "energy_mean", "energy2"):
            assert data[name].dims == data[f"{name}_error"].dims == ("member",) and np.isfinite(data[name]).all(), name
        assert list(data.coords["tokens"].values) == [5, 5, 8, 8]
        assert list(data["time"].values) == list(np.linspace(0, 10, 41))
        for name, value in {"dimension": 3, "beta": 1, "coupling": 1, "temperature": 0, "dynamics": "lagrangian", "stepper": "symplectic_rkn"}.items():
            assert (data.coords[name] == value).all(), name
        # Without friction energy and angular momentum stay, and nothing is handed to the bath.
        np.testing.assert_allclose(data["total_energy"] - data["total_energy"][:, 0], 0, atol=1e-8)
        np.testing.assert_allclose(data["angular_momentum_change"], 0, atol=1e-10)
        np.testing.assert_array_equal(data["heat"], 0)


def test_tokens_variables_of_modes(out):
    run("tokens", "--set", "model.tokens=[6,9]", "--set", "model.dim=4", "--set", "model.dynamics=lagrangian", "--set", "start.kind=cap", "--set",
        "start.angle=0.1", "--set", "model.heads=2", "--set", "model.rope_dim=4", "--set", "model.rope_heads=1", "--set", "model.rope_scale=0.1",
        "--set", "output.modes=true", "--set", "output.snapshots=11", "--set", "output.linear=true", "--set", "output.average_from=2.0", "--out", out)
    open_everywhere(out / "ensemble.h5")
    with xarray.open_dataset(out / "ensemble.h5") as data:
        sizes = {"member": 2, "snapshot": 11, "mode": 9, "direction": 3, "eigenvalue": 27, "plane": 2}
        assert {name: data.sizes[name] for name in sizes} == sizes
        for name, axes in {"snapshot_time": ("snapshot",), "wavenumber": ("mode",), "longitudinal_real": ("snapshot", "mode"),
                           "transverse_imaginary": ("snapshot", "direction", "mode"), "frequency_linear": ("mode",), "damping_linear": ("mode",),
                           "mode_eigenvalue_real": ("eigenvalue",), "mode_eigenvalue_imaginary": ("eigenvalue",), "plane_order": ("plane",),
                           "breaking_eigenvalue": ("direction",), "zero_modes": (), "zero_modes_expected": (), "unstable_modes": (),
                           "complex_modes": (), "rest_force": (), "mode_messages": ()}.items():
            assert data[name].dims == ("member", *axes), name
        for name in ("magnetization", "magnetization2", "magnetization4", "kinetic_temperature"):
            assert data[name].dims == data[f"{name}_error"].dims == ("member",) and np.isfinite(data[name]).all(), name
        np.testing.assert_allclose(data["wavenumber"][1], np.pi * np.arange(9) / 9)
        assert list(data["zero_modes"].values) == list(data["zero_modes_expected"].values) == [1, 1]
        np.testing.assert_allclose(data["plane_order"], [[0, 1], [0, 1]], atol=1e-6)
        assert "mode_messages" not in data.coords


def test_tokens_variables_of_infinitely_many(out):
    run("tokens", "--set", "model.limit=infinite", "--set", "model.dynamics=usa", "--set", "model.temperature=0.3", "--set", "time.samples=5",
        "--out", out)
    open_everywhere(out / "ensemble.h5")
    with xarray.open_dataset(out / "ensemble.h5") as data:
        for name in ("energy", "density_entropy", "mean_field_free_energy", "order_parameter", "nematic_order"):
            assert data[name].dims == ("member", "time") and np.isfinite(data[name]).all(), name
        assert data["density"].dims == ("member", "time", "angle") and data["mode_amplitude"].dims == ("member", "time", "mode")
        np.testing.assert_allclose(data["density"].mean("angle") * 2 * np.pi, 1)


def test_rotors_variables(out):
    run("rotors", "--set", "model.rotors=[16,36]", "--set", "model.lattice=square", "--set", "model.kernel=nearest", "--set", "model.temperature=[0.5,1.0]",
        "--set", "sampling.sweeps=100", "--set", "ensemble.members=2", "--out", out)
    open_everywhere(out / "ensemble.h5")
    check_provenance(out / "ensemble.h5")
    with xarray.open_dataset(out / "ensemble.h5") as data:
        assert dict(data.sizes) == {"member": 8}
        for name in ROTORS:
            for suffix in ("", "_error"):
                assert data[name + suffix].dims == ("member",) and np.isfinite(data[name + suffix]).all(), name + suffix
        assert np.isfinite(data["autocorrelation_time"]).all()
        for name, values in {"rotors": [16] * 4 + [36] * 4, "length": [4] * 4 + [6] * 4, "temperature": [0.5, 0.5, 1, 1] * 2, "replica": [0, 1] * 4}.items():
            assert list(data.coords[name].values) == values, name
        assert (data.coords["kernel"] == "nearest").all() and (data.coords["lattice"] == "square").all() and (data.coords["dynamics"] == "cluster").all()
        assert np.isnan(data.coords["alpha"]).all() and np.isnan(data.coords["range"]).all()


@pytest.mark.parametrize("file", FILES, ids=[f"{f.parent.name}/{f.stem}" for f in FILES])
def test_shipped_parameter_file(file, out):
    program = file.parent.name
    run(program, file, *SMALL.get(program, []), *SMALLER.get(f"{program}/{file.stem}", []), "--out", out)
    open_everywhere(out / "ensemble.h5")
    check_provenance(out / "ensemble.h5")


def test_command_in_the_file_reproduces_it(tmp_path):
    run("relax", "--set", "model.keys=5", "--set", "start.kind=uniform", "--seed", "9", "--out", tmp_path / "first")
    with h5py.File(tmp_path / "first/ensemble.h5") as data:
        command = data.attrs["command"]
        text = data.attrs["config_toml"]
    words = (command if isinstance(command, str) else command.decode()).split()
    assert words[0] == "softmech-relax" and words[-2:] == ["--out", "DIR"]
    run("relax", *words[1:-1], tmp_path / "second")
    (tmp_path / "config.toml").write_text(text if isinstance(text, str) else text.decode())
    run("relax", tmp_path / "config.toml", "--out", tmp_path / "third")
    assert sha256(tmp_path / "first/ensemble.h5") == sha256(tmp_path / "second/ensemble.h5") == sha256(tmp_path / "third/ensemble.h5")


@pytest.mark.parametrize("program", ["relax", "thermo", "grok", "audit", "tokens", "rotors"])
def test_help_version_and_configuration(program, tmp_path):
    text = run(program, "--help").stdout
    assert f"softmech-{program}" in text and "--out" in text
    assert max(map(len, text.splitlines())) <= 100
    assert run(program, "--version").stdout.startswith(f"softmech-{program} ")
    assert tomllib.loads(run(program, "--print-config").stdout)
    assert not list(tmp_path.iterdir())
    run(program, "--dry-run", "--out", tmp_path / "out")
    assert not list(tmp_path.iterdir()), "a dry run writes nothing"
