"""Puts the page together: verdicts, figures, settings, problems."""
import platform
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import jinja2
import matplotlib
import numpy as np
from markupsafe import Markup

import figures
import verdicts
from results import UnreadableFile
from typeset import typeset

HERE = Path(__file__).parent


@dataclass
class Report:
    html: str
    summary: str
    problems: list
    plots: dict  # name of a file without ending -> style.Plot


@dataclass
class Section:
    """What the page shows of one study."""
    study: object
    plots: list = field(default_factory=list)
    claims: list = field(default_factory=list)
    problem: str = ""


@dataclass
class Audit:
    file: object
    claims: list
    identities: list

    @property
    def scale(self):
        return self.file.setting("audit.scale", "")


def make(found, version):
    """The report of what results.find() found."""
    problems = list(found.problems)
    audits = []
    for file in found.audits:
        try:
            claims = verdicts.read(file)
            audits.append(Audit(file, [c for c in claims if not c.is_identity], [c for c in claims if c.is_identity]))
        except UnreadableFile as error:
            problems.append((file.place, str(error)))
    claims = [claim for audit in audits for claim in audit.claims + audit.identities]
    sections = [_section(study, claims, problems) for study in found.studies]
    anchors = {section.study.name: section.study.anchor for section in sections}

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True)
    environment.filters["typeset"] = typeset
    html = environment.get_template("page.html.j2").render(
        title=_title(found, audits), css=Markup((HERE / "page.css").read_text(encoding="utf-8")), directory=found.directory,
        audits=audits, sections=sections, anchors=anchors, problems=problems, unfinished=found.unfinished,
        counts=verdicts.counts, versions=_versions(found, version))
    plots = {f"{section.study.name}-{name}".replace("/", "-"): plot for section in sections for name, plot in section.plots}
    return Report(html, _summary(audits, plots, sections), [sentence for _, sentence in problems], plots)


def _section(study, claims, problems):
    section = Section(study, claims=[claim for claim in claims if study.name in claim.studies])
    for draw in figures.functions(study.program):
        name = draw.__name__.replace("_", "-")
        try:
            for plot in draw(study):
                number = sum(other.startswith(name) for other, _ in section.plots)
                section.plots.append((f"{name}-{number + 1}" if number else name, plot))
        except UnreadableFile as error:
            section.problem = str(error)
        except Exception as error:  # one odd file must not cost the reader all others
            section.problem = (f"{study.path}: the figure '{draw.__name__}' could not be drawn ({type(error).__name__}: {error});"
                               " if a program of Softmech wrote the file unchanged, this is a bug of softmech-report")
        if section.problem:
            problems.append((study.place, section.problem))
            break
    return section


def _title(found, audits):
    if audits:
        return "The thermodynamics of attention, judged"
    return f"Softmech: {found.directory.resolve().name}"


def _summary(audits, plots, sections):
    parts = [f"{number} {verdict}" for audit in audits for verdict, _, number in verdicts.counts(audit.claims)]
    parts += [f"{number} identities {word}" for audit in audits
              for _, word, number in verdicts.counts(audit.identities)]
    drawn = "1 figure" if len(plots) == 1 else f"{len(plots)} figures"
    return ", ".join(parts + [f"{drawn} of {'1 study' if len(sections) == 1 else f'{len(sections)} studies'}"])


def _versions(found, version):
    """Who wrote the files, and what drew this page."""
    writers = {(str(file.attributes.get("source", "unknown")), str(file.attributes.get("build", "")))
               for file in found.audits + found.studies}
    drawn = [f"softmech-report {version}", f"Python {platform.python_version()}", f"NumPy {np.__version__}",
             f"h5py {h5py.__version__}", f"Matplotlib {matplotlib.__version__}", f"Jinja {jinja2.__version__}"]
    return sorted(writers), drawn
