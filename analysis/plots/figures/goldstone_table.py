"""The numbers of all points in one table: zero modes against broken generators, gap, exponent, stiffness two ways."""
import numpy as np
from markupsafe import Markup

import style
from figures import goldstone_study as gs
from typeset import rounded

MOST_ROWS = 40


def modes(study):
    """Zero modes found and expected, gap, law, exponent and stiffness of every point."""
    found = gs.points(study)
    if not found:
        return
    columns = [("Zero modes", _zero_modes), ("dim G/H", _broken), ("ω(0)", gs.gap), ("Best law", _law), ("z", _exponent),
               ("expected", _expected), ("m c²", _stiffness), ("Helicity modulus", _helicity)]
    if all(point.relaxes for point in found):
        columns[2] = ("Rate at k = 0", gs.gap)
    shown = gs.some(found, MOST_ROWS)
    rows = [[cell(point) for _, cell in columns] for point in shown]
    kept = [i for i in range(len(columns)) if any(row[i] != NONE for row in rows)]
    heads = [columns[i][0] for i in kept]
    labels = [point.label or "all members" for point in shown]
    wrong = sum(point.number("zero_modes") != point.number("zero_modes_expected") for point in found
                if np.isfinite(point.number("zero_modes") + point.number("zero_modes_expected")))
    yield style.Table("Modes without mass, and stiffness", Markup("""
        Zero modes of linear theory about the state at rest against the broken generators, dim G/H: {}. ω(0): the gap at k → 0
        with its standard error, or its 95 % limit where it is compatible with 0. {}Surprising: a gap without field, or zero
        modes that nothing broken explains. {}{}""").format(
            f"they differ at {wrong} points" if wrong else "they agree", _two_ways(found) if "m c²" in heads else "",
            gs.left_out(found, shown), found[0].facts() if len(found) == 1 else ""),
        "Zero modes, gap, exponent and stiffness at each point.", ["Point", *heads],
        [[label, *(row[i] for i in kept)] for label, row in zip(labels, rows)])


NONE = Markup("–")


def _count(value):
    return Markup(f"{value:g}") if np.isfinite(value) else NONE


def _zero_modes(point):
    return _count(point.number("zero_modes"))


def _broken(point):
    return _count(point.number("zero_modes_expected"))


def _law(point):
    return Markup("{}").format(point.word("best_law") or NONE)


def _exponent(point):
    return rounded(*point.exponent)


def _expected(point):
    return NONE if point.word("best_law") == "flat" else rounded(point.expected_exponent)


def _stiffness(point):
    return rounded(point.number("stiffness"), point.number("stiffness_error"))


def _helicity(point):
    """Of a ring: the ends of an open chain turn freely."""
    if point.word("boundary") == "open":
        return NONE
    return rounded(point.number("helicity_modulus"), point.number("helicity_modulus_error"))


def _two_ways(found):
    values = [abs(point.number("stiffness_deviation")) for point in found
              if np.isfinite(point.number("stiffness_deviation")) and point.word("boundary") != "open"]
    apart = f": {max(values):.2g} standard errors apart at most" if values else ""
    return ("Stiffness two ways: m c², from the velocity of the waves, and the helicity modulus, from the energy of a twist"
            f"{apart}. "
            if values else "Stiffness: m c², from the velocity of the waves. ")
