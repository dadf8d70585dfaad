"""Token runs beside what is known exactly: the equiangular law, long contexts, the noisy transition, the mean field."""
import numpy as np
from markupsafe import Markup

import laws
import style
from figures import token_study as ts
from typeset import rounded

ROUND_OFF = 1e-12  # below this 1 - rho is lost in the positions' own rounding


def equiangular(study):
    """1 - rho against depth on the exact law."""
    if (not study.has("cosine_deficit", on=ts.PATH) or study.setting("start.kind") != "equiangular" or not ts.is_plain(study)
            or ts.is_noisy(study) or "gamma" in ts.swept(study) or len(study["time"]) < 6):
        return
    column = {key: ts.values(study, key)
              for key in ("model.dynamics", "model.tokens", "model.beta", "start.cosine", "model.coupling")}
    members = [m for m in range(study.members)
               if column["model.dynamics"][m] in ("sa", "usa") and column["model.tokens"][m] > 1]
    if not members:
        return
    time, deficit = study["time"], study["cosine_deficit"]

    def law(member, at):
        dynamics, tokens, beta, cosine, coupling = (of_members[member] for of_members in column.values())
        return laws.equiangular_deficit(dynamics, tokens, beta, cosine, coupling * at)

    worst = 0.0
    for member in members:
        exact = law(member, time)
        see = np.isfinite(deficit[member]) & (exact > 1e-4)
        worst = max(worst, np.max(np.abs(deficit[member, see] / exact[see] - 1), initial=0))
    figure, axes = style.new_axes()
    fine, pick = np.linspace(time[0], time[-1], 400), ts.sample(len(time), 33)
    chosen = ts.some(members, 6)
    for member, color, marker in zip(chosen, style.SERIES, style.MARKERS):
        style.theory(axes, fine, np.where(law(member, fine) > ROUND_OFF, law(member, fine), np.nan), color=color)
        see = pick[deficit[member, pick] > ROUND_OFF]
        style.points(axes, time[see], deficit[member, see], color=color, marker=marker, label=ts.label(study, member))
    axes.set(yscale="log", xlabel="depth $t$", ylabel=r"$1-\rho$", ylim=(ROUND_OFF / 3, 4))
    if ts.label(study, chosen[0]):
        ts.legend(axes, 2)
    words = {"sa": "SA: dρ/dt = 2e<sup>βρ</sup>(1−ρ)((n−1)ρ+1)/(e<sup>β</sup>+(n−1)e<sup>βρ</sup>), at the end e<sup>−2t</sup>",
             "usa": "USA: dρ/dt = (2/n)e<sup>βρ</sup>(1−ρ)((n−1)ρ+1), at the end exp(−2e<sup>β</sup>t)"}
    there = [words[d] for d in words if d in set(column["model.dynamics"][members])]
    yield style.plot(figure, "Tokens at one angle", "Deviation from one cluster against depth, points on the exact law.", """
        Tokens that start at one common inner product ρ keep one. Points: simulated, {} of {}; lines: the exact solution ({}),
        integrated without the simulation; nothing is fitted. Largest relative deviation of 1 − ρ where it is above
        10<sup>−4</sup>: {}. {}.""", len(chosen), ts.many(len(members), "member"), Markup("; ".join(there)),
                     rounded(worst, digits=2), f"{int(column['model.tokens'][members[0]])} tokens")


def long_context(study):
    """Weight of the own token at the start against gamma."""
    if (not study.has("self_weight", on=ts.PATH) or "gamma" not in ts.swept(study)
            or study.setting("start.kind") != "equiangular" or isinstance(study.setting("start.cosine"), list)):
        return
    cosine = float(study.setting("start.cosine", 0.5))
    gamma, tokens = ts.values(study, "model.gamma"), ts.values(study, "model.tokens")
    measured = study["self_weight"][:, 0]
    figure, axes = style.new_axes()
    shown = style.spread_over(np.unique(tokens))
    fine = np.linspace(min(0, gamma.min()), gamma.max() * 1.05, 300)
    for n, color, marker in zip(shown, style.ramp(len(shown)), style.MARKERS):
        style.theory(axes, fine, laws.self_weight(float(n), fine, cosine), color=color)
        style.points(axes, gamma[tokens == n], measured[tokens == n], color=color, marker=marker, label=f"n = {n:g}")
    axes.axvline(laws.critical_gamma(cosine), color=style.INK, linestyle="--", linewidth=1.1, label=r"$\gamma_c$")
    axes.set(xlabel=r"$\gamma=\beta/\ln n$", ylabel="weight of the own token", ylim=(0, 1), xlim=(fine[0], fine[-1]))
    style.legend_above(axes, 4)
    worst = np.max(np.abs(measured - laws.self_weight(tokens.astype(float), gamma, cosine)))
    yield style.plot(figure, "Long contexts need β ~ ln n",
                     "Self-weight of attention against gamma; curves of all lengths cross near gamma_c.", """
        Weight of a token's attention on itself at t = 0, for tokens at the common inner product ρ = {}. Points: simulated;
        lines: 1/(1 + (n−1)n<sup>−γ(1−ρ)</sup>), nothing is fitted; dashed: γ<sub>c</sub> = 1/(1−ρ) = {}, where the step
        sharpens as n grows. Largest deviation: {}.""", f"{cosine:g}",
                     rounded(laws.critical_gamma(cosine)), rounded(worst, digits=2))


def transition(study):
    """Order parameter of noisy tokens against the coupling."""
    infinite = study.setting("model.limit") == "infinite"
    if "coupling" not in ts.swept(study) or not ts.is_noisy(study) or set(ts.swept(study)) - ({"coupling", "tokens"} | ({"kind"} if infinite else set())):
        return
    if not (study.has("order_parameter", on=ts.PATH) if infinite else study.has("order_parameter_mean", on=ts.MEMBER)):
        return
    coupling, tokens = ts.values(study, "model.coupling"), ts.values(study, "model.tokens")
    beta, temperature, dimension = (float(ts.values(study, f"model.{key}")[0]) for key in ("beta", "temperature", "dim"))
    usa = ts.values(study, "model.dynamics")[0] == "usa" and ts.is_plain(study)
    low, high = np.nanmin(coupling), np.nanmax(coupling)
    span = max(high - low, 0.1 * high)
    reach = (0, high + 0.05 * span) if low < high / 2 else (low - 0.3 * span, high + 0.5 * span)
    figure, axes = style.new_axes()
    said = []
    if usa:
        critical = laws.critical_coupling(beta, int(dimension), temperature)
        axes.axvline(critical, color=style.INK, linestyle="--", linewidth=1.1, label="$K_c$")
        said.append(Markup("Dashed: K<sub>c</sub> = 2T(β/2)<sup>d/2</sup>/[Γ(d/2) I<sub>d/2</sub>(β)] = {}.").format(
            rounded(critical)))
    if usa and dimension == 2:
        order = np.linspace(0.005, 0.995, 150)
        law = laws.mean_field_couplings(order, beta, temperature)
        see = law <= reach[1]
        style.theory(axes, law[see], order[see], label="mean field")
        said.append("Line: the self-consistent order of infinitely many tokens" + (
            "; where it bends back, the transition is discontinuous." if np.any(np.diff(law) < 0) else "."))
    if infinite:
        order = study["order_parameter"]
        style.points(axes, coupling, [row[np.isfinite(row)][-1] for row in order], label="density at the end")
        what = f"Points: order parameter of the density at t = {study['time'][-1]:g}; close to Kc the order is still changing there"
    else:
        what = "Points: mean order parameter of the stationary run, with its standard error"
        shown = style.spread_over(np.unique(tokens))
        for n, color, marker in zip(shown, style.ramp(len(shown)), style.MARKERS):
            x, y, error = _combined(study, tokens == n)
            style.points(axes, x, y, error=error, color=color, marker=marker, label=f"n = {n:g}")
            if usa and dimension == 2:
                below = np.linspace(0.0, 0.8, 50) * critical
                axes.plot(below, np.sqrt(np.pi / 4 / (n * (1 - below / critical))), ":", color=color, linewidth=1.2)
        if usa and dimension == 2:
            said.append(Markup("Dotted: the disordered phase, ⟨R⟩² = (π/4)/[n(1 − K/K<sub>c</sub>)] to leading order in 1/n."))
    axes.set(xlabel="coupling $K$", ylabel=r"order parameter $\langle R\rangle$", ylim=(-0.02, 1), xlim=reach)
    style.legend_above(axes, 3)
    yield style.plot(figure, "Noise against attention: the onset of order", "Order parameter against coupling, rising beyond K_c.", """
        {}. {} d = {}, β = {}, T = {}, {}.""", Markup(what.replace("Kc", "K<sub>c</sub>")), Markup(" ").join(said),
                     f"{dimension:g}", f"{beta:g}", f"{temperature:g}", ts.WORDS.get(str(ts.values(study, "model.dynamics")[0]), ""))


def _combined(study, chosen):
    """Couplings, mean order parameters and errors of chosen members; members of one point are averaged."""
    coupling = ts.values(study, "model.coupling")[chosen]
    mean, error = study["order_parameter_mean"][chosen], study["order_parameter_mean_error"][chosen]
    where = [np.flatnonzero(coupling == k) for k in np.unique(coupling)]
    return (np.unique(coupling), np.array([np.nanmean(mean[i]) for i in where]),
            np.array([np.sqrt(np.nansum(error[i] ** 2)) / len(i) for i in where]))


def density(study):
    """The density of infinitely many tokens at several depths."""
    if not study.has("density", on=ts.PATH + ("angle",)) or study.members == 0:
        return
    member = int(np.nanargmax(np.abs(study["order_parameter"][:, -1] - study["order_parameter"][:, 0])))
    time, angle, values = study["time"], study["angle"], study["density"][member]
    order = study["order_parameter"][member]
    changed = np.concatenate([[0], np.cumsum(np.abs(np.diff(order)))])
    steps = np.unique(np.searchsorted(changed, np.linspace(0, 0.999, 6) * changed[-1]))
    figure, axes = style.new_axes()
    shifted = np.where(angle > np.pi, angle - 2 * np.pi, angle)
    by_angle = np.argsort(shifted)
    for i, color in zip(steps, style.ramp(len(steps))):
        axes.plot(shifted[by_angle], values[i, by_angle], color=color, label=f"t = {time[i]:.3g}")
    axes.set(xlabel="angle", ylabel=r"density $\rho(\theta, t)$", xlim=(-np.pi, np.pi), ylim=(0, None), xticks=[-np.pi, 0, np.pi])
    axes.set_xticklabels(["−π", "0", "π"])
    style.legend_above(axes, 3)
    name = ts.label(study, member)
    yield style.plot(figure, "The density of infinitely many tokens" + (f", {name}" if name else ""),
                     "Density of tokens on the circle at several depths, from the start to the end.", """
        Density of tokens on the circle at depths between which the order parameter changes by equal parts (uniform: 1/2π);
        infinitely many tokens, {}.""", _of_mean_field(study, member))


def _of_mean_field(study, member):
    return ts.facts(study, member).partition(" tokens, ")[2]


def growth(study):
    """Amplitude of the first mode against depth with its exact rate."""
    if not study.has("mode_amplitude", on=ts.PATH + ("mode",)) or not study.has("growth_rate", on=("member", "mode")):
        return
    time, amplitude, rate = study["time"], study["mode_amplitude"][:, :, 1], study["growth_rate"][:, 1]
    figure, axes = style.new_axes()
    members = ts.some([group[0] for group in ts.points(study)], 6)
    pick = ts.sample(len(time), 26)
    for member, color in zip(members, style.ramp(len(members))):
        see = pick[amplitude[member, pick] > 1e-12]
        style.points(axes, time[see], amplitude[member, see], color=color, label=ts.label(study, member))
        exact = amplitude[member, 0] * np.exp(rate[member] * time)
        if amplitude[member, 0] < 0.1:
            axes.plot(time, np.where((exact < 1.5) & (exact > 1e-12), exact, np.nan), color=style.INK, linewidth=1, zorder=4)
    axes.set(yscale="log", xlabel="depth $t$", ylabel=r"$|a_1|$", ylim=(max(1e-12, 0.5 * np.nanmin(amplitude[members])), 2))
    ts.legend(axes)
    yield style.plot(figure, "The first mode grows or decays",
                     "Amplitude of the first Fourier mode against depth with exponential laws.", """
        Amplitude |a<sub>1</sub>| = |⟨e<sup>−iθ</sup>⟩| of the density. Points: simulated; lines: exponential growth out of the
        uniform density at the exact rate, which holds as long as the amplitude is small; nothing is fitted. {}.""",
                     _of_mean_field(study, members[0]))
