"""The set-up's shell scripts, with stand-ins for the system's package tools and for the programs."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(path, body):
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run(*command, **environment):
    return subprocess.run(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True)


class Machine:
    """A copy of the set-up in a folder with a space, and a Debian whose package tools only keep a record."""

    def __init__(self, folder):
        self.tools, self.tree, self.record = folder / "tools", folder / "soft mech", folder / "record"
        self.tools.mkdir()
        (self.tree / "cmake").mkdir(parents=True)
        for name in ("install-packages.sh", "phases.sh", "packages.txt"):
            target = self.tree / "cmake" / name
            target.write_text((ROOT / "cmake" / name).read_text())
            target.chmod(0o755)
        self.installed, self.ready = folder / "installed", folder / "ready"
        self.installed.write_text("")
        script(self.tools / "dpkg-query", f'cat "{self.installed}"\n')
        script(self.tools / "dpkg", f'echo "dpkg $*" >> "{self.record}"\n')
        # Installing works once the lists were updated, or from the start where `ready` exists.
        script(self.tools / "apt-get", f'''echo "apt-get $*" >> "{self.record}"
case "$*" in *update) : > "{self.ready}" ;; *) [ -e "{self.ready}" ] || {{ echo "E: Unable to locate package"; exit 100; }} ;; esac
''')
        script(self.tools / "id", "echo 0\n")
        script(self.tools / "sudo", "exit 1\n")

    def install(self, *sections):
        return run(self.tree / "cmake/install-packages.sh", *sections, PATH=f"{self.tools}:{os.environ['PATH']}")

    def calls(self):
        return self.record.read_text() if self.record.exists() else ""


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_nothing_missing_is_silent_and_asks_nobody(machine):
    machine.installed.write_text("chromium-headless-shell installed\n")
    result = machine.install("browser")
    assert (result.returncode, result.stdout, result.stderr, machine.calls()) == (0, "", "", "")


def test_a_removed_package_counts_as_missing(machine):
    machine.ready.touch()
    machine.installed.write_text("chromium-headless-shell config-files\n")
    result = machine.install("browser")
    assert result.returncode == 0
    assert result.stdout == "Packages: installing chromium-headless-shell\n"
    assert machine.calls().count("\n") == 1  # no update, no second try
    assert "install --no-install-recommends chromium-headless-shell" in machine.calls()


def test_absent_package_lists_are_fetched_and_the_installation_is_tried_again(machine):
    assert machine.install("bench").returncode == 0
    actions = [line.split()[0] + " " + line.split()[-1] for line in machine.calls().splitlines()]
    assert actions == ["apt-get libbenchmark-dev", "dpkg -a", "apt-get update", "apt-get libbenchmark-dev"]


def test_a_failed_installation_shows_why_and_where_the_log_is(machine):
    script(machine.tools / "apt-get", "echo 'E: no space left'; exit 100\n")
    result = machine.install("bench")
    assert result.returncode == 100
    assert "E: no space left" in result.stderr
    assert f"{machine.tree}/build/packages.log" in result.stderr


def test_without_the_right_to_install_the_command_for_an_administrator_is_named(machine):
    script(machine.tools / "id", "echo 1000\n")
    result = machine.install("bench", "browser")
    assert result.returncode == 2
    assert "apt-get install --no-install-recommends libbenchmark-dev chromium-headless-shell\n" in result.stderr
    assert machine.calls() == ""


def test_an_unknown_section_is_refused(machine):
    assert machine.install("brwser").returncode == 2


@pytest.mark.parametrize("command", ["quickstart", "check"])
def test_the_two_commands_refuse_what_they_do_not_know(command):
    result = run(ROOT / command, "--fast")
    assert result.returncode == 2
    assert "--fast" in result.stderr


@pytest.fixture
def front_door(tmp_path):
    door = tmp_path / "softmech"
    door.write_text((ROOT / "cmake/softmech.in").read_text().replace("@PROJECT_VERSION@", "1.2.3"))
    door.chmod(0o755)
    script(tmp_path / "softmech-relax", '''[ "$1" != --help ] || { echo "softmech-relax: one query"; exit; }
for argument; do echo "<$argument>"; done; exit 75
''')
    script(tmp_path / "softmech-thermo", 'echo "softmech-thermo: ensembles of rows"\necho usage\n')
    return door


def test_the_front_door_lists_programs_with_their_summaries(front_door):
    lines = run(front_door).stdout.splitlines()
    assert "  softmech relax      one query" in lines
    assert "  softmech thermo     ensembles of rows" in lines
    assert run(front_door, "--version").stdout == "softmech 1.2.3\n"


def test_the_front_door_hands_over_arguments_and_exit_code(front_door, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere/softmech"
    link.symlink_to(front_door)
    result = run(link, "relax", "--set", "a b=c", "")
    assert (result.returncode, result.stdout) == (75, "<--set>\n<a b=c>\n<>\n")


@pytest.mark.parametrize("typed, answer", [("rlax", "'relax'"), ("termo", "'thermo'"), ("quantum", "softmech alone lists them")])
def test_the_front_door_suggests_the_nearest_name(front_door, typed, answer):
    result = run(front_door, typed)
    assert result.returncode == 2
    assert answer in result.stderr
