"""The claims of an audit as the page shows them."""
from dataclasses import dataclass

import numpy as np

from results import UnreadableFile, anchor, study_name
from typeset import rounded

VERDICTS = ("supported", "refuted", "inconclusive")
SIGNS = {"supported": "✓", "refuted": "✗", "inconclusive": "?"}
# A theorem tested as code is no evidence for a theory, so it is not called supported.
WORDS = {"claim": dict(zip(VERDICTS, VERDICTS)),
         "identity": {"supported": "holds", "refuted": "violated", "inconclusive": "inconclusive"}}
TEXTS = ("sentence", "source", "kind", "study", "observable", "criterion", "refuted_by", "verdict", "meaning", "remark",
         "rerun")
NUMBERS = ("value", "uncertainty", "sample_size")


@dataclass
class Claim:
    place: str  # of the audit
    identity: str
    sentence: str
    source: str
    kind: str
    study: str
    observable: str
    criterion: str
    refuted_by: str
    verdict: str
    meaning: str
    remark: str
    rerun: str
    value: float
    uncertainty: float
    sample_size: float

    @property
    def studies(self):
        """The names of the studies it rests on, as the page gives them."""
        inside = "" if self.place == "." else f"{study_name(self.place)}/"
        return [inside + name.strip() for name in self.study.split(",")]

    @property
    def anchor(self):
        return anchor("claim", self.identity if self.place == "." else f"{self.place}/{self.identity}")

    @property
    def is_identity(self):
        return self.kind == "identity"

    @property
    def sign(self):
        return SIGNS.get(self.verdict, "?")

    @property
    def word(self):
        return WORDS["identity" if self.is_identity else "claim"].get(self.verdict, self.verdict)

    @property
    def style(self):
        return self.verdict if self.verdict in VERDICTS else "inconclusive"

    @property
    def measured(self):
        return rounded(self.value, self.uncertainty)

    @property
    def samples(self):
        return f"{int(self.sample_size):,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if self.sample_size >= 0 else "–"


def read(audit):
    """The claims of an audit file, in its order."""
    if not audit.has("claim", "verdict", "sentence"):
        raise UnreadableFile(f"{audit.path} holds no claims (variables claim, verdict, sentence); "
                             "run softmech-audit again")
    ids = audit["claim"]
    columns = {name: audit[name] if audit.has(name) else np.full(len(ids), "") for name in TEXTS}
    columns |= {name: audit[name] if audit.has(name) else np.full(len(ids), np.nan) for name in NUMBERS}
    return [Claim(place=audit.place, identity=str(ids[i]), **{name: str(columns[name][i]) for name in TEXTS},
                  **{name: float(columns[name][i]) for name in NUMBERS}) for i in range(len(ids))]


def counts(claims):
    """How many have each verdict: (verdict, word, number), those that occur."""
    found = {verdict: [claim for claim in claims if claim.verdict == verdict] for verdict in VERDICTS}
    return [(verdict, "hold" if some[0].word == "holds" and len(some) > 1 else some[0].word, len(some))
            for verdict, some in found.items() if some]
