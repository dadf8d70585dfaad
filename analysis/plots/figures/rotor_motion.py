"""Rotors in motion: temperature and order against the energy, the heat bath's thermometer, conservation of energy."""
import numpy as np
from markupsafe import Markup

import laws
import style
from figures.rotor_systems import finish, systems, thermal
from typeset import rounded

ALONG = ("member", "time")
MOST_LINES = 12
CRITICAL_ENERGY = 0.75  # of all-to-all rotors, kinetic energy included


class Energies:
    """The total energies per rotor that an isolated system was given, and its members at each."""

    def __init__(self, system):
        self.system = system
        self.energy = system.study["total_energy"][system.chosen, 0].round(6)

    def along(self, rotors):
        own = self.system.rotors == rotors
        for energy in np.unique(self.energy[own]):
            yield energy, self.system.chosen[own & (self.energy == energy)]

    def curve(self, name, rotors):
        """Energies, means over members, and standard errors from their scatter."""
        rows = []
        for energy, members in self.along(rotors):
            values = self.system.study[name][members]
            values = values[np.isfinite(values)]
            if len(values) > 1:
                rows.append((energy, values.mean(), values.std(ddof=1) / np.sqrt(len(values))))
            elif len(values):
                rows.append((energy, values[0], np.nan))
        return np.array(rows).reshape(-1, 3).T

    @property
    def are_given(self):
        """Whether runs were started at three energies or more, each the same for all members of a point."""
        study, chosen = self.system.study, self.system.chosen
        if study.setting("start.energy") == "none":
            return False  # cold starts may share their energy up to rounding
        repeated = study.has("replica", on=("member",)) and len(np.unique(study["replica"][chosen])) > 1
        return len(np.unique(self.energy)) >= 3 and not (repeated and self.most == 1)

    @property
    def most(self):
        """The largest number of members at one energy."""
        return max(len(members) for size in self.system.sizes for _, members in self.along(size))


def _isolated(study, *names, **keywords):
    return systems(study, *names, where=lambda system: system.is_isolated, **keywords)


def caloric(study):
    """Temperature, and order, against the energy of isolated rotors."""
    if not study.has("total_energy", on=ALONG):
        return
    for system in _isolated(study, "kinetic_temperature"):
        energies = Energies(system)
        if not energies.are_given:
            continue
        ordered = system.is_all_to_all and study.has("magnetization", on=("member",))
        figure, grid = style.new_grid(2 if ordered else 1, 1, (4.4, 4.4) if ordered else None, sharex=True,
                                      gridspec_kw={"hspace": 0.1})
        above, below = grid[0, 0], grid[-1, 0]
        exact = _exact(system, energies.energy.max())
        for axes, name, law in ((above, "kinetic_temperature", 1), (below, "magnetization", 2))[:2 if ordered else 1]:
            if exact is not None:
                style.theory(axes, exact[0], exact[law], label="infinite $N$")
            for size, color, marker in style.by_size(system.sizes):
                style.points(axes, *energies.curve(name, size), color=color, marker=marker, label=system.size_label(size),
                             markersize=4.6)
            if system.is_all_to_all and energies.energy.min() < CRITICAL_ENERGY < energies.energy.max():
                axes.axvline(CRITICAL_ENERGY, color=style.INK, linewidth=1, linestyle=":", zorder=1.5, label="$U_c$")
        above.set(ylabel="temperature $T$", ylim=(0, None))
        if ordered:
            below.set(ylabel=r"$\langle|M|\rangle$", ylim=(0, 1.02))
            figure.align_ylabels()
        below.set_xlabel("energy per rotor $U$")
        span = np.ptp(energies.energy)
        below.set_xlim(energies.energy.min() - 0.05 * span, energies.energy.max() + 0.05 * span)
        finish(above)
        yield style.plot(figure, system.title("Caloric curve of isolated rotors"),
                         "Temperature of the velocities against total energy per rotor, with the exact curve if known.", """
            Mean kinetic temperature{} against the energy per rotor, kinetic energy included, that the run was started with.
            {}{}Bars: standard error, from the scatter of members. {}""",
                         " (upper) and magnetization (lower)" if ordered else "", _caloric_words(system),
                         _from_law(energies, exact), _per_energy(system, energies))


def _per_energy(system, energies):
    return f"{system.name[0].upper()}{system.name[1:]}; {energies.most} member{'s'[:energies.most > 1]} per energy."


def _exact(system, highest):
    """Energy, temperature and order of the infinite system, up to this energy; None where they are not known."""
    temperature = np.linspace(1e-3, max(2 * highest, 0.1), 3000)
    if system.is_all_to_all:
        order, potential = laws.mean_field_rotors(temperature)[:2]
    elif system.is_neighbor_chain:
        order, potential = np.zeros_like(temperature), laws.rotor_chain(temperature)[0]
    else:
        return None
    energy = temperature / 2 + potential
    shown = energy <= 1.03 * highest
    return energy[shown], temperature[shown], order[shown]


def _caloric_words(system):
    if system.is_all_to_all:
        return Markup("Lines: the canonical solution of infinitely many, U = T/2 + (1 − M²)/2; above U<sub>c</sub> = ¾ T = 2U − 1, "
                      "nothing is fitted. Surprising: a temperature off the line, a state that the motion does not leave. ")
    if system.is_neighbor_chain:
        return Markup("Line: the infinite chain, U = T/2 + 1 − I<sub>1</sub>(1/T)/I<sub>0</sub>(1/T), nothing is fitted. ")
    return ""


def _from_law(energies, exact):
    if exact is None:
        return ""
    points = np.concatenate([energies.curve("kinetic_temperature", size) for size in energies.system.sizes], axis=1)
    expected = np.interp(points[0], exact[0], exact[1])
    share = np.abs(points[1] / expected - 1)
    return Markup("T is off by {} % in the median, {} % at most, finite N and fluctuations included. ").format(
        rounded(100 * np.median(share), digits=2), rounded(100 * share.max(), digits=2))


def thermometer(study):
    """Kinetic temperature of rotors in a heat bath over the bath's."""
    for system in thermal(study, "kinetic_temperature"):
        if system.dynamics != "langevin":
            continue
        figure, axes = style.new_axes()
        for size, color, marker in style.by_size(system.sizes):
            temperature, value, error = system.curve("kinetic_temperature", size)
            style.points(axes, temperature, 100 * (value / temperature - 1), 100 * error / temperature, color=color, marker=marker,
                         label=system.size_label(size), markersize=4.6)
        axes.axhline(0, color=style.INK, linewidth=1)
        for share in (-0.5, 0.5):
            axes.axhline(share, color=style.INK, linewidth=1, linestyle=":")
        top = max(0.8, 1.2 * np.max(np.abs(axes.dataLim.intervaly)))
        axes.set(xlabel="temperature $T$ of the bath", ylabel=r"$T_\mathrm{kin}/T-1$   [%]", ylim=(-top, top))
        finish(axes)
        yield style.plot(figure, system.title("Does the bath hold its temperature"),
                         "Relative deviation of the kinetic temperature from that of the bath, against temperature.", """
            Temperature of the velocities over that of the bath, minus 1; dotted: ± 0.5 %. BAOAB samples phases to the fourth
            order of the step where forces are linear, velocities to the second: T<sub>kin</sub> is too low by the share
            (ω step)²/4. Bars: standard error. {}""", system.facts())


def conservation(study):
    """Change of the total energy of isolated rotors along the depth."""
    for system in _isolated(study, "total_energy", on=ALONG):
        time, total = study["time"], study["total_energy"][system.chosen]
        total = total[np.argsort(total[:, 0], kind="stable")]
        if len(time) < 4:
            continue
        change = total - total[:, :1]
        factor, unit = style.in_powers(change)
        shown = style.spread_over(range(len(change)), MOST_LINES)
        figure, axes = style.new_axes()
        for i, color in zip(shown, style.ramp(len(shown))):
            axes.plot(time, change[i] / factor, color=color, linewidth=0.9)
        top = 1.2 * np.nanmax(np.abs(change)) / factor
        axes.set(xlabel="depth $t$", ylabel=f"$U(t)-U(0)${unit}", ylim=(-top, top) if top > 0 else None)
        late, early = change[:, -(len(time) // 4):].mean(axis=1), change[:, 1:1 + len(time) // 4].mean(axis=1)
        drift = late - early
        yield style.plot(figure, system.title("Is the energy conserved"),
                         "Change of the total energy per rotor along the depth.", """
            Total energy per rotor since the start{}, of {}, the colors from {} to {}. A symplectic integrator keeps it within
            a band ∝ step²; surprising: a drift. The mean over the last quarter differs from that over the first by {}; the
            largest change is {}. {}""", f", {system.word('stepper').replace('_', ' ')}" if system.word("stepper") else "",
                         f"{len(shown)} of {len(change)} members" if len(shown) < len(change)
                         else f"{len(change)} member{'s' if len(change) > 1 else ''}",
                         rounded(total[:, 0].min(), digits=3), rounded(total[:, 0].max(), digits=3),
                         rounded(drift.mean(), drift.std(ddof=1) / np.sqrt(len(drift)) if len(drift) > 1 else np.nan, digits=2),
                         rounded(np.nanmax(np.abs(change)), digits=2), f"{system.name[0].upper()}{system.name[1:]}.")
