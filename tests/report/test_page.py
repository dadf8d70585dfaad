"""What the page holds: everything that was found, readable offline and without eyes."""
import re
import shutil
from html.parser import HTMLParser

import pytest
import synthetic
from conftest import report

VOID = {"meta", "br", "input", "path", "use", "rect"}


class Page(HTMLParser):
    """The page's elements as (tag, attributes, text), in order; complains about tags that do not match."""

    def __init__(self, path):
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.elements, self._open = [], []
        self.feed(self.text)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attributes):
        element = [tag, dict(attributes), ""]
        self.elements.append(element)
        if tag not in VOID or tag in ("path", "use", "rect") and not self.get_starttag_text().endswith("/>"):
            self._open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        if tag not in ("meta", "br", "input"):
            assert self._open and self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1:]}"
            self._open.pop()

    def handle_data(self, data):
        for element in self._open:
            element[2] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e[0] == tag and all(e[1].get(k.rstrip("_")) == v for k, v in attributes.items())]


@pytest.fixture(scope="module")
def page(audited):
    return Page(audited / "report.html")


def test_page_needs_nothing_from_outside(page):
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", page.text)
    assert not page.all("script") and not page.all("link") and not page.all("img")
    for _, attributes, _ in page.elements:
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith("#")


def test_links_inside_lead_somewhere_and_ids_are_unique(page):
    ids = [a["id"] for _, a, _ in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for _, a, _ in page.elements if "href" in a} | set(re.findall(r"url\(#([^)]*)\)", page.text))
    assert targets and targets <= set(ids)


def test_every_claim_is_there_with_all_it_says(page):
    for name, kind, verdict, sentence, study, *_ in synthetic.CLAIMS:
        row = next(e for e in page.elements if e[1].get("id") == f"claim-{name}")[2]
        assert sentence.replace("T_c", "Tc").replace("κ_S", "κS") in row
        word = verdict if kind == "claim" else "holds"
        for part in (word, name, "arXiv 2602.08216v1", f"criterion of {name}: below 10−12", f"refutation of {name}",
                     f"meaning of {name}", f"remark on {name}", f"softmech-audit --set audit.claims={name}"):
            assert part in row, (name, part)
    assert "0.712 ± 0.012" in page.text and "(2.30 ± 0.40) × 10<sup>−7</sup>" in page.text
    assert "κ<sub>S</sub> &lt;converges&gt; &amp; is intensive." in page.text


def test_identities_stand_apart_from_claims(page):
    claims, identities = page.all("table", class_="claims")
    assert "heat-divergence" in claims[2] and "softmax-minimum" not in claims[2]
    assert "softmax-minimum" in identities[2] and "holds" in identities[2] and "supported" not in identities[2]
    assert "Theorems, tested as code" in page.text


def test_counts_are_those_of_the_audit(page):
    tallies = [re.sub(r"\s+", " ", e[2]).strip() for e in page.all("div", class_="tally")]
    assert tallies[:2] == ["Claims 1 supported 1 refuted 1 inconclusive", "Identities 2 hold"]


def test_every_figure_has_a_caption_and_an_alternative_text(page):
    figures, pictures, captions = page.all("figure"), page.all("svg"), page.all("figcaption")
    assert len(figures) == len(pictures) == len(captions) >= 12
    for _, attributes, _ in pictures:
        assert attributes["role"] == "img" and len(attributes["aria-label"]) > 30
    for _, _, text in captions:
        assert len(text) > 100 and "nan" not in text


def test_studies_say_how_to_make_them_again(page):
    for study in ("relax-overdamped", "relax-modes", "thermo-ratio"):
        section = next(e for e in page.elements if e[1].get("id") == f"study-{study}")[2]
        assert f"--out {study}" in section and "Settings" in section and "[model]" in section


def test_headings_descend_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:]))


def test_the_same_results_make_the_same_page(audited, tmp_path):
    assert report(audited, "--out", tmp_path / "again.html").returncode == 0
    assert (tmp_path / "again.html").read_bytes() == (audited / "report.html").read_bytes()


def test_one_run_without_an_audit_is_enough(tmp_path):
    synthetic.relax_overdamped(tmp_path / "run")
    done = report(tmp_path / "run", "--figures", tmp_path / "figures")
    assert done.returncode == 0 and "figures of 1 study" in done.stdout
    assert len(Page(tmp_path / "run/report.html").all("figure")) == 2
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {"run-decay.pdf", "run-decay.png", "run-weights.pdf",
                                                                  "run-weights.png"}


def test_a_program_without_figures_shows_its_variables(tmp_path):
    synthetic.write(tmp_path / "ensemble.h5", {"member": [0, 1]}, {"order": (("member",), [0.5, 0.6])},
                    synthetic.attributes("vortices", "softmech-vortices --out x"))
    assert report(tmp_path).returncode == 0
    page = Page(tmp_path / "report.html")
    assert "order of the test" in page.text and "member 2" in page.text and not page.all("figure")


def test_inputs_stay_as_they_are(audited, tmp_path):
    copy = shutil.copytree(audited, tmp_path / "copy")
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in copy.rglob("*.h5")}
    assert report(copy).returncode == 0
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in copy.rglob("*.h5")}


def test_two_audits_share_a_page(audited, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(audited, tmp_path / name)
    assert report(tmp_path).returncode == 0
    page = Page(tmp_path / "report.html")
    ids = [a["id"] for _, a, _ in page.elements if "id" in a]
    assert len(ids) == len(set(ids)) and {"claim-a/condensation", "claim-b/condensation", "study-a/thermo-ratio"} <= set(ids)
    assert {a["href"][1:] for _, a, _ in page.elements if "href" in a} <= set(ids)
    assert len(page.all("table", class_="claims")) == 4
