"""The documentation tells the truth: links lead somewhere, names exist, commands are understood, shown code is the real code.

Needs SOFTMECH_BIN, the directory of the programs.
"""
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LIBRARY = {path: path.read_text() for path in sorted((ROOT / "lib").rglob("*.hpp"))}


def anchors(page):
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {target}"


def symbols():
    table = (ROOT / "docs" / "theory.md").read_text().partition("## Symbols")[2]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines() if row.startswith("|")]
    return rows[2:]


@pytest.mark.parametrize("row", symbols(), ids=lambda row: row[0])
def test_symbols_have_the_names_that_the_table_says(row):
    assert len(row) == 4
    _, code, headers, output = row
    (header,) = [ROOT / "lib" / name for name in re.findall(r"`([^`]+)`", headers)]
    names = [part for name in re.findall(r"`([^`]+)`", code) for part in name.split("::")]
    declared = {name for name in names if any(re.search(rf"\b{name}\b", text) for text in LIBRARY.values())}
    sources = "".join(path.read_text() for place in ("sims", "lib/models", "lib/learning") for path in (ROOT / place).glob("*.[ch]pp"))
    assert set(names) <= declared | set(re.findall(r'"(\w+)"', sources)), "a name in the code that does not exist"
    assert any(re.search(rf"\b{name}\b", LIBRARY[header]) for name in names), f"none of the names is in {header}"
    for name in re.findall(r"`([^`]+)`", output):
        side, _, rest = name.partition("_")  # softmech-grok puts "train" or "test" before what both have
        assert re.search(rf'"{name}"', sources) or side in ("train", "test") and f'"_{rest}"' in sources, f"no program records {name}"


def commands():
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), flags=re.M | re.S):
            for line in block.replace("\\\n", " ").splitlines():
                # Behind a launcher or inside a loop the command is the same.
                found = re.search(r"\b(softmech-(?:relax|thermo|tokens|rotors|grok|onset|fss|goldstone|audit)\b[^;$]*)(?=;|$)", line)
                if found and not line.startswith("#"):
                    yield pytest.param(found[1], id=f"{page.name}: {found[1].partition('#')[0].strip()}")


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command):
    words = shlex.split(command, comments=True)
    program = Path(os.environ["SOFTMECH_BIN"]) / words[0]
    for word in words[1:]:
        if word.endswith("config.toml") or word.endswith("my-claims.toml"):
            pytest.skip("a file that the reader makes")
    asked = [] if "--help" in words else ["--dry-run"]
    done = subprocess.run([program, *words[1:], *asked], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_program_of_ones_own_is_the_one_that_is_tested():
    source = (ROOT / "tests" / "outside" / "dipole.cpp").read_text()
    blocks = re.findall(r"^```cpp\n(.*?)^```", (ROOT / "docs" / "your-own.md").read_text(), flags=re.M | re.S)
    blocks += re.findall(r"^```cpp\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    assert blocks
    for block in blocks:
        for part in block.split("\n…\n"):
            assert part.strip("\n") in source, f"not in tests/outside/dipole.cpp:\n{part}"
