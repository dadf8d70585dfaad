"""Other people's programs open our files. Run by round_trip.cpp, which writes them to $SOFTMECH_SAMPLES.

Needs the Debian packages python3-pytest python3-xarray python3-h5py python3-netcdf4 python3-h5netcdf netcdf-bin hdf5-tools.
"""

import os
import pathlib
import subprocess

import h5py
import netCDF4
import numpy as np
import pytest
import xarray

SAMPLES = pathlib.Path(os.environ["SOFTMECH_SAMPLES"])
EVERYTHING = SAMPLES / "everything.h5"
NOTHING = SAMPLES / "nothing.h5"


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray(engine):
    with xarray.open_dataset(EVERYTHING, engine=engine) as data:
        assert data.title == "Ein Täst: κ, 中文"
        assert data.config_toml == "x" * 200 * 1024 + "end"
        assert data.nothing == ""
        assert data.seed == -7 and data.tolerance == 1e-9
        assert list(data.attrs["range"]) == [0.5, -2.0, np.inf]
        assert dict(data.sizes) == {"member": 3, "time": 2, "key": 2, "single": 1}
        assert data.weights.dims == ("member", "time", "key")
        assert np.array_equal(data.weights, 0.25 + np.arange(12).reshape(3, 2, 2))
        assert set(data.weights.coords) == {"member", "time", "key", "temperature", "label"}
        assert data.weights.units == "1" and data.weights.long_name == "attention weights" and data.weights.order == 2
        assert data.weights.sel(member=5, time=0.5, key="zwö") == 7.25
        assert np.array_equal(data.temperature, [np.nan, -np.inf, 0.0], equal_nan=True)
        assert list(data.label.values) == ["", "ä", "long " + "l" * 5000]
        assert data["count"].dtype == np.int64 and data["count"].units == "counts"
        assert list(data["count"].values[:, 0]) == [np.iinfo(np.int64).min, 0, np.iinfo(np.int64).max]
        assert data.scalar == 2.5 and data.scalar_count == 42 and data.scalar_text.item() == "Grüße"
        assert list(data.variables)[0] == "member" and list(data.variables)[-1] == "a_last"
    with xarray.open_dataset(NOTHING, engine=engine) as data:
        assert data.sizes["member"] == 0
        assert data.weights.shape == (0, 2) and data.label.shape == (0,)


def test_xarray_writes_it_again(tmp_path):
    with xarray.open_dataset(EVERYTHING) as data:
        data.to_netcdf(tmp_path / "copy.nc")
        with xarray.open_dataset(tmp_path / "copy.nc") as copy:
            xarray.testing.assert_identical(data, copy)


def test_netcdf4():
    with netCDF4.Dataset(EVERYTHING) as data:
        assert list(data.dimensions) == ["member", "time", "key", "single"]
        assert list(data.variables)[4:6] == ["weights", "temperature"]
        assert not any(dimension.isunlimited() for dimension in data.dimensions.values())
        assert data["weights"][2, 1, 1] == 11.25
        assert data["label"][1] == "ä"


def test_h5py_follows_the_dimension_scales():
    with h5py.File(EVERYTHING) as data:
        assert data.attrs["title"] == "Ein Täst: κ, 中文"
        assert data["weights"].attrs["units"] == "1"
        assert [axis.keys()[0] for axis in data["weights"].dims] == ["member", "time", "key"]
        assert data["weights"].dims[1][0] == data["time"]
        assert h5py.h5ds.is_scale(data["member"].id) and not h5py.h5ds.is_scale(data["weights"].id)
        assert [name for name in data] == list(data.keys())
        users = [(data[user["dataset"]].name, user["dimension"]) for user in data["key"].attrs["REFERENCE_LIST"]]
        assert users == [("/weights", 2), ("/a_last", 0)]
        assert h5py.h5ds.is_attached(data["weights"].id, data["key"].id, 2)
        assert data["weights"].id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS


def test_command_line():
    header = subprocess.run(["ncdump", "-h", EVERYTHING], check=True, capture_output=True, text=True).stdout
    assert "double weights(member, time, key) ;" in header and "int64 count(member, single) ;" in header
    assert 'weights:coordinates = "temperature label" ;' in header
    data = subprocess.run(["ncdump", "-v", "weights,label", EVERYTHING], check=True, capture_output=True, text=True).stdout
    assert "11.25" in data
    listing = subprocess.run(["h5ls", "-r", EVERYTHING], check=True, capture_output=True, text=True).stdout
    assert "{3, 2, 2}" in " ".join(listing.split())
    subprocess.run(["h5dump", "-H", EVERYTHING], check=True, capture_output=True)
    subprocess.run(["ncdump", NOTHING], check=True, capture_output=True)
    subprocess.run(["h5ls", "-r", NOTHING], check=True, capture_output=True)


def test_a_file_may_be_changed_elsewhere(tmp_path):
    copy = tmp_path / "copy.h5"
    copy.write_bytes(EVERYTHING.read_bytes())
    with h5py.File(copy, "a") as data:
        data.attrs["note"] = "mine"
        data["more"] = np.arange(3)
    with h5py.File(copy) as data:
        assert data.attrs["note"] == "mine" and data["weights"][0, 0, 0] == 0.25
