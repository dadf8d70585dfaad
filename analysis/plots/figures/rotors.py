"""Figures of softmech-rotors: order, fluctuations and stiffness of coupled phases, beside what is known exactly."""
import numpy as np
from markupsafe import Markup

import laws
import style
from figures import rotor_correlations, rotor_motion
from figures.rotor_systems import MANY_MEMBERS, finish, thermal
from typeset import rounded

UNBINDING = 0.8929  # of the square lattice with J = 1: Hasenbusch, J. Phys. A 38 (2005) 5869
MEAN_FIELD = Markup("Line: the mean field of infinitely many rotors, M = I<sub>1</sub>(M/T)/I<sub>0</sub>(M/T), "
                    "T<sub>c</sub> = ½. ")
FINITE = Markup("Nothing is fitted; finite systems keep |M| ~ N<sup>−1/4</sup> at T<sub>c</sub> and N<sup>−1/2</sup> above. ")
SLOW = Markup("Couplings that fall more slowly than r<sup>−d</sup> follow it as N → ∞; others order at lower T, if at all. ")
SHORT = "Couplings of finite range order at lower T, if at all. "


def _draw(axes, system, curve, lines=True, exact=None):
    """Points of every size; beside them an exact curve of the size, or else a thin line to guide the eye."""
    for size, color, marker in style.by_size(system.sizes):
        x, y, error = curve(size)
        if len(x) == 0:
            continue
        style.points(axes, x, y, error, color=color, marker=marker, label=system.size_label(size), markersize=4.2)
        if exact is not None:
            axes.plot(_fine(system), [exact(size, at) for at in _fine(system)], color=color, linewidth=1)
        elif lines:
            axes.plot(x, y, color=color, linewidth=0.7, alpha=0.6)
    axes.set_xlabel("temperature $T$")


def _fine(system, count=100):
    return np.linspace(system.temperature.min(), system.temperature.max(), count)


def _transition(axes, system):
    """T_c where it is known."""
    known = {"all": (0.5, "$T_c$"), "nearest": (UNBINDING, "$T_{KT}$")}.get(system.kernel)
    if known is None or not system.is_symmetric or (system.kernel == "nearest" and not system.is_square):
        return
    if system.temperature.min() < known[0] < system.temperature.max():
        axes.axvline(known[0], color=style.INK, linewidth=1, linestyle=":", label=known[1], zorder=1.5)


def order(study):
    """Magnetization against temperature."""
    for system in thermal(study, "magnetization"):
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("magnetization", size))
        fine, words = _fine(system, 400), ""
        if system.has_mean_field:
            style.theory(axes, fine, laws.mean_field_rotors(fine)[0], label="mean field")
            words = MEAN_FIELD + {"all": FINITE, "power": SLOW}.get(system.kernel, SHORT)
        elif system.is_xy:
            words = Markup("In two dimensions order falls with the size at every temperature, below T<sub>KT</sub> as a "
                           "power of L. ")
        elif system.is_neighbor_chain:
            words = "A chain of neighbors orders at no temperature: |M| falls with N everywhere. "
        elif not system.is_symmetric:
            words = "The field orders at every temperature: no transition is left. "
        _transition(axes, system)
        axes.set(ylabel=r"$\langle|M|\rangle$", ylim=(0, 1.02))
        finish(axes)
        yield style.plot(figure, system.title("Order against temperature"),
                         f"Magnetization against temperature for {len(system.sizes)} sizes, {system.name}.", """
            Mean length of the magnetization per rotor. {}Bars: standard error. {}""", words, system.facts())


def ratio(study):
    """The moment ratio against temperature."""
    for system in thermal(study, "magnetization2", "magnetization4"):
        figure, axes = style.new_axes()

        def exact(size, temperature):
            second, fourth = laws.all_to_all_rotors(size, temperature)
            return fourth / second**2
        _draw(axes, system, system.ratio, exact=exact if system.is_all_to_all else None)
        for level, words, at in ((1, "order", 0.99), (2, "disorder", 0.01)):
            axes.axhline(level, color=style.INK, linewidth=0.8)
            axes.annotate(words, (at, level), xycoords=("axes fraction", "data"), xytext=(0, 3 if level == 1 else -11),
                          textcoords="offset points", fontsize=9, ha="right" if at > 0.5 else "left")
        words = "Curves of all sizes meet where the system has no scale: at a continuous transition. "
        if system.is_all_to_all:
            axes.axhline(np.pi / 2, color=style.INK, linestyle="--", linewidth=1.1, label=r"$\pi/2$")
            words = Markup("Lines: the exact ratio at these N, nothing is fitted. They meet at T<sub>c</sub> = ½ at π/2 (dashed) "
                           "as N → ∞. ")
            words += _worst(system, exact)
        elif system.is_xy:
            words = Markup("Below T<sub>KT</sub> curves of all sizes should lie on one another: every temperature there is "
                           "critical. ")
        _transition(axes, system)
        axes.set(ylabel=r"$\langle M^4\rangle/\langle M^2\rangle^2$", ylim=(0.95, max(2.08, 1.02 * axes.dataLim.y1)))
        finish(axes)
        few = "" if system.replicas >= 3 else "No bars: fewer than three members per point. "
        yield style.plot(figure, system.title("Ratio of moments"),
                         f"Ratio of the fourth to the squared second moment against temperature for {len(system.sizes)} sizes.", """
            1 for perfect order, 2 for independent rotors. {}{}{}""", words,
                         few or "Bars: standard error, jackknife over members. ", system.facts())


def _worst(system, exact):
    """The largest distance from an exact curve in standard errors."""
    if system.replicas < MANY_MEMBERS:
        return ""
    points = [(size, *point) for size in system.sizes for point in zip(*system.ratio(size))]
    distances = [abs(y - exact(size, x)) / error for size, x, y, error in points if error > 0]
    if not distances:
        return ""
    beyond, expected = sum(distance > 2 for distance in distances), 0.0455 * len(distances)
    return f"{beyond} of {len(distances)} points are more than two standard errors away ({expected:.0f} would be by chance). "


def susceptibility(study):
    """Fluctuations of the magnetization against temperature."""
    for system in thermal(study, "susceptibility"):
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("susceptibility", size))
        words = "Look for a peak that grows with the size. "
        if system.is_all_to_all:
            fine = _fine(system, 600)
            law = laws.mean_field_rotors(fine)[3]
            top = 1.3 * max(np.max(system.curve("susceptibility", size)[1], initial=0) for size in system.sizes)
            style.theory(axes, fine, np.where(law < top, law, np.nan), label="infinite $N$")
            words = Markup("Line: infinitely many rotors, diverging as 1/|T − T<sub>c</sub>|; nothing is fitted. At "
                           "T<sub>c</sub> the peak grows as N<sup>1/2</sup>. ")
        elif system.is_xy:
            words = Markup("The peak grows with L and moves towards T<sub>KT</sub> from above, as slowly as 1/ln² L. ")
        _transition(axes, system)
        values = study["susceptibility"][system.chosen]
        if np.nanmin(values) > 0 and np.nanmax(values) > 30 * np.nanmin(values):
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, None)
        axes.set_ylabel(r"susceptibility $\chi$")
        finish(axes)
        yield style.plot(figure, system.title("Susceptibility"),
                         f"Susceptibility against temperature for {len(system.sizes)} sizes, {system.name}.", """
            χ = N(⟨M²⟩ − ⟨|M|⟩²)/T per rotor. {}Bars: standard error. {}""", words, system.facts())


def specific_heat(study):
    """Fluctuations of the energy against temperature."""
    for system in thermal(study, "specific_heat"):
        figure, axes = style.new_axes()

        def exact(size, temperature):
            second, fourth = laws.all_to_all_rotors(size, temperature)
            return size * (fourth - second**2) / (2 * temperature) ** 2
        _draw(axes, system, lambda size: system.curve("specific_heat", size),
              exact=exact if system.is_all_to_all else None)
        words, fine = "Look for whether its maximum grows with the size at all, and where it lies. ", _fine(system, 600)
        if system.is_all_to_all:
            style.theory(axes, fine, laws.mean_field_rotors(fine)[2], style="--", label="infinite $N$")
            words = Markup("Lines: exact at these N; dashed: infinitely many rotors, a jump by 2 at T<sub>c</sub> = ½ and no "
                           "divergence. Nothing is fitted. ")
        elif system.is_neighbor_chain:
            style.theory(axes, fine, laws.rotor_chain(fine)[1], label="infinite chain")
            words = "Line: the infinite chain; nothing is fitted. A round maximum that no size sharpens. "
        elif system.is_xy:
            words = Markup("The maximum lies above T<sub>KT</sub> and stops growing: it is no sign of the transition. ")
        _transition(axes, system)
        axes.set(ylabel="specific heat $C$", ylim=(0, None))
        finish(axes)
        yield style.plot(figure, system.title("Specific heat"),
                         f"Specific heat against temperature for {len(system.sizes)} sizes, {system.name}.", """
            C = N(⟨e²⟩ − ⟨e⟩²)/T² per rotor, of the phases alone. {}Bars: standard error. {}""", words, system.facts())


def stiffness(study):
    """Helicity modulus of square lattices against temperature."""
    for system in thermal(study, "helicity_modulus"):
        if not system.is_square or not system.is_symmetric or system.kernel not in ("nearest", "window", "exponential"):
            continue
        curves = [system.curve("helicity_modulus", size) for size in system.sizes]
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("helicity_modulus", size))
        fine = np.linspace(0, system.temperature.max(), 50)
        style.theory(axes, fine, 2 * fine / np.pi, style="--", label=r"$2T/\pi$")
        _transition(axes, system)
        low, high = system.temperature.min(), system.temperature.max()
        axes.set(ylabel=r"helicity modulus $\Upsilon$", ylim=(min(np.min(y, initial=0) for _, y, _ in curves), None),
                 xlim=(low - 0.03 * (high - low), high + 0.03 * (high - low)))
        finish(axes)
        yield style.plot(figure, system.title("Stiffness and the jump"),
                         f"Helicity modulus against temperature for {len(system.sizes)} sizes with the line 2T/π.", """
            Stiffness against a twist. Dashed: 2T/π, the value from which a large system jumps to 0 where vortices unbind
            (Nelson and Kosterlitz). {}Crossings with the line move down as slowly as 1/ln² L; surprising: curves that cross it at
            the same place for all L, or reach zero below it. Bars: standard error. {}""",
                         Markup("T<sub>KT</sub> = {}. ").format(rounded(UNBINDING)) if system.kernel == "nearest" else "",
                         system.facts())


def energy(study):
    """Energy per rotor against temperature."""
    for system in thermal(study, "energy"):
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("energy", size))
        fine, words = _fine(system, 400), ""
        if system.is_all_to_all:
            style.theory(axes, fine, laws.mean_field_rotors(fine)[1], label="infinite $N$")
            words = Markup("Line: (1 − M²)/2 of infinitely many rotors, with a kink at T<sub>c</sub>; nothing is fitted. ")
        elif system.is_neighbor_chain:
            style.theory(axes, fine, laws.rotor_chain(fine)[0], label="infinite chain")
            words = Markup("Line: 1 − I<sub>1</sub>(1/T)/I<sub>0</sub>(1/T) of the infinite chain; nothing is fitted. ")
        elif system.has_mean_field:
            style.theory(axes, fine, laws.mean_field_rotors(fine)[1], style="--", label="mean field")
            words = "Dashed: the mean field, (1 − M²)/2. "
        elif system.is_xy:
            low = fine[fine <= 0.6]
            if len(low) > 1:
                style.theory(axes, low, low / 2, style="--", label="$T/2$")
                words = "Dashed: T/2, equipartition of small angles. "
        _transition(axes, system)
        axes.set(ylabel="energy per rotor $e$", ylim=(0, None))
        finish(axes)
        yield style.plot(figure, system.title("Energy"),
                         f"Energy per rotor against temperature for {len(system.sizes)} sizes.", """
            Energy above that of aligned rotors. {}Bars: standard error. {}""", words, system.facts())


FIGURES = (order, ratio, susceptibility, specific_heat, stiffness, energy, rotor_correlations.correlation, rotor_motion.caloric,
           rotor_motion.thermometer, rotor_motion.conservation)
