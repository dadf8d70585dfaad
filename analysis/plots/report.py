#!/usr/bin/python3
"""softmech-report: one self-contained HTML page of a directory of results.

  softmech-audit --set audit.scale=quick --out out/audit && softmech-report out/audit
  softmech-relax --out relax && softmech-report relax
  softmech-report relax --out relax.html

usage: softmech-report DIR [--out FILE.html] [--figures FOLDER] [--quiet]

  DIR         a directory with ensemble.h5, fss.h5, goldstone.h5, onset.h5 or audit.h5 files, at any
              depth; they are not changed
  --out FILE  where the page goes (default: DIR/report.html)
  --figures FOLDER  also write every figure there as PNG and PDF, for talks and papers; what
                    moves as SVG, too, for a browser
  --quiet     print nothing but errors
  --version, --help

The page holds verdicts, figures with captions, settings and the commands that make it all again. It opens offline, on a
phone too. Exit codes: 0 done; 1 done, but some file could not be shown (the page says which and why), or the page could
not be written; 2 a wrong command, or no results in DIR.
"""
import argparse
import os
import sys
from pathlib import Path

VERSION = "0.1.0"
PACKAGES = {"numpy": "python3-numpy", "h5py": "python3-h5py", "matplotlib": "python3-matplotlib",
            "jinja2": "python3-jinja2", "markupsafe": "python3-markupsafe"}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as all programs of Softmech do."""

    def error(self, message):
        sys.exit(fail(2, f"{message}; try softmech-report --help"))

    def format_help(self):
        return __doc__


def parse(arguments):
    parser = Parser(prog="softmech-report", allow_abbrev=False)
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--version", action="version", version=f"softmech-report {VERSION}")
    return parser.parse_args(arguments)


def fail(code, message):
    print(f"softmech-report: {message}", file=sys.stderr)
    return code


def write(path, text):
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def main(arguments=None):
    options = parse(arguments)
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")  # results may lie on a read-only or network disk
    try:
        import page
        import results
    except ImportError as error:
        module = (error.name or "").partition(".")[0]
        if module not in PACKAGES:
            raise
        return fail(1, f"the Python module {module} is missing: sudo apt-get install {PACKAGES[module]} "
                       f"(this is {sys.executable})")
    try:
        found = results.find(options.directory)
    except results.NoResults as error:
        return fail(2, error)

    report = page.make(found, version=VERSION)
    out = options.out or options.directory / "report.html"
    try:
        write(out, report.html)
        if options.figures:
            options.figures.mkdir(parents=True, exist_ok=True)
            for name, plot in report.plots.items():
                for ending in plot.endings:
                    plot.save(options.figures / f"{name}{ending}")
    except OSError as error:
        return fail(1, f"cannot write {error.filename or out}: {error.strerror}; "
                       "choose another place with --out and --figures")

    for problem in report.problems:
        fail(1, problem)
    if not options.quiet:
        print(f"{out}: {report.summary}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
