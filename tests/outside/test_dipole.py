"""The simulation of docs/your-own.md, built as somebody else's program, obeys its conservation laws."""
import os
import subprocess

import h5py
import numpy as np


def test_a_program_of_ones_own(tmp_path):
    program = os.environ["SOFTMECH_DIPOLE"]
    subprocess.run([program, "--set", "model.field=1,4", "--set", "time.end=50", "--quiet", "--out", tmp_path / "out"], check=True)
    with h5py.File(tmp_path / "out" / "ensemble.h5") as data:
        position, energy, momentum = (data[name][:] for name in ("position", "total_energy", "angular_momentum"))
        assert list(data["field"][:]) == [1.0] * 4 + [4.0] * 4
    assert position.shape == (8, 101, 3)
    assert np.abs(np.linalg.norm(position, axis=2) - 1).max() < 1e-12
    assert np.abs(energy - energy[:, :1]).max() < 1e-6 and np.ptp(energy[:, 0]) > 0.1
    assert np.abs(momentum - momentum[:, :1]).max() < 1e-6 and np.ptp(momentum[:, 0]) > 0.1
    assert np.ptp(position, axis=1).min() > 0.1  # it moves
