#!/usr/bin/python3
"""All-to-all rotors: the leapfrog step of softmech-rotors' library against NumPy's, in alternating rounds on one core.

    cmake --preset bench && cmake --build --preset bench --target bench-rotors
    bench/peers/rotors_numpy.py [--bench build/bench/bin/bench-rotors] [--rounds 7]

NumPy: half a kick, drift, cosines and sines of all phases, torques from their sums, half a kick, in place in buffers that
are kept. Prints nanoseconds per rotor and step of both, and their ratio, with AVX2 on both sides and with AVX-512 on both:
from 1.22 NumPy has vectorized sines for AVX-512 alone, and calls the C library otherwise. Needs NumPy:
apt install python3-numpy, and run it with /usr/bin/python3.
"""
import argparse
import csv
import io
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

try:
    import numpy as np
except ImportError:
    print("numpy is missing: apt install python3-numpy, and run this with /usr/bin/python3", file=sys.stderr)
    sys.exit(2)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SIZES = [1024, 4096, 65536]
STEP = 0.01


class NumpyRotors:
    """m = 1, J = 1/N: the torque on a rotor is M_y cos θ − M_x sin θ."""

    def __init__(self, n):
        random = np.random.default_rng(1)
        self.phases, self.velocities = 2 * random.standard_normal(n), random.standard_normal(n)
        self.cosines, self.sines, self.torques, self.buffer = (np.empty(n) for _ in range(4))
        self.force()

    def force(self):
        np.cos(self.phases, out=self.cosines)
        np.sin(self.phases, out=self.sines)
        x, y = self.cosines.mean(), self.sines.mean()
        np.multiply(self.cosines, y, out=self.torques)
        np.multiply(self.sines, x, out=self.buffer)
        self.torques -= self.buffer

    def kick(self):
        np.multiply(self.torques, STEP / 2, out=self.buffer)
        self.velocities += self.buffer

    def step(self):
        self.kick()
        np.multiply(self.velocities, STEP, out=self.buffer)
        self.phases += self.buffer
        self.force()
        self.kick()

    def energy(self):
        m2 = self.cosines.mean() ** 2 + self.sines.mean() ** 2
        return 0.5 * (self.velocities @ self.velocities) + 0.5 * self.phases.size * (1 - m2)


def numpy_ns(rotors):
    steps = max(3, 2**21 // rotors.phases.size)
    before = rotors.energy()
    start = time.thread_time()
    for _ in range(steps):
        rotors.step()
    seconds = time.thread_time() - start
    if abs(rotors.energy() - before) > 1e-3 * abs(before):
        sys.exit("NumPy's rotors do not conserve their energy: nothing is compared")
    return 1e9 * seconds / steps / rotors.phases.size


def numpy_ns_with(instructions, n):
    """In a process of its own: NumPy chooses its instructions when it is loaded."""
    without = "" if instructions == "avx512" else "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
    command = [sys.executable, __file__, "--numpy-only", str(n)]
    environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": without}
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def softmech_ns(bench, instructions, n):
    command = [bench, f"--benchmark_filter=^{instructions}_step/{n}/", "--benchmark_format=csv"]
    rows = csv.DictReader(io.StringIO(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    return next((float(row["step_ns"]) for row in rows if row.get("step_ns")), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=pathlib.Path, default=REPOSITORY / "build/bench/bin/bench-rotors")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--numpy-only", type=int, metavar="N", help="NumPy's nanoseconds alone, for N rotors")
    options = parser.parse_args()
    if options.numpy_only:
        rotors = NumpyRotors(options.numpy_only)
        print(statistics.median(numpy_ns(rotors) for _ in range(5)))
        return
    if not options.bench.exists():
        print(f"{options.bench}: not built; cmake --preset bench && cmake --build --preset bench --target bench-rotors",
              file=sys.stderr)
        sys.exit(2)
    print("instructions\trotors\tsoftmech_ns\tnumpy_ns\tratio")
    for instructions in ["avx2", "avx512"]:
        for n in SIZES:
            if softmech_ns(options.bench, instructions, n) is None:
                print(f"{instructions}\t{n}\tnot on this processor")
                continue
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours.append(softmech_ns(options.bench, instructions, n))
                theirs.append(numpy_ns_with(instructions, n))
            ratio = statistics.median(b / a for a, b in zip(ours, theirs))
            print(f"{instructions}\t{n}\t{statistics.median(ours):.2f}\t{statistics.median(theirs):.2f}\t{ratio:.1f}")


if __name__ == "__main__":
    main()
