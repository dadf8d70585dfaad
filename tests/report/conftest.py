"""The report's modules and the synthetic results, for all tests here."""
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PLOTS = HERE.parents[1] / "analysis" / "plots"
sys.path[:0] = [str(HERE), str(PLOTS)]

import synthetic  # noqa: E402


def report(*arguments):
    """Runs softmech-report as a user does."""
    command = [sys.executable, "-B", str(PLOTS / "report.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="session")
def audited(tmp_path_factory):
    """A directory with an audit, three studies, and its report."""
    directory = tmp_path_factory.mktemp("audited")
    synthetic.audit(directory)
    done = report(directory, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return directory
