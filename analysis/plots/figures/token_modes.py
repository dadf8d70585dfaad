"""Linear theory of token runs about the state at rest: what rotary positions make of its zero modes."""
import numpy as np
from markupsafe import Markup

import style
from figures import token_study as ts
from typeset import rounded

SPECTRUM, DIRECTIONS = ("member", "eigenvalue"), ("member", "direction")


def breaking(study):
    """Eigenvalues of turning the order against the scale of the rotary angles, with perturbation theory's scale^2."""
    if (study.members == 0 or "rope_scale" not in ts.swept(study) or not study.has("mode_eigenvalue_real", on=SPECTRUM)
            or not study.has("breaking_eigenvalue", on=DIRECTIONS)):
        return
    scale = ts.values(study, "model.rope_scale").astype(float)
    modes, theory = study["mode_eigenvalue_real"], study["breaking_eigenvalue"]
    chosen = _one_system(study)
    chosen = chosen[np.isfinite(theory[chosen]).all(axis=1) & np.isfinite(modes[chosen, 0])]
    chosen = chosen[np.argsort(scale[chosen], kind="stable")]
    turning = [member for member in chosen if scale[member] > 0]
    if len(np.unique(scale[turning])) < 2:
        return
    count = theory.shape[1]
    # The softest modes turn the order; those that perturbation theory leaves without mass are at round-off.
    measured, expected = np.sort(np.abs(modes[turning][:, :count]), axis=1), np.sort(theory[turning], axis=1)
    massive = expected > 1e-12 * np.nanmax(np.abs(modes[chosen]))
    x = scale[turning]
    figure, grid = style.new_grid(2, 1, (4.4, 4.6), sharex=True, gridspec_kw={"hspace": 0.1, "height_ratios": (2.4, 1)})
    above, below = grid[:, 0]
    deviations = np.where(massive, measured / np.where(massive, expected, 1) - 1, np.nan)
    pairs = _branches(expected[-1], massive[-1])
    for number, (columns, color, marker) in enumerate(zip(pairs, style.ramp(len(pairs)), style.MARKERS * count)):
        above.plot(x, expected[:, columns[0]], color=color, linewidth=1.2, zorder=2)
        for place, column in enumerate(columns):
            style.points(above, x, measured[:, column], color=color, marker=marker, markersize=4.6,
                         label=f"plane {len(pairs) - number}" if place == 0 else None)
            style.points(below, x, 100 * deviations[:, column], color=color, marker=marker, markersize=3.8)
    inner = np.abs(modes[turning][:, count]) if modes.shape[1] > count else np.full(len(x), np.nan)
    if np.isfinite(inner).all():
        above.plot(x, inner, ":", color=style.INK, linewidth=1.2, label="tokens apart")
    below.axhline(0, color=style.INK, linewidth=1)
    above.set(xscale="log", yscale="log", ylabel="eigenvalue")
    below.set(xlabel="scale of the rotary angles", ylabel="deviation / %")
    figure.align_ylabels()
    style.legend_above(above, 2 if len(pairs) + 1 < 5 else 3)
    yield style.plot(figure, "What rotary positions make massive",
                     "Eigenvalues of turning the order against the scale of the rotary angles, on logarithmic axes.", """
        Softest eigenvalues about the state at rest, both axes logarithmic. Rotary positions break SO(d) to rotations within their
        planes: turning the order into another plane costs energy, a mass ∝ scale², {} for each plane, counted from the
        fastest, the heaviest. Lines: perturbation theory in the angles, nothing
        is fitted; below: measured over it, minus 1, {} % at the smallest scale and {} % at the largest. {}{}Surprising: another
        power, or a zero mode that no symmetry protects. {}.""",
                     _each(pairs), _largest(deviations[x == x.min()]), _largest(deviations[x == x.max()]),
                     _zero_modes(study, chosen, scale),
                     "Dotted: the softest mode in which tokens move apart; where masses reach it, turning is no mode of its own. "
                     if np.isfinite(inner).all() else "", ts.facts(study, chosen[0]))


def _one_system(study):
    """Members of the first point, and of all that differ from it in the scale alone; one member of each."""
    others = [column for name, column in ts.swept(study).items() if name != "rope_scale"]
    scale = ts.values(study, "model.rope_scale").astype(float)
    same = [member for member in range(study.members) if all(column[member] == column[0] for column in others)]
    _, first = np.unique(scale[same], return_index=True)
    return np.array(same)[first]


def _branches(expected, massive):
    """Columns of equal eigenvalues: the two directions of a plane."""
    groups = []
    for column in np.flatnonzero(massive):
        if groups and expected[column] < 1.001 * expected[groups[-1][0]]:
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _each(pairs):
    counts = sorted({len(columns) for columns in pairs})
    words = {1: "one mode", 2: "two modes"}
    return " or ".join(words.get(count, f"{count} modes") for count in counts)


def _largest(deviations):
    known = np.abs(deviations[np.isfinite(deviations)])
    return rounded(100 * known.max(), digits=2) if len(known) else rounded(np.nan)


def _zero_modes(study, chosen, scale):
    """Zero modes without and with rotary angles, beside dim G/H."""
    if not study.has("zero_modes", "zero_modes_expected", on=ts.MEMBER):
        return ""
    found, expected = study["zero_modes"][chosen], study["zero_modes_expected"][chosen]
    parts = []
    for words, there in (("without angles", scale[chosen] == 0), ("with them", scale[chosen] > 0)):
        if there.any():
            numbers = [", ".join(f"{value:g}" for value in np.unique(values[there])) for values in (found, expected)]
            parts.append(f"{words} {numbers[0]} where dim G/H is {numbers[1]}")
    return f"Zero modes: {'; '.join(parts)}. "
