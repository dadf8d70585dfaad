"""The Ising table of data/fss: exact on small lattices and at the critical point, and what is shipped is what the program prints."""

import itertools
import subprocess

import numpy as np
import pytest

from conftest import BIN, DATA

CRITICAL = 2 / np.log(1 + np.sqrt(2))


def table(text):
    return np.genfromtxt([line for line in text.splitlines() if not line.startswith("#")], delimiter=",", names=True)


def ising(*arguments):
    return subprocess.run([BIN / "ising-data", *map(str, arguments)], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def shipped():
    return table((DATA / "fss/ising.csv").read_text())


def enumerated(size):
    """m and e of all states."""
    spins = np.array(list(itertools.product([1, -1], repeat=size * size)), dtype=np.int8).reshape(-1, size, size)
    bonds = spins * np.roll(spins, 1, 1) + spins * np.roll(spins, 1, 2)
    return spins.mean((1, 2)), -bonds.sum((1, 2), dtype=int) / size**2


@pytest.mark.parametrize("size", [3, 4])
def test_small_lattices_are_enumerated(size):
    rows = table(ising("--sizes", size, "--sweeps", 40_000, "--seed", 3).stdout)
    m, e = enumerated(size)
    for row in rows:
        weight = np.exp(-(e - e.min()) * size**2 / row["temperature"])

        def mean(values):
            return np.average(values, weights=weight)

        exact = {"magnetization": mean(abs(m)), "magnetization2": mean(m**2), "magnetization4": mean(m**4), "energy": mean(e),
                 "binder": 1 - mean(m**4) / (3 * mean(m**2) ** 2),
                 "susceptibility": size**2 * (mean(m**2) - mean(abs(m)) ** 2) / row["temperature"],
                 "specific_heat": size**2 * (mean(e**2) - mean(e) ** 2) / row["temperature"] ** 2}
        for name, value in exact.items():
            assert abs(row[name] - value) < 4 * row[f"{name}_error"], (name, row["temperature"])
            assert row[f"{name}_error"] < 0.05 * abs(value), name


def kaufman(size, temperature):
    """ln Z of the periodic lattice (Kaufman, Phys. Rev. 76 (1949) 1232), up to a constant."""
    k = 1 / temperature
    r = np.arange(2 * size)
    gamma = np.arccosh(np.cosh(2 * k) ** 2 / np.sinh(2 * k) - np.cos(np.pi * r / size))
    gamma[0] = 2 * k + np.log(np.tanh(k))
    half = size * gamma / 2
    odd, even = half[1::2], half[0::2]
    logs = [np.log(2 * np.cosh(odd)).sum(), np.log(2 * np.abs(np.sinh(odd))).sum(), np.log(2 * np.cosh(even)).sum(), np.log(2 * np.abs(np.sinh(even))).sum()]
    signs = [1, 1, 1, np.sign(np.sinh(even)).prod()]
    top = max(logs)
    return size**2 / 2 * np.log(2 * np.sinh(2 * k)) + top + np.log(sum(s * np.exp(x - top) for s, x in zip(signs, logs)))


def energy(size, temperature):
    h = 1e-5
    low, high = (kaufman(size, 1 / (1 / temperature + sign * h)) for sign in (-1, 1))
    return -(high - low) / (2 * h) / size**2


def test_the_reference_is_onsagers_in_the_limit():
    m, e = enumerated(4)
    weight = np.exp(-e * 16 / 2.5)
    assert energy(4, 2.5) == pytest.approx((weight * e).sum() / weight.sum(), rel=1e-7)
    # -√2 at T_c, approached as 1/L (Ferdinand & Fisher, Phys. Rev. 185 (1969) 832).
    assert 2 * energy(256, CRITICAL) - energy(128, CRITICAL) == pytest.approx(-np.sqrt(2), abs=1e-5)


def test_shipped_energies_are_exact(shipped):
    """Energy of every row against the exact one of its finite lattice: deviations like normal ones."""
    deviation = np.array([(row["energy"] - energy(int(row["size"]), row["temperature"])) / row["energy_error"] for row in shipped])
    assert abs(deviation).max() < 4
    assert len(shipped) - 4 * np.sqrt(2 * len(shipped)) < (deviation**2).sum() < len(shipped) + 4 * np.sqrt(2 * len(shipped))


def test_shipped_rows_come_again_bit_by_bit():
    lines = [line for line in (DATA / "fss/ising.csv").read_text().splitlines() if line.startswith("16,")]
    assert len(lines) == 12
    again = ising("--sizes", 16).stdout.splitlines()
    assert [line for line in again if line.startswith("16,")] == lines


def test_sizes_have_grids_of_their_own(shipped):
    sizes = np.unique(shipped["size"])
    assert list(sizes) == [16, 24, 32, 48, 64, 96, 128]
    grids = [set(shipped["temperature"][shipped["size"] == size]) for size in sizes]
    assert all(len(grid) == 12 for grid in grids)
    assert all(len(first & second) <= 6 for first, second in itertools.combinations(grids, 2))
    scaled = (shipped["temperature"] / CRITICAL - 1) * shipped["size"]
    assert -1.1 < scaled.min() < -0.9 and 0.8 < scaled.max() < 1.1


@pytest.mark.parametrize("arguments,words", [(["--sweeps", "10"], ["--sweeps 10", "640"]), (["--sizes", "16,2"], ["--sizes 2", "3"]),
                                             (["--size", "16"], ["--size", "--sizes"]), (["--seed"], ["--seed", "integer"])])
def test_misuse(arguments, words):
    done = ising(*arguments)
    assert done.returncode == 1 and all(word in done.stderr for word in words), done.stderr
