#!/usr/bin/python3
"""A whole run of tokens under attention: softmech-tokens against SciPy's solve_ivp with a vectorized right-hand side.

    cmake --preset bench && cmake --build --preset bench --target softmech-tokens
    bench/peers/tokens_scipy.py [--program build/bench/bin/softmech-tokens] [--rounds 5]

Both integrate the same n tokens on S^(d-1) from depth 0 to 2 (sa, beta = 1) by the formula of Dormand and Prince, from the
same first step, at absolute and relative tolerance 1e-6, on one thread, in alternating rounds. Prints the CPU time of the
integration alone (of the program: less that of a run that ends at once), the ratios to softmech, and the largest error at
the end against a run at 1e-11. softmech bounds the error of every component, SciPy their root mean square: rows with "5e-6"
give the time at a tolerance where softmech is about as accurate. All sum
over pairs; the Fourier series of d = 2, which need no such time, are in bench-tokens. Needs NumPy, SciPy and h5py:
apt install python3-scipy python3-h5py, and run it with /usr/bin/python3.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

try:
    import h5py
    import numpy as np
    import scipy
    from scipy.integrate import solve_ivp
except ImportError as error:
    print(f"{error.name} is missing: apt install python3-scipy python3-h5py, and run this with /usr/bin/python3", file=sys.stderr)
    sys.exit(2)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# Tokens, dimension, and the least ratio that is aimed at.
CASES = [(512, 2, 11), (2048, 2, 21), (512, 16, 3.6), (2048, 16, 5), (512, 64, 2), (2048, 64, 2)]
DEPTH, FIRST_STEP, TOLERANCE = 2.0, 0.1, 1e-6


def cpu_seconds(command):
    """User and system time of a process that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Softmech:
    """The program on one start. Small systems are integrated several times: as members that start alike."""

    def __init__(self, program, start, directory):
        n, d = start.shape
        self.program, self.out = program, directory / "out"
        np.savetxt(directory / "start.csv", start, delimiter=",", fmt="%.17g")
        self.members = max(4, 2**22 // n**2)
        self.settings = {"model.tokens": n, "model.dim": d, "start.kind": "file", "start.file": directory / "start.csv", "time.samples": 2,
                         "solver.step": FIRST_STEP, "output.trajectory": "true"}

    def cpu(self, **settings):
        merged = self.settings | {key.replace("__", "."): value for key, value in settings.items()}
        words = [word for key, value in merged.items() for word in ("--set", f"{key}={value}")]
        return cpu_seconds([self.program, *words, "--threads", "1", "--quiet", "--restart", "--out", self.out])

    def end(self):
        with h5py.File(self.out / "ensemble.h5") as file:
            return file["position"][0, -1]

    def run(self, tolerance, depth):
        """CPU seconds per member, and where it ended."""
        seconds = self.cpu(solver__stepper="dopri5", solver__kernel="tiles", solver__rel_tol=tolerance, solver__abs_tol=tolerance,
                           ensemble__members=self.members, time__end=depth)
        return seconds / self.members, self.end()

    def exact(self):
        self.cpu(solver__stepper="fehlberg78", solver__rel_tol=1e-11, solver__abs_tol=1e-12, time__end=DEPTH)
        return self.end()


def scipy_run(start):
    """CPU seconds of one integration, where it ended, and how many right-hand sides it took."""
    n, d = start.shape
    weights = np.empty((n, n))  # no allocation of n x n numbers in the loop

    def velocity(_, y):
        x = y.reshape(n, d)
        np.matmul(x, x.T, out=weights)
        np.exp(weights, out=weights)
        force = weights @ x
        force /= weights.sum(axis=1, keepdims=True)
        force -= np.einsum("ic,ic->i", force, x)[:, None] * x
        return force.ravel()

    begin = time.process_time()
    done = solve_ivp(velocity, (0, DEPTH), start.ravel(), "RK45", t_eval=[DEPTH], first_step=FIRST_STEP, rtol=TOLERANCE, atol=TOLERANCE)
    return time.process_time() - begin, done.y[:, -1].reshape(n, d), done.nfev


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=REPOSITORY / "build/bench/bin/softmech-tokens")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if not arguments.program.exists():
        parser.error(f"--program = {arguments.program}: no such program; build it with the commands in --help")

    random = np.random.default_rng(1)
    print("tokens\tdim\twho\tseconds\tratio\tratio_min\tratio_max\taim\terror")
    for n, d, aim in CASES:
        start = random.normal(size=(n, d))
        start /= np.linalg.norm(start, axis=1, keepdims=True)
        ways = [TOLERANCE, 5 * TOLERANCE]
        seconds, errors, nothing = {who: [] for who in ["scipy", *ways]}, {}, []
        with tempfile.TemporaryDirectory() as directory:
            softmech = Softmech(arguments.program, start, pathlib.Path(directory))
            exact = softmech.exact()
            for _ in range(arguments.rounds):
                for who in seconds:
                    spent, end, *evaluations = scipy_run(start) if who == "scipy" else softmech.run(who, DEPTH)
                    seconds[who].append(spent)
                    errors[who] = np.abs(end - exact).max()
                    if who == "scipy":
                        scipy_name = f"scipy {scipy.__version__}, {evaluations[0]} evaluations"
                nothing.append(softmech.run(TOLERANCE, 1e-9)[0])
        if max(errors.values()) > 1e-4:
            sys.exit(f"{n} tokens in {d} dimensions: the ends err by {errors}, more than the tolerances allow")
        for who, spent in seconds.items():
            if who != "scipy":
                spent = [one - statistics.median(nothing) for one in spent]
            ratios = sorted(their / our for their, our in zip(seconds["scipy"], spent))
            name = scipy_name if who == "scipy" else f"softmech {who:.0e}"
            print(f"{n}\t{d}\t{name}\t{statistics.median(spent):.3g}\t{statistics.median(ratios):.3g}\t{ratios[0]:.3g}\t{ratios[-1]:.3g}\t"
                  f"{aim if who == ways[0] else ''}\t{errors[who]:.1e}", flush=True)


if __name__ == "__main__":
    main()
