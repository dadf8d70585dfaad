"""Files as other people write them, for foreign.cpp to read: python3 write_elsewhere.py DIRECTORY"""

import pathlib
import sys

import h5py
import numpy as np
import xarray

directory = pathlib.Path(sys.argv[1])

data = xarray.Dataset(
    {
        "energies": (("row", "key"), np.arange(6, dtype=np.float32).reshape(2, 3), {"units": "nat", "long_name": "logits", "scale": [1, 2]}),
        "label": ("row", np.array(["ä", "b"], dtype=object)),
        "bare": ("uncounted", np.arange(4, dtype=np.int16)),
        "total": ((), 15.0),
    },
    coords={"row": np.array([10, 20], dtype=np.int32)},
    attrs={"title": "mine", "numbers": np.array([1.5, 2.5]), "year": 2024},
)
compressed = {"energies": {"zlib": True, "chunksizes": (1, 2)}}
data.to_netcdf(directory / "netcdf4.nc", engine="netcdf4", encoding=compressed, unlimited_dims=["row"])
data.to_netcdf(directory / "h5netcdf.nc", engine="h5netcdf", encoding=compressed, unlimited_dims=["row"])

with h5py.File(directory / "plain.h5", "w") as plain:
    plain["energies"] = np.arange(1, 7, dtype=">f4").reshape(2, 3)
    plain["flags"] = np.array([True, False, True])
    plain["pairs"] = np.zeros(2, dtype=[("x", float), ("y", int)])
    plain["fixed"] = np.array([b"one", b"three"])
    plain["huge"] = h5py.Empty("f8")
    plain.create_dataset("unwritten", shape=(1 << 50,), chunks=(1024,))
    plain.create_group("group")["inside"] = 1
