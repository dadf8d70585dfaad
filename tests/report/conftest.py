"""The report's modules and the synthetic results, for all tests here."""
import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PLOTS = HERE.parents[1] / "analysis" / "plots"
sys.path[:0] = [str(HERE), str(PLOTS)]

import results  # noqa: E402
import synthetic  # noqa: E402


def report(*arguments):
    """Runs softmech-report as a user does."""
    command = [sys.executable, "-B", str(PLOTS / "report.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def plots(file, figures):
    """All figures of a result file by the names of what draws them; every one has a caption and words for who cannot see it."""
    study = results.ResultFile(file, "run")
    drawn = {}
    for draw in figures:
        for number, plot in enumerate(draw(study)):
            drawn[draw.__name__ + (f"-{number + 1}" if number else "")] = plot
            assert "nan" not in text(plot) and "<sub>" not in text(plot) and len(plot.alt) > 30
    return drawn


def text(plot):
    """The words of a caption."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", "", str(plot.caption))))


@pytest.fixture(scope="session")
def audited(tmp_path_factory):
    """A directory with an audit, three studies, and its report."""
    directory = tmp_path_factory.mktemp("audited")
    synthetic.audit(directory)
    done = report(directory, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return directory
