#!/usr/bin/python3
"""Batch Fisher–Rao distances: softmech against geomstats and against its formula in NumPy, in alternating rounds.

    cmake --preset bench && cmake --build --preset bench --target bench-fisher_rao
    bench/peers/fisher_rao.py [--bench build/bench/bin/bench-fisher_rao] [--rounds 5]

geomstats is used where it can be imported (pip install geomstats); NumPy alone (apt install python3-numpy) gives the
second comparison. Prints the median time per entry (rows × keys) of each, and the ratios to softmech; one thread each.
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("GEOMSTATS_BACKEND", "numpy")

try:
    import numpy as np
except ImportError:
    sys.exit("this comparison needs NumPy: apt install python3-numpy, and run it with /usr/bin/python3")

try:
    with contextlib.redirect_stderr(io.StringIO()):
        import geomstats
        from geomstats.information_geometry.categorical import CategoricalDistributions
except Exception as error:  # too old a NumPy or SciPy shows itself in many ways
    geomstats = None
    print(f"geomstats is not measured: {error}", file=sys.stderr)

SHAPES = [(1000, 64), (1000, 1024)]
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def softmech_seconds(bench, rows, keys):
    """CPU seconds per entry, as the benchmark reports them."""
    command = [bench, f"--benchmark_filter=^batch/{rows}/{keys}$", "--benchmark_format=json", "--benchmark_min_time=0.2"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report["benchmarks"][0]["per_entry"]


def peer_seconds(distance, p, q):
    """CPU seconds per entry, from enough calls for 0.2 s; the first call warms up."""
    distance(p, q)
    calls, start = 0, time.process_time()
    while (elapsed := time.process_time() - start) < 0.2:
        distance(p, q)
        calls += 1
    return elapsed / calls / p.size


def arccosine_distance(p, q):
    """2 arccos Σ√(p_i q_i) through points of the sphere: fast, but without digits for nearly equal rows."""
    return 2 * np.arccos(np.clip((np.sqrt(p) * np.sqrt(q)).sum(axis=1), -1, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=pathlib.Path, default=REPOSITORY / "build/bench/bin/bench-fisher_rao")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if not arguments.bench.exists():
        parser.error(f"--bench = {arguments.bench}: no such program; build it with the commands in --help")

    random = np.random.default_rng(1)
    print("rows\tkeys\twho\tns_per_entry\tratio\tratio_min\tratio_max")
    for rows, keys in SHAPES:
        p, q = (random.dirichlet(np.full(keys, 0.5), rows) for _ in range(2))
        peers = {f"numpy {np.__version__}": arccosine_distance}
        if geomstats:
            peers[f"geomstats {geomstats.__version__}"] = CategoricalDistributions(dim=keys - 1).metric.dist
        ours, theirs = [], {name: [] for name in peers}
        for _ in range(arguments.rounds):
            ours.append(softmech_seconds(arguments.bench, rows, keys))
            for name, distance in peers.items():
                theirs[name].append(peer_seconds(distance, p, q))
        print(f"{rows}\t{keys}\tsoftmech\t{1e9 * statistics.median(ours):.3g}\t1\t1\t1")
        for name, seconds in theirs.items():
            ratios = sorted(peer / our for peer, our in zip(seconds, ours))
            print(f"{rows}\t{keys}\t{name}\t{1e9 * statistics.median(seconds):.3g}\t"
                  f"{statistics.median(ratios):.3g}\t{ratios[0]:.3g}\t{ratios[-1]:.3g}")


if __name__ == "__main__":
    main()
