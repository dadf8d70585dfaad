"""Correlations of rotors over distance."""
import numpy as np
from markupsafe import Markup

import laws
import style
from figures.rotor_systems import finish, mean, systems
from typeset import rounded

MOST_CURVES = 6
OVER = ("member", "distance")


def correlation(study):
    """<cos(theta_0 - theta_r)> of the largest size, at some temperatures, on a logarithmic axis."""
    for system in systems(study, "correlation", on=OVER):
        size = system.sizes[-1]
        points = list(system.along(size))
        if system.is_isolated:  # its temperature is that of the start: all members are one point
            points = [(np.nan, np.concatenate([members for _, members in points]))]
        shown = [points[i] for i in style.spread_over(range(len(points)), MOST_CURVES)]
        exact = system.is_neighbor_chain and not system.is_isolated
        figure, axes = style.new_axes()
        distance, lowest = study["distance"], 1.0
        for (temperature, members), color in zip(shown, style.ramp(len(shown))):
            y, error = _curve(study, members)
            there = np.flatnonzero(np.isfinite(y) & (y > 2 * np.nan_to_num(error)) & (y > 0) & (distance > 0))
            if len(there) == 0:
                continue
            there = there[: np.argmax(np.diff(there, append=there[-1] + 2) > 1) + 1]  # as far as it stands out of the noise
            picked = there[np.unique(np.geomspace(1, len(there), min(24, len(there))).round().astype(int)) - 1]
            style.points(axes, distance[picked], y[picked], error[picked], color=color, markersize=4,
                         label=f"T = {temperature:g}" if np.isfinite(temperature) else "measured")
            lowest = min(lowest, y[there].min())
            if exact:
                fine = np.arange(0, distance[there[-1]] + 1)
                ring = size if system.boundary == "periodic" else None
                axes.plot(fine, laws.rotor_chain_correlation(temperature, fine, ring), color=color, linewidth=1.1)
        axes.set(xlabel="distance $r$", ylabel=r"$\langle\cos(\theta_0-\theta_r)\rangle$", yscale="log",
                 ylim=(lowest / 1.4, 1.15))
        if not exact:
            axes.set_xscale("log")
        finish(axes)
        yield style.plot(figure, system.title("Correlations over distance"),
                         "Correlation of two phases against their distance, for several temperatures.", """
            Mean cosine of the angle between rotors at distance r{}, as far as it is above two standard errors. {}Bars: standard
            errors. {}{}""", f", {system.size_label(size)}", _law(system, shown, exact),
                         f"{len(shown)} of {len(points)} temperatures are drawn. " if len(shown) < len(points) else "",
                         system.facts())


def _curve(study, members):
    values = study["correlation"][members]
    known = study.has("correlation_error", on=OVER)
    errors = study["correlation_error"][members] if known else np.full(values.shape, np.nan)
    return np.array([mean(*pair) for pair in zip(values.T, errors.T)]).T


def _law(system, shown, exact):
    if exact:
        lengths = [Markup("{} at T = {:g}").format(rounded(-1 / np.log(laws.rotor_chain_correlation(t, 1)), digits=3), t)
                   for t, _ in shown]
        words = Markup("Lines: the transfer matrix, nothing is fitted: (I<sub>1</sub>/I<sub>0</sub>)<sup>r</sup> at 1/T{}. "
                       "Correlations fall over ξ = {}: no order at any T > 0 (Mermin and Wagner). ")
        ring = ", bent where the ring closes" if system.boundary == "periodic" else ""
        return words.format(ring, Markup(", ").join(lengths))
    if system.is_xy:
        return Markup("Straight lines here are powers of r: below T<sub>KT</sub> correlations fall as r<sup>−η(T)</sup>, "
                      "η = ¼ there. ")
    return "A curve that becomes level is order, a straight line a power of r. "
