"""Figures of softmech-rotors: order, fluctuations and stiffness of coupled phases, beside what is known exactly."""
import numpy as np
from markupsafe import Markup

import laws
import style
from typeset import rounded

MEMBER = ("member",)
MOST_SYSTEMS = 3
MANY_MEMBERS = 8  # from here on the scatter of members is a good error
UNBINDING = 0.8929  # of the square lattice with J = 1: Hasenbusch, J. Phys. A 38 (2005) 5869
KERNELS = {"all": "all pairs", "nearest": "nearest neighbors", "window": "window of range", "exponential": "exponential of range",
           "power": "power law, α ="}

MEAN_FIELD = Markup("Line: the mean field of infinitely many rotors, M = I<sub>1</sub>(M/T)/I<sub>0</sub>(M/T), "
                    "T<sub>c</sub> = ½. ")
FINITE = Markup("Nothing is fitted; finite systems keep |M| ~ N<sup>−1/4</sup> at T<sub>c</sub> and N<sup>−1/2</sup> above. ")
SLOW = Markup("Couplings that fall more slowly than r<sup>−d</sup> follow it as N → ∞; others order at lower T, if at all. ")
SHORT = "Couplings of finite range order at lower T, if at all. "


class System:
    """The members that share lattice and kernel."""

    def __init__(self, study, chosen, lattice, kernel, parameter, several):
        self.study, self.chosen, self.lattice, self.kernel = study, np.flatnonzero(chosen), lattice, kernel
        self.rotors, self.temperature = study["rotors"][chosen], study["temperature"][chosen]
        self.sizes = np.unique(self.rotors)
        self.name = f"{lattice}, {KERNELS.get(kernel, kernel)}" + (f" {parameter:g}" if np.isfinite(parameter) else "")
        if kernel == "all":
            self.name = "all-to-all"
        self.several = several
        self.replicas = len(self.chosen) / max(1, len(set(zip(self.rotors, self.temperature))))

    @property
    def is_square(self):
        return self.lattice == "square"

    @property
    def has_mean_field(self):
        """Whether sum_j J_ij = 1, as in the mean field with T_c = 1/2."""
        return self.kernel in ("all", "window", "exponential", "power")

    def title(self, words):
        return f"{words}: {self.name}" if self.several else words

    def facts(self):
        """What a caption says of the sample."""
        count = f"{self.replicas:g} members" if self.replicas != 1 else "one member"
        return f"{self.name[0].upper()}{self.name[1:]}; {count} per point."

    def size_label(self, rotors):
        return f"L = {round(np.sqrt(rotors))}" if self.is_square else f"N = {rotors:g}"

    def along(self, rotors):
        """The temperatures of a size, and its members at each."""
        own = self.rotors == rotors
        for temperature in np.unique(self.temperature[own]):
            yield temperature, self.chosen[own & (self.temperature == temperature)]

    def curve(self, name, rotors):
        """Temperatures, means over members and standard errors of a variable."""
        values = self.study[name]
        errors = self.study[name + "_error"] if self.study.has(name + "_error", on=MEMBER) else np.full(len(values), np.nan)
        rows = [(temperature, *_mean(values[members], errors[members])) for temperature, members in self.along(rotors)]
        return np.array([row for row in rows if np.isfinite(row[1])]).reshape(-1, 3).T

    def ratio(self, rotors):
        """The same for <M^4>/<M^2>^2, a ratio of means with the jackknife's error."""
        second, fourth = self.study["magnetization2"], self.study["magnetization4"]
        rows = [(temperature, *_ratio(second[members], fourth[members])) for temperature, members in self.along(rotors)]
        return np.array([row for row in rows if np.isfinite(row[1])]).reshape(-1, 3).T


def _mean(values, errors):
    """Mean and standard error: from the scatter of many members, from the members' own errors of few."""
    there = np.isfinite(values)
    count = np.sum(there)
    if count == 0:
        return np.nan, np.nan
    if count >= MANY_MEMBERS:
        return np.mean(values[there]), np.std(values[there], ddof=1) / np.sqrt(count)
    return np.mean(values[there]), np.sqrt(np.sum(errors[there] ** 2)) / count


def _ratio(second, fourth):
    there = np.isfinite(second) & np.isfinite(fourth) & (second > 0)
    second, fourth, count = second[there], fourth[there], np.sum(there)
    if count == 0:
        return np.nan, np.nan
    whole = np.mean(fourth) / np.mean(second) ** 2
    if count < 3:
        return whole, np.nan
    left = (fourth.sum() - fourth) / (second.sum() - second) ** 2 * (count - 1)
    return whole, np.sqrt((count - 1) * np.var(left))


def _systems(study, *names):
    """The systems of a study with at least three temperatures, if it has these variables."""
    if study.members == 0 or not study.has("rotors", "temperature", "lattice", "kernel", *names, on=MEMBER):
        return []
    lattice, kernel = study["lattice"].astype(str), study["kernel"].astype(str)
    parameter = np.full(study.members, np.nan)
    for key in ("alpha", "range"):
        if study.has(key, on=MEMBER):
            parameter = np.where(np.isfinite(parameter), parameter, study[key])
    kinds = list(dict.fromkeys(zip(lattice, kernel, parameter.astype(str))))
    places = style.spread_over(range(len(kinds)), MOST_SYSTEMS)
    found = []
    for place in places:
        chosen = (lattice == kinds[place][0]) & (kernel == kinds[place][1]) & (parameter.astype(str) == kinds[place][2])
        found.append(System(study, chosen, *kinds[place][:2], float(kinds[place][2]), len(kinds) > 1))
    return [system for system in found if len(np.unique(system.temperature)) >= 3
            and all(np.isfinite(study[name][system.chosen]).any() for name in names)]


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


def _finish(axes):
    count = len(axes.get_legend_handles_labels()[1])
    style.legend_above(axes, count if count < 4 else -(-count // 2) if count < 9 else 4)


def _transition(axes, system):
    """T_c where it is known."""
    known = {"all": (0.5, "$T_c$"), "nearest": (UNBINDING, "$T_{KT}$")}.get(system.kernel)
    if known is None or (system.kernel == "nearest" and not system.is_square):
        return
    if system.temperature.min() < known[0] < system.temperature.max():
        axes.axvline(known[0], color=style.INK, linewidth=1, linestyle=":", label=known[1], zorder=1.5)


def order(study):
    """Magnetization against temperature."""
    for system in _systems(study, "magnetization"):
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("magnetization", size))
        fine, words = _fine(system, 400), ""
        if system.has_mean_field:
            style.theory(axes, fine, laws.mean_field_rotors(fine)[0], label="mean field")
            words = MEAN_FIELD + {"all": FINITE, "power": SLOW}.get(system.kernel, SHORT)
        elif system.is_square:
            words = Markup("In two dimensions order falls with the size at every temperature, below T<sub>KT</sub> as a "
                           "power of L. ")
        else:
            words = "A chain of neighbors orders at no temperature: |M| falls with N everywhere. "
        _transition(axes, system)
        axes.set(ylabel=r"$\langle|M|\rangle$", ylim=(0, 1.02))
        _finish(axes)
        yield style.plot(figure, system.title("Order against temperature"),
                         f"Magnetization against temperature for {len(system.sizes)} sizes, {system.name}.", """
            Mean length of the magnetization per rotor. {}Bars: standard error. {}""", words, system.facts())


def ratio(study):
    """The moment ratio against temperature."""
    for system in _systems(study, "magnetization2", "magnetization4"):
        figure, axes = style.new_axes()

        def exact(size, temperature):
            second, fourth = laws.all_to_all_rotors(size, temperature)
            return fourth / second**2
        _draw(axes, system, system.ratio, exact=exact if system.kernel == "all" else None)
        for level, words, at in ((1, "order", 0.99), (2, "disorder", 0.01)):
            axes.axhline(level, color=style.INK, linewidth=0.8)
            axes.annotate(words, (at, level), xycoords=("axes fraction", "data"), xytext=(0, 3 if level == 1 else -11),
                          textcoords="offset points", fontsize=9, ha="right" if at > 0.5 else "left")
        words = "Curves of all sizes meet where the system has no scale: at a continuous transition. "
        if system.kernel == "all":
            axes.axhline(np.pi / 2, color=style.INK, linestyle="--", linewidth=1.1, label=r"$\pi/2$")
            words = Markup("Lines: the exact ratio at these N, nothing is fitted. They meet at T<sub>c</sub> = ½ at π/2 (dashed) "
                           "as N → ∞. ")
            words += _worst(system, exact)
        elif system.is_square and system.kernel == "nearest":
            words = Markup("Below T<sub>KT</sub> curves of all sizes should lie on one another: every temperature there is "
                           "critical. ")
        _transition(axes, system)
        axes.set(ylabel=r"$\langle M^4\rangle/\langle M^2\rangle^2$", ylim=(0.95, max(2.08, 1.02 * axes.dataLim.y1)))
        _finish(axes)
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
    for system in _systems(study, "susceptibility"):
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("susceptibility", size))
        words = "Look for a peak that grows with the size. "
        if system.kernel == "all":
            fine = _fine(system, 600)
            law = laws.mean_field_rotors(fine)[3]
            top = 1.3 * max(np.max(system.curve("susceptibility", size)[1], initial=0) for size in system.sizes)
            style.theory(axes, fine, np.where(law < top, law, np.nan), label="infinite $N$")
            words = Markup("Line: infinitely many rotors, diverging as 1/|T − T<sub>c</sub>|; nothing is fitted. At "
                           "T<sub>c</sub> the peak grows as N<sup>1/2</sup>. ")
        elif system.is_square and system.kernel == "nearest":
            words = Markup("The peak grows with L and moves towards T<sub>KT</sub> from above, as slowly as 1/ln² L. ")
        _transition(axes, system)
        values = study["susceptibility"][system.chosen]
        if np.nanmin(values) > 0 and np.nanmax(values) > 30 * np.nanmin(values):
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, None)
        axes.set_ylabel(r"susceptibility $\chi$")
        _finish(axes)
        yield style.plot(figure, system.title("Susceptibility"),
                         f"Susceptibility against temperature for {len(system.sizes)} sizes, {system.name}.", """
            χ = N(⟨M²⟩ − ⟨|M|⟩²)/T per rotor. {}Bars: standard error. {}""", words, system.facts())


def specific_heat(study):
    """Fluctuations of the energy against temperature."""
    for system in _systems(study, "specific_heat"):
        figure, axes = style.new_axes()

        def exact(size, temperature):
            second, fourth = laws.all_to_all_rotors(size, temperature)
            return size * (fourth - second**2) / (2 * temperature) ** 2
        _draw(axes, system, lambda size: system.curve("specific_heat", size),
              exact=exact if system.kernel == "all" else None)
        words, fine = "Look for whether its maximum grows with the size at all, and where it lies. ", _fine(system, 600)
        if system.kernel == "all":
            style.theory(axes, fine, laws.mean_field_rotors(fine)[2], style="--", label="infinite $N$")
            words = Markup("Lines: exact at these N; dashed: infinitely many rotors, a jump by 2 at T<sub>c</sub> = ½ and no "
                           "divergence. Nothing is fitted. ")
        elif system.kernel == "nearest" and not system.is_square:
            style.theory(axes, fine, laws.rotor_chain(fine)[1], label="infinite chain")
            words = "Line: the infinite chain; nothing is fitted. A round maximum that no size sharpens. "
        elif system.kernel == "nearest":
            words = Markup("The maximum lies above T<sub>KT</sub> and stops growing: it is no sign of the transition. ")
        _transition(axes, system)
        axes.set(ylabel="specific heat $C$", ylim=(0, None))
        _finish(axes)
        yield style.plot(figure, system.title("Specific heat"),
                         f"Specific heat against temperature for {len(system.sizes)} sizes, {system.name}.", """
            C = N(⟨e²⟩ − ⟨e⟩²)/T² per rotor, of the phases alone. {}Bars: standard error. {}""", words, system.facts())


def stiffness(study):
    """Helicity modulus of square lattices against temperature."""
    for system in _systems(study, "helicity_modulus"):
        if not system.is_square or system.kernel not in ("nearest", "window", "exponential"):
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
        _finish(axes)
        yield style.plot(figure, system.title("Stiffness and the jump"),
                         f"Helicity modulus against temperature for {len(system.sizes)} sizes with the line 2T/π.", """
            Stiffness against a twist. Dashed: 2T/π, the value from which a large system jumps to 0 where vortices unbind
            (Nelson and Kosterlitz). {}Crossings with the line move down as slowly as 1/ln² L; surprising: curves that cross it at
            the same place for all L, or reach zero below it. Bars: standard error. {}""",
                         Markup("T<sub>KT</sub> = {}. ").format(rounded(UNBINDING)) if system.kernel == "nearest" else "",
                         system.facts())


def energy(study):
    """Energy per rotor against temperature."""
    for system in _systems(study, "energy"):
        figure, axes = style.new_axes()
        _draw(axes, system, lambda size: system.curve("energy", size))
        fine, words = _fine(system, 400), ""
        if system.kernel == "all":
            style.theory(axes, fine, laws.mean_field_rotors(fine)[1], label="infinite $N$")
            words = Markup("Line: (1 − M²)/2 of infinitely many rotors, with a kink at T<sub>c</sub>; nothing is fitted. ")
        elif system.kernel == "nearest" and not system.is_square:
            style.theory(axes, fine, laws.rotor_chain(fine)[0], label="infinite chain")
            words = Markup("Line: 1 − I<sub>1</sub>(1/T)/I<sub>0</sub>(1/T) of the infinite chain; nothing is fitted. ")
        elif system.has_mean_field:
            style.theory(axes, fine, laws.mean_field_rotors(fine)[1], style="--", label="mean field")
            words = "Dashed: the mean field, (1 − M²)/2. "
        elif system.is_square:
            low = fine[fine <= 0.6]
            if len(low) > 1:
                style.theory(axes, low, low / 2, style="--", label="$T/2$")
                words = "Dashed: T/2, equipartition of small angles. "
        _transition(axes, system)
        axes.set(ylabel="energy per rotor $e$", ylim=(0, None))
        _finish(axes)
        yield style.plot(figure, system.title("Energy"),
                         f"Energy per rotor against temperature for {len(system.sizes)} sizes.", """
            Energy above that of aligned rotors. {}Bars: standard error. {}""", words, system.facts())


FIGURES = (order, ratio, susceptibility, specific_heat, stiffness, energy)
