"""Figures of softmech-relax: one query on the Fisher simplex on its way to equilibrium."""
import numpy as np
from markupsafe import Markup

import laws
import style
from typeset import rounded

MEMBER, PATH, ROW = ("member",), ("member", "time"), ("member", "key")
SHOWN = 4  # members drawn one by one; more are summed up by their median and the middle 80 %


def _members(study):
    """Temperature, mass and friction of each member."""
    temperature = study.per_member("model.temperature")
    head_dim = study.per_member("model.head_dim")
    temperature = np.where(np.isnan(temperature), np.sqrt(head_dim), temperature)  # "sqrt_head_dim"
    return temperature, study.per_member("model.mass", 1.0), study.per_member("model.friction", 0.0)


def _dynamics(study):
    return study.setting("model.dynamics", "lagrangian")


def _is_softmax(study):
    return study.setting("model.operator", "softmax") == "softmax"


def _has_flow(study):
    """Whether the closed form of the overdamped flow holds for the study."""
    return (_dynamics(study) == "overdamped" and _is_softmax(study) and study.has("weights", on=PATH + ("key",))
            and study.has("energies", on=ROW))


def _has_paths(study):
    return study.has("weights", on=PATH + ("key",)) and study.has("equilibrium", on=ROW)


def _many(study, noun="member"):
    return f"{study.members} {noun}{'s' if study.members != 1 else ''}"


def _keys(study):
    n = study.shape("weights")[2] if study.has("weights") else study.setting("model.keys", "?")
    return Markup("n = {} keys, {}").format(n, _many(study))


def _sample(time, most=26):
    """Indices of at most so many times, evenly spread."""
    return np.unique(np.linspace(0, len(time) - 1, min(most, len(time))).round().astype(int))


def _flow(study, member, time):
    """The exact overdamped weights of a member, (time, key)."""
    temperature, _, friction = _members(study)
    return laws.overdamped_weights(study["weights"][member, 0], study["energies"][member], temperature[member],
                                   friction[member], time)


def _law_of_decay(study, member, time):
    """KL(p(t)||p*) by the exact law of the member's dynamics, None where there is none."""
    temperature, mass, friction = _members(study)
    if _has_flow(study) and friction[member] > 0:
        target = laws.softmax(study["energies"][member], temperature[member])
        return laws.kl_divergence(_flow(study, member, time), target)
    at_rest = study.has("kinetic_energy", on=PATH) and study["kinetic_energy"][member, 0] == 0
    if (_dynamics(study) == "lagrangian" and study.setting("start.kind") == "near_equilibrium" and at_rest
            and _is_softmax(study)):
        swing = laws.damped_oscillation(temperature[member] / mass[member], friction[member] / mass[member], time)
        return study["kl_to_equilibrium"][member, 0] * swing**2
    return None


def decay(study):
    """F - F* = T KL(p||p*) against depth."""
    if not study.has("kl_to_equilibrium", on=PATH) or study.members == 0 or len(study["time"]) < 3:
        return
    time, divergence = study["time"], study["kl_to_equilibrium"]
    with np.errstate(invalid="ignore"):
        divergence = np.where(divergence > 0, divergence, np.nan)
    if np.isfinite(divergence).sum() < 3:
        return
    fine = np.linspace(time[0], time[-1], 300)
    figure, axes = style.new_axes()
    pick = _sample(time)
    if study.members <= SHOWN:
        law = [_law_of_decay(study, member, fine) for member in range(study.members)]
        for member, color in enumerate(style.SERIES[:study.members]):
            style.points(axes, time[pick], divergence[member, pick], color=color, marker=style.MARKERS[member])
            if law[member] is not None:
                style.theory(axes, fine, law[member], color=color)
        measured = "points: the members, one color each"
    else:
        some = np.linspace(0, study.members - 1, min(study.members, 200)).round().astype(int)
        law = [_law_of_decay(study, member, fine) for member in some]
        divergence = np.where(np.isinf(divergence), np.nan, divergence)  # outside the support of p*
        middle = np.nanmedian(divergence, axis=0)
        low, high = np.nanquantile(divergence, (0.1, 0.9), axis=0)
        style.points(axes, time[pick], middle[pick], error=[(middle - low)[pick], (high - middle)[pick]],
                     label="median, middle 80 %")
        if all(each is not None for each in law):
            style.theory(axes, fine, np.median(law, axis=0), color=style.SERIES[1], label="exact law")
        measured = f"points: median of {study.members} members, bars: the middle 80 %"
        axes.legend()
    has_law = all(each is not None for each in law)
    # F - F* = T KL is a law of the softmax; for other operators it is another Bregman divergence.
    label = r"$(F-F^\star)/T=\mathrm{KL}(p\,\|\,p^\star)$" if _is_softmax(study) else r"$\mathrm{KL}(p\,\|\,p^\star)$"
    what = "excess free energy (F − F*)/T, which is the divergence" if _is_softmax(study) else "divergence"
    visible = divergence[np.isfinite(divergence)]
    axes.set(yscale="log", xlabel="depth $t$", ylabel=label,
             ylim=(max(visible.min() / 3, 1e-18), visible.max() * 3))
    if not has_law:
        exact = "No closed form exists for this motion."
    elif _dynamics(study) == "overdamped":
        exact = Markup("Lines: the exact natural-gradient flow, p(t) ∝ p(0)<sup>a</sup> e<sup>−(1−a)E/T</sup>, "
                       "a = e<sup>−Tt/γ</sup>; no parameter is fitted.")
    else:
        exact = "Lines: every mode swings with ω² = T/m (small amplitudes, from rest); no parameter is fitted."
    yield style.plot(figure, "The way to equilibrium", "Logarithmic plot of the divergence from equilibrium against depth"
                     + (", points on the exact law." if has_law else "."), """
        The {} KL(p‖p*) from the equilibrium, against depth; {}. {}{} {}.""",
                     what, measured, exact, " Look for points that leave their line; the floor is round-off." if has_law else "",
                     _keys(study))


def simplex(study):
    """The paths of three weights on the simplex."""
    if not _has_paths(study) or study.shape("weights")[2] != 3 or study.members == 0:
        return
    weights, equilibrium, time = study["weights"], study["equilibrium"], study["time"]
    figure, axes = style.new_axes()
    corner = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
    axes.plot(*np.vstack([corner, corner[:1]]).T, color=style.INK, linewidth=1)
    for share in (0.25, 0.5, 0.75):
        for i in range(3):
            a, b = (share * corner[i] + (1 - share) * corner[j] for j in range(3) if j != i)
            axes.plot(*np.array([a, b]).T, color=style.GRID, linewidth=0.7, zorder=0)
    for i, (dx, dy, align) in enumerate([(-0.03, -0.06, "center"), (0.03, -0.06, "center"), (0, 0.03, "center")]):
        axes.text(*(corner[i] + (dx, dy)), f"p{'₁₂₃'[i]} = 1", ha=align, va="baseline")
    exact = _has_flow(study)
    shown = np.linspace(0, study.members - 1, min(study.members, 6)).round().astype(int)
    pick = _sample(time, 14)
    for color, member in zip(style.SERIES, shown):
        path = weights[member] @ corner
        if exact:
            fine = np.concatenate([[0], np.geomspace(1e-4, 1, 300)]) * time[-1]
            style.theory(axes, *(_flow(study, member, fine) @ corner).T, color=color)
            axes.plot(*path[pick].T, "o", color=color, markersize=4, markeredgecolor=style.PAPER, markeredgewidth=0.5)
        else:
            axes.plot(*path.T, color=color, linewidth=1)
            axes.plot(*path[0], "o", color=color, markersize=5)
        axes.plot(*(equilibrium[member] @ corner), "*", color=style.INK, markersize=10, zorder=4)
    axes.set(aspect="equal")
    axes.axis("off")
    lines = ("Points: simulated; lines: the exact flow through the same start." if exact
             else "Lines: simulated paths, from the dot on.")
    yield style.plot(figure, "Paths on the simplex",
                     f"Ternary plot of {len(shown)} paths of three attention weights that run to the equilibrium.", """
        Attention over three keys is a point in this triangle (corners: all weight on one key). {} Star: the equilibrium {}.
        All paths should end there, wherever they begin. {} paths of {}.""",
                     lines, "softmax(−E/T)" if _is_softmax(study) else "of the operator", len(shown), _many(study))


def weights(study):
    """The largest weights of one member against depth."""
    if not _has_paths(study) or study.members == 0 or len(study["time"]) < 3:
        return
    time, member = study["time"], 0
    path, target = study["weights"][member], study["equilibrium"][member]
    if path.shape[1] < 3 or _dynamics(study) == "lagrangian" and not np.any(_members(study)[2]):
        return
    exact = _has_flow(study)
    figure, axes = style.new_axes()
    leading = np.argsort(-(path[0] + target))[:5]
    fine, pick = np.linspace(time[0], time[-1], 300), _sample(time)
    flow = _flow(study, member, fine) if exact else None
    for rank, key in enumerate(leading):
        color = style.SERIES[rank]
        if exact:
            style.theory(axes, fine, flow[:, key], color=color)
        else:
            axes.axhline(target[key], color=color, linewidth=1, linestyle=":")
        style.points(axes, time[pick], path[pick, key], color=color, marker=style.MARKERS[rank])
    axes.set(xlabel="depth $t$", ylabel="weight $p_i(t)$", ylim=(0, None))
    lines = ("Lines: the closed form of the overdamped flow through the same start; nothing is fitted." if exact
             else "Dotted: their equilibrium values.")
    yield style.plot(figure, "Weights against depth",
                     f"{len(leading)} attention weights against depth, settling at their equilibrium values.", """
        The {} leading weights of one row on their way from the start to the equilibrium. Points: simulated. {} n = {} keys.""",
                     len(leading), lines, path.shape[1])


def uniqueness(study):
    """How far from the equilibrium the members start and end."""
    if not _has_paths(study) or study.members < 8:
        return
    if _dynamics(study) == "lagrangian" and not np.all(_members(study)[2] > 0):
        return  # without friction nothing comes to an end
    paths, target = study["weights"], study["equilibrium"]
    figure, axes = style.new_axes()
    share = (np.arange(study.members) + 1) / study.members
    ends = {"start": np.abs(paths[:, 0] - target).max(axis=1), "end": np.abs(paths[:, -1] - target).max(axis=1)}
    for (label, distance), color in zip(ends.items(), style.SERIES):
        axes.plot(np.sort(np.maximum(distance, 1e-17)), share, drawstyle="steps-post", color=color, label=label)
    axes.axvline(1e-12, color=style.INK, linestyle="--", linewidth=1, label=style.power_of_ten(-12))
    style.legend_above(axes, 3)
    axes.set(xscale="log", xlabel=r"$\max_i\,|p_i-p^\star_i|$", ylabel="share of starts", ylim=(0, 1), xlim=(1e-17, 2))
    worst = ends["end"].max()
    yield style.plot(figure, "Many starts, one end",
                     f"Deviation from equilibrium: at the end all {study.members} starts are within {worst:.1e}.", """
        Cumulative share of {} starts against the largest deviation of any weight from the equilibrium, at the start and at the
        end of the run. A second equilibrium would show as a step that stays at the right. Largest deviation at the end: {}.""",
                     study.members, rounded(worst, digits=2))


def frequencies(study):
    """omega^2/(T/m) - 1 of the normal modes."""
    if not study.has("frequency", on=MEMBER) or not np.any(np.isfinite(study["frequency"])):
        return
    temperature, mass, _ = _members(study)
    measured = study["frequency"]
    deviation = measured**2 / (temperature / mass) - 1
    if study.has("mode_frequency"):
        modes = study["mode_frequency"] ** 2 / (temperature / mass)[:, None] - 1
        error = np.array([deviation - np.nanmin(modes, axis=1), np.nanmax(modes, axis=1) - deviation])
    else:
        spread = study["frequency_spread"] if study.has("frequency_spread", on=MEMBER) else np.zeros_like(measured)
        error = np.array([spread / measured] * 2)  # δ(ω²)/ω² = 2 δω/ω, to either side half of it
    order = np.argsort(temperature / mass, kind="stable")[:400]
    figure, axes = style.new_axes()
    largest = np.nanmax(np.abs(deviation) + np.nan_to_num(error).max(axis=0))
    scale, unit = style.in_powers(largest)
    rates = temperature / mass
    varied = len(np.unique(rates)) > 1
    x = rates[order] if varied else np.arange(len(order))
    axes.axhline(0, color=style.SERIES[1], linewidth=1.5)
    style.points(axes, x, deviation[order] / scale, error=np.maximum(error[:, order], 0) / scale)
    axes.set(xlabel="$T/m$" if varied else "member", ylabel=r"$\omega^2/(T/m)-1$" + unit)
    reach = 1.4 * max(largest, 1e-16) / scale
    axes.set_ylim(-reach, reach)
    softmax = _is_softmax(study)
    law = ("the value for every one of the n − 1 modes whatever the energies are (line)" if softmax
           else "which all modes of the softmax have (line); the entropy of this operator splits them")
    yield style.plot(figure, "All modes ring alike" if softmax else "Modes split",
                     f"Mode frequencies squared over T/m minus one; all within {largest:.1e} of zero.", """
        Relative deviation of the squared frequency of small oscillations from T/m, {}. Points: mean over the modes of a
        member; bars: from the slowest to the fastest. Largest deviation, bars included: {}. {}.""",
                     law, rounded(largest, digits=2), _keys(study))


def exchange(study):
    """Kinetic and excess free energy of one member, and their sum."""
    if not study.has("kinetic_energy", "free_energy", "total_energy", on=PATH) or study.members == 0:
        return
    time, member = study["time"], 0
    kinetic, total, free = (study[name][member] for name in ("kinetic_energy", "total_energy", "free_energy"))
    if _dynamics(study) != "lagrangian" or len(time) < 12 or not np.any(kinetic > 0):
        return
    floor = _floor(study)[member]
    _, _, friction = _members(study)
    figure, axes = style.new_axes()
    shown = time <= time[min(len(time) - 1, 400)]
    scale, unit = style.in_powers(total[shown] - floor)
    for values, color, label in ((kinetic, style.SERIES[0], "kinetic"), (free - floor, style.SERIES[1], "F − F*"),
                                 (total - floor, style.INK, "sum")):
        axes.plot(time[shown], values[shown] / scale, color=color, label=label, linewidth=1.4)
    axes.set(xlabel="depth $t$", ylabel="energy" + unit, ylim=(0, None))
    style.legend_above(axes, 3)
    see = ("Without friction their sum must stay where it is." if friction[member] == 0
           else f"Friction γ = {friction[member]:g} takes their sum away until only the equilibrium is left.")
    yield style.plot(figure, "Energy on its way",
                     "Kinetic energy and excess free energy of one member against depth, with their sum.", """
        Kinetic energy (m/2) g(ṗ, ṗ) and excess free energy F − F* of one member against depth. {} {}.""", see, _keys(study))


def _floor(study):
    """F* of each member: exact for softmax, else the least value met."""
    if _is_softmax(study) and study.has("energies", on=ROW):
        return laws.free_energy_minimum(study["energies"], _members(study)[0])
    return study["free_energy"].min(axis=1)


def energy_drift(study):
    """Relative error of the conserved energy of undamped members."""
    if not study.has("total_energy", "free_energy", on=PATH) or _dynamics(study) != "lagrangian" or study.members == 0:
        return
    undamped = _members(study)[2] == 0
    time = study["time"]
    if not np.any(undamped) or len(time) < 3:
        return
    total = study["total_energy"][undamped]
    drift = (total - total[:, :1]) / np.maximum(np.abs(total[:, :1] - _floor(study)[undamped, None]), 1e-300)
    largest = np.abs(drift).max()
    if not np.isfinite(largest) or largest == 0:
        return
    scale, unit = style.in_powers(largest)
    figure, axes = style.new_axes()
    pick = _sample(time, 400)
    if len(drift) > 1:
        low, high = np.quantile(drift, (0.1, 0.9), axis=0) / scale
        axes.fill_between(time[pick], low[pick], high[pick], color=style.SERIES[0], alpha=0.25, linewidth=0,
                          label="middle 80 %")
    axes.plot(time[pick], drift[0, pick] / scale, color=style.SERIES[0], linewidth=0.9, label="one member")
    axes.axhline(0, color=style.SERIES[1], linewidth=1.5, label="exact")
    axes.set(xlabel="depth $t$", ylabel=r"$[H(t)-H(0)]\,/\,[H(0)-F^\star]$" + unit)
    style.legend_above(axes, 3)
    stepper = study.setting("solver.stepper", "")
    symplectic = stepper in ("symplectic_rkn", "geodesic_leapfrog")
    see = ("An error that stays within bounds is the mark of a symplectic stepper; a slope would be a drift." if symplectic
           else "A slope is a drift; jumps without one are the round-off of F, which is large against a small F − F*.")
    yield style.plot(figure, "Conservation of energy", f"Relative energy error against depth, at most {largest:.1e}.", """
        Relative error of H = (m/2) g(ṗ, ṗ) + F without friction{}, in units of H(0) − F*. {} Largest: {};
        {}.""",
                     f", stepper {stepper}" if stepper else "", see, rounded(largest, digits=2), _many(study))


FIGURES = (decay, simplex, weights, uniqueness, frequencies, exchange, energy_drift)
