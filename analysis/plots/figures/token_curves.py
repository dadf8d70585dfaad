"""Curves of token runs along the depth: order and attention, energies, reciprocity; and the phase diagram of their end."""
import numpy as np
from markupsafe import Markup

import style
from figures import token_study as ts
from typeset import rounded

LINES = ("-", "--", ":")
FORCES = ("residual_share", "curl_share")


def _groups(study, most):
    """At most so many points of the sweep, each with its color and name."""
    groups = ts.some(ts.points(study), most)
    for group, color in zip(groups, style.ramp(len(groups))):
        yield group, color, ts.label(study, group[0]) if len(ts.points(study)) > 1 else ""


def _median(study, name, group):
    """Median over the members of a point, and where it exists. Where some have ended, they keep their last value."""
    rows = study[name][group].copy()
    if name in FORCES:  # of a force that is round-off nothing can be said
        speed = study["speed"][group]
        rows[speed < 1e-9 * np.nanmax(speed)] = np.nan
    there = np.isfinite(rows)
    last = np.maximum.accumulate(np.where(there, np.arange(rows.shape[1]), 0), axis=1)
    return np.median(np.take_along_axis(rows, last, axis=1), axis=0), there.any(axis=0)


def _pair(study, names, labels, ylabel, scale=None, most=4):
    """Two quantities of the points along the depth, solid and dashed; None where nothing can be drawn."""
    if (not study.has(*names, "speed", on=ts.PATH) or study.members == 0 or len(study["time"]) < 4
            or len(ts.points(study)) > ts.MOST_POINTS):
        return None
    time, pick = study["time"], ts.shown(study)
    figure, axes = style.new_axes()
    several = len(ts.points(study)) > 1
    for group, color, name in _groups(study, most):
        for quantity, line in zip(names, LINES):
            middle, there = _median(study, quantity, group)
            if scale and quantity in scale:
                middle = middle / scale[quantity](group)
            at = pick[there[pick]]
            if not several:
                color = style.SERIES[names.index(quantity)]
            axes.plot(time[at], middle[at], line, color=color, linewidth=1.4,
                      label=labels[names.index(quantity)] if not several else name if line == "-" else None)
    if several:
        for name, line in zip(labels, LINES):
            axes.plot([], [], line, color=style.INK, linewidth=1.4, label=name)
    ts.depth_axis(study, axes)
    axes.set_ylabel(ylabel)
    ts.legend(axes, 2 if several else 3)
    return figure, axes


def _sample_of(study):
    count = study.members // max(1, len(ts.points(study)))
    if count > 1:
        ended = np.isnan(study["speed"]).any()
        return f"Median of {count} members{'; those that have ended keep their last value' if ended else ''}"
    return ts.facts(study, 0) if study.members == 1 else "One member of each point"


def order(study):
    """Order parameter and mean inner product."""
    drawn = _pair(study, ("order_parameter", "mean_cosine"), ("$R$", "mean cosine"), "order")
    if drawn is None:
        return
    yield style.plot(drawn[0], "Order along the depth", "Order parameter and mean inner product of the tokens against depth.", """
        Order parameter R = |Σx|/n (solid) and mean inner product of two tokens (dashed; 1 when all have gathered, 0 for
        independent ones). {}.""", _sample_of(study))


def attention(study):
    """Entropy and specific heat of the rows of attention."""
    tokens = ts.values(study, "model.tokens")
    if np.any(tokens < 2):
        return
    drawn = _pair(study, ("entropy", "specific_heat"), (r"$S/\ln n$", "$C$"), r"entropy, specific heat",
                  scale={"entropy": lambda group: np.log(tokens[group[0]])})
    if drawn is None:
        return
    drawn[1].set_ylim(0, None)
    yield style.plot(drawn[0], "The thermodynamics of attention along the depth",
                     "Entropy and specific heat of the rows of attention against depth.", """
        Entropy of an attention row over its largest value ln n (solid) and specific heat C = Var(E)/T² (dashed), means over
        the rows. S falls below ln n where a token attends to its own cluster; with one cluster it is ln n again, and C is 0. {}.""",
                     _sample_of(study))


def reciprocity(study):
    """What the free energies do not explain of the force."""
    names, labels = ("residual_share", "reciprocity_defect"), ("outside −∇ΣF", "|A − Aᵀ|/|A|")
    if not study.has(*names, on=ts.PATH) or not np.nanmax(study["residual_share"], initial=0) > 1e-6:
        return
    curl = study.has("curl_share", on=ts.PATH)
    if curl:
        names, labels = names + ("curl_share",), labels + ("no potential",)
    drawn = _pair(study, names, labels, "share")
    if drawn is None:
        return
    drawn[1].set_ylim(0, None)
    yield style.plot(drawn[0], "What the free energies do not explain",
                     "Shares of force and attention that are not reciprocal, against depth.", """
        Share of the force that no multiple of the gradient of Σ F<sub>i</sub>, the rows' free energies, gives{}; ‖A − Aᵀ‖/‖A‖
        of the attention matrix (dashed), how unequally pairs attend to each other{}. The shares are of the present force,
        however small that is: they may stay large between metastable clusters. {}.""",
                     " (solid)" if "usa" not in ts.values(study, "model.dynamics") else " (solid; USA has a potential of its own)",
                     "; share that no potential explains, ‖J − Jᵀ‖/2‖J‖ of the force's Jacobian (dotted)" if curl else "",
                     _sample_of(study))


def budget(study):
    """Kinetic, potential and dissipated energy of inertial motion."""
    names = ("kinetic_energy", "total_energy", "heat")
    if not study.has(*names, on=ts.PATH) or len(study["time"]) < 4:
        return
    moving = [group for group in ts.points(study) if np.nanmax(study["kinetic_energy"][group[0]], initial=0) > 0]
    pick = ts.shown(study)
    for group in ts.some(moving, 2) if moving else []:
        member = group[0]
        kinetic, total, heat = (study[name][member, pick] for name in names)
        potential = total - kinetic
        if not np.all(np.isfinite(total[:1])):
            continue
        start = study["total_energy"][member, 0] - study["kinetic_energy"][member, 0]
        time = study["time"][pick]
        figure, axes = style.new_axes()
        axes.plot(time, kinetic, color=style.SERIES[0], linewidth=1.3, label="kinetic")
        axes.plot(time, potential - start, color=style.SERIES[1], linewidth=1.3, label="$V-V(0)$")
        damped = np.nanmax(np.abs(heat)) > 0
        if damped:
            axes.plot(time, heat, color=style.SERIES[2], linewidth=1.3, label="heat")
        axes.plot(time, kinetic + potential - start + heat, color=style.INK, linewidth=1.6, label="sum")
        ts.depth_axis(study, axes)
        axes.set_ylabel("energy")
        style.legend_above(axes, 4)
        see = ("What motion and potential lose, the bath of friction and noise gains." if damped
               else "Without friction kinetic and potential energy only change places.")
        name = ts.label(study, member)
        yield style.plot(figure, "Energy budget" + (f", {name}" if name else ""),
                         "Kinetic and potential energy, heat and their sum against depth; the sum is constant.", """
            Kinetic energy, potential energy V = K Σ F<sub>i</sub> since the start{}, and their sum, against depth. {} {}.""",
                         ", heat given to the bath" if damped else "", see, ts.facts(study, member))


def conservation(study):
    """Errors of energy and angular momentum on a logarithmic axis."""
    if not study.has("total_energy", "kinetic_energy", "heat", on=ts.PATH) or ts.is_noisy(study):
        return
    time, pick = study["time"], ts.shown(study, 600)
    moving = [group[0] for group in ts.points(study) if np.nanmax(study["kinetic_energy"][group[0]], initial=0) > 0]
    if not moving or len(time) < 4:
        return
    figure, axes = style.new_axes()
    friction = ts.values(study, "model.friction").astype(float)
    has_momentum = ts.is_plain(study) and study.has("angular_momentum", "angular_momentum_change", on=ts.PATH)
    said = []
    members = ts.some(moving, 3)
    for member, color in zip(members, style.SERIES):
        total = study["total_energy"][member] + study["heat"][member]
        name = ts.label(study, member) if len(moving) > 1 else ""
        errors = [("energy", "-", np.abs(total - total[0]) / max(abs(total[0]), 1e-300))]
        if friction[member] == 0 and has_momentum:
            # What tokens that all turn the same way would have, |sum x ^ mv| <= sqrt(2 m n kinetic): motion from rest has none.
            count, mass = ts.values(study, "model.tokens")[member], ts.values(study, "model.mass")[member]
            scale = np.sqrt(2 * float(mass) * float(count) * np.nanmax(study["kinetic_energy"][member]))
            errors.append(("angular momentum", "--", study["angular_momentum_change"][member] / scale))
        for quantity, line, error in errors:
            visible = np.where(error[pick] > 0, error[pick], np.nan)
            axes.plot(time[pick], visible, line, color=color, linewidth=1.1, label=f"{quantity}{', ' if name else ''}{name}")
            said.append(f"{quantity} {rounded(np.nanmax(error), digits=2)}" + (f" ({name})" if name else ""))
    ts.depth_axis(study, axes)
    axes.set(yscale="log", ylabel="relative error")
    style.legend_above(axes, 1)
    steppers = sorted(set(ts.values(study, "stepper")[members])) if study.has("stepper", on=ts.MEMBER) else []
    yield style.plot(figure, "What is conserved",
                     "Relative errors of energy and angular momentum against depth, on a logarithmic axis.", """
        Change of the total energy, heat to the bath included, over its value at the start, and change of the total angular
        momentum over what tokens of this kinetic energy have when all turn the same way (without friction; rotations are a symmetry, so it is conserved). A rise along the
        depth would be a drift. Largest: {}. {}{}.""", Markup("; ".join(said)),
                     f"Stepper {', '.join(steppers)}; " if steppers else "",
                     ts.facts(study, members[0]))


def phase(study):
    """Mean inner product at the end over beta and dimension."""
    both = ts.swept(study)
    if not {"beta", "dimension"} <= set(both) or set(both) - {"beta", "dimension"} or not study.has("mean_cosine", on=ts.PATH):
        return
    beta, dimension = np.unique(both["beta"]), np.unique(both["dimension"])
    if len(beta) < 3 or len(dimension) < 3:
        return
    rows = study["mean_cosine"]
    last = np.array([row[np.isfinite(row)][-1] if np.isfinite(row).any() else np.nan for row in rows])
    grid = np.array([[np.nanmean(last[(both["dimension"] == d) & (both["beta"] == b)]) for b in beta] for d in dimension])
    figure, axes = style.new_axes()
    mesh = axes.pcolormesh(_edges(beta), _edges(dimension), grid, cmap="cividis", vmin=min(0, np.nanmin(grid)), vmax=1,
                           linewidth=0.4, edgecolors="face")
    axes.contour(beta, dimension, grid, levels=(0.5, 0.9), linestyles=("--", "-"), colors="white", linewidths=1.3)
    axes.set(xscale="log", yscale="log", xlabel=r"$\beta$", ylabel="dimension $d$")
    for axis, numbers in ((axes.xaxis, beta), (axes.yaxis, dimension)):
        axis.set_major_locator(style.ticker.FixedLocator(style.spread_over(numbers, 6)))
        axis.set_major_formatter(style.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(style.ticker.NullLocator())
    axes.grid(False)
    scale = axes.inset_axes([1.04, 0, 0.045, 1])
    bar = figure.colorbar(mesh, cax=scale)
    bar.set_label("mean cosine")
    bar.outline.set_linewidth(0.6)
    yield style.plot(figure, "How far the tokens have come", "Map of the mean inner product of tokens over beta and dimension.", """
        Mean inner product of two tokens at t = {}, averaged over {} per point, over β and dimension d: 1 is one cluster.
        White lines: 0.9 (solid) and 0.5 (dashed), interpolated. {} tokens, {}.""", f"{study['time'][-1]:g}",
                     ts.many(int(np.sum((both["beta"] == beta[0]) & (both["dimension"] == dimension[0]))), "member"),
                     int(ts.values(study, "model.tokens")[0]), ts.WORDS.get(str(ts.values(study, "model.dynamics")[0]), ""))


def _edges(centers):
    """Borders of cells on a logarithmic axis."""
    inner = np.sqrt(centers[1:] * centers[:-1])
    return np.concatenate([[centers[0] ** 2 / inner[0]], inner, [centers[-1] ** 2 / inner[-1]]])
