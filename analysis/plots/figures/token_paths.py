"""Paths of tokens on the circle and on the sphere, and their clusters along the depth."""
import numpy as np
from markupsafe import Markup

import style
from figures import token_study as ts
from typeset import rounded

MOST = 400  # tokens drawn one by one
GRAY = "#8a929b"  # tokens outside the largest clusters, legible on light and on dark paper


def color_of(cluster):
    return style.SERIES[cluster] if cluster < len(style.SERIES) else GRAY


class Paths:
    """Positions of a member along the depth, (time, token, dim), as far as it went, with its final clusters."""

    def __init__(self, study, member):
        self.study, self.member = study, member
        self.dimension = int(ts.values(study, "model.dim")[member])
        tokens = int(ts.values(study, "model.tokens")[member])
        x = study["position"][member, :, :tokens, :self.dimension]
        there = np.isfinite(x).all(axis=(1, 2))
        self.time, self.x = study["time"][there], x[there]
        self.end = self.time[-1] if len(self.time) else 0.0
        length = np.linalg.norm(self.x, axis=2, keepdims=True)
        self.x = self.x / np.where(length > 0, length, 1)  # pre-norm tokens leave the sphere
        if study.has("velocity", on=ts.PATH + ("token", "dim")) and len(self.time) > 2:
            velocity = study["velocity"][member, there, :tokens, :self.dimension]
            self.time, self.x = _first_turns(self.time, self.x, velocity)
        pick = ts.sample(tokens, MOST)
        self.tokens, self.x = tokens, self.x[:, pick]
        self.cluster = ts.clusters(self.x[-1], study.setting("output.cluster_cosine", 0.999)) if len(self.x) else None
        self.cluster_count = 0 if self.cluster is None else int(self.cluster.max()) + 1

    def at(self, time):
        """Positions at other depths, between the recorded ones."""
        right = np.clip(np.searchsorted(self.time, time), 1, len(self.time) - 1)
        share = ((time - self.time[right - 1]) / (self.time[right] - self.time[right - 1]))[:, None, None]
        x = (1 - share) * self.x[right - 1] + share * self.x[right]
        return x / np.linalg.norm(x, axis=2, keepdims=True)

    @property
    def is_cut(self):
        return self.time[-1] < self.end

    @property
    def goes_on(self):
        """Whether the last clusters shown are of a moment only."""
        return self.is_cut or float(ts.values(self.study, "model.temperature")[self.member]) > 0

    def color(self, token):
        """By final cluster; where the motion goes on, by token."""
        return style.SERIES[token % len(style.SERIES)] if self.goes_on else color_of(self.cluster[token])

    @property
    def colors(self):
        """What the colors mean."""
        if self.goes_on:
            return "colors only tell the tokens apart"
        return "one color for each cluster at the end" + (", gray beyond the six largest" if self.cluster_count > 6 else "")

    @property
    def fate(self):
        """Their end in words, for alternative texts."""
        return "wander" if self.goes_on else f"gather to {ts.many(self.cluster_count, 'cluster')}"

    @property
    def ends(self):
        """What a caption says of the end."""
        text = (f"up to t = {self.time[-1]:.3g}, when they have gone one turn on average" if self.is_cut
                else f"{ts.many(self.cluster_count, 'cluster')} at t = {self.time[-1]:.4g}")
        return text if len(self.cluster) == self.tokens else f"{text}, {len(self.cluster)} of {self.tokens} tokens drawn"


def _first_turns(time, x, velocity, fine=8):
    """Inertial paths up to a mean length of one turn, more than which nobody can follow; smooth between the samples."""
    speed = np.linalg.norm(velocity, axis=2).mean(axis=1)
    length = np.concatenate([[0], np.cumsum(np.diff(time) * (speed[1:] + speed[:-1]) / 2)])
    end = max(3, np.searchsorted(length, 2 * np.pi))
    time, x, velocity = time[:end], x[:end], velocity[:end]
    s = np.arange(fine)[:, None, None] / fine  # cubic Hermite interpolation
    step = np.diff(time)[:, None, None, None]
    smooth = ((1 + 2 * s) * (1 - s) ** 2 * x[:-1, None] + s**2 * (3 - 2 * s) * x[1:, None]
              + step * (s * (1 - s) ** 2 * velocity[:-1, None] - s**2 * (1 - s) * velocity[1:, None]))
    smooth = np.concatenate([smooth.reshape(-1, *x.shape[1:]), x[-1:]])
    when = (time[:-1, None] + np.diff(time)[:, None] * s[:, 0, 0]).reshape(-1)
    return np.append(when, time[-1]), smooth / np.linalg.norm(smooth, axis=2, keepdims=True)


def with_paths(study, dimensions, most):
    """At most so many members with recorded positions in these dimensions, one of every point."""
    if not study.has("position", on=ts.PATH + ("token", "dim")) or study.members == 0 or len(study["time"]) < 3:
        return
    dimension = ts.values(study, "model.dim")
    firsts = [group[0] for group in ts.points(study) if dimension[group[0]] in dimensions]
    for member in ts.some(firsts, most) if firsts else []:
        paths = Paths(study, member)
        if len(paths.time) > 2 and paths.tokens > 1:
            yield paths


def circle(study):
    """d = 2: angle against depth."""
    for paths in with_paths(study, (2,), 3):
        angle = np.arctan2(paths.x[..., 1], paths.x[..., 0])
        angle = np.angle(np.exp(1j * (angle - opposite_of_gap(angle[-1]))))
        pick = ts.sample(len(paths.time), 500)
        pick = pick[paths.time[pick] > 0] if ts.is_logarithmic(study) else pick
        time, angle = paths.time[pick], angle[pick]
        figure, axes = style.new_axes()
        for token in np.argsort(-paths.cluster, kind="stable"):
            # A path over the edge at ±π goes on at the other one.
            jumps = np.flatnonzero(np.abs(np.diff(angle[:, token])) > np.pi) + 1
            t, y = np.insert(time, jumps, np.nan), np.insert(angle[:, token], jumps, np.nan)
            axes.plot(t, y, color=paths.color(token), linewidth=1.0, alpha=0.85)
        ts.depth_axis(study, axes)
        axes.set(ylabel="angle", ylim=(-np.pi, np.pi), xlim=(time[0], time[-1]), yticks=[-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi])
        axes.set_yticklabels(["−π", "−π/2", "0", "π/2", "π"])
        yield style.plot(figure, f"Tokens on the circle{_of(study, paths.member)}",
                         f"Angles of {paths.tokens} tokens against depth; they {paths.fate}.", """
            The angle of every token against depth; {}. The edges −π and π are one point; where 0 lies is free. {}; {}.""",
                         paths.colors, ts.facts(study, paths.member), paths.ends)


def opposite_of_gap(angle):
    """The angle opposite to the middle of the widest gap: seen from it, no cluster is cut by the edge of the figure."""
    angle = np.sort(angle)
    gaps = np.diff(np.append(angle, angle[0] + 2 * np.pi))
    widest = np.argmax(gaps)
    return angle[widest] + gaps[widest] / 2 + np.pi


def _of(study, member):
    name = ts.label(study, member)
    return f", {name}" if name else ""


def view(x):
    """Rows (right, up, toward the eye) of a rotation that shows the final tokens in front, seen a little from the side."""
    middle = x[-1].mean(axis=0)
    front = middle / np.linalg.norm(middle) if np.linalg.norm(middle) > 1e-6 else np.array([0.0, 0.0, 1.0])
    side = np.cross(front, np.eye(3)[np.argmin(np.abs(front))])
    side /= np.linalg.norm(side)
    up = np.cross(front, side)
    toward = np.cos(0.6) * front + np.sin(0.6) * (0.8 * side + 0.6 * up)
    right = np.cross(up, toward)
    right /= np.linalg.norm(right)
    return np.array([right, np.cross(toward, right), toward])


def graticule():
    """Circles of latitude and longitude of the unit sphere, (line, point, 3)."""
    turn = np.linspace(0, 2 * np.pi, 73)
    lines = [np.stack([np.cos(a) * np.cos(turn), np.cos(a) * np.sin(turn), np.full_like(turn, np.sin(a))], 1)
             for a in np.radians([-60, -30, 0, 30, 60])]
    lines += [np.stack([np.cos(turn) * np.cos(a), np.cos(turn) * np.sin(a), np.sin(turn)], 1) for a in np.radians([0, 45, 90, 135])]
    return lines


def draw_globe(axes, rotation):
    """An empty sphere seen from the front."""
    turn = np.linspace(0, 2 * np.pi, 181)
    axes.plot(np.cos(turn), np.sin(turn), color=style.INK, linewidth=0.9, zorder=1)
    for line in graticule():
        right, up, toward = rotation @ line.T
        axes.plot(np.where(toward >= 0, right, np.nan), up, color=style.GRID, linewidth=0.6, zorder=0)
    axes.set(aspect="equal", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
    axes.axis("off")


def sphere(study):
    """d = 3: paths on the sphere."""
    for paths in with_paths(study, (3,), 3):
        rotation = view(paths.x)
        seen = paths.x[ts.sample(len(paths.time), 400)] @ rotation.T
        figure, axes = style.new_axes()
        draw_globe(axes, rotation)
        for token in np.argsort(-paths.cluster, kind="stable"):
            right, up, toward = seen[:, token].T
            color = paths.color(token)
            axes.plot(right, up, color=color, linewidth=0.9, alpha=0.3, zorder=2)
            axes.plot(np.where(toward >= 0, right, np.nan), up, color=color, linewidth=1.2, zorder=4)
            for at, face in ((0, style.PAPER), (-1, color)):
                front = toward[at] >= 0
                axes.plot(right[at], up[at], "o", markersize=4 if at == 0 else 5.5, markerfacecolor=face, markeredgecolor=color,
                          markeredgewidth=1.0, alpha=1 if front else 0.4, zorder=5 if front else 3)
        yield style.plot(figure, f"Tokens on the sphere{_of(study, paths.member)}",
                         f"Paths of {paths.tokens} tokens on a sphere; they {paths.fate}.", """
            Paths of the tokens on the unit sphere, from the open circles to the filled ones; pale: on the back; {}.
            {}; {}.""", paths.colors, ts.facts(study, paths.member), paths.ends)


def frames(paths, count):
    """Depths at which a movie shows the tokens: slow where they move much, and never standing still."""
    step = np.sqrt(np.mean(np.sum(np.diff(paths.x, axis=0) ** 2, axis=2), axis=1))
    progress = np.concatenate([[0], np.cumsum(step / max(step.sum(), 1e-300) + 0.5 * np.diff(paths.time) / np.ptp(paths.time))])
    return np.interp(np.linspace(0, progress[-1], count), progress, paths.time)


def movie(study):
    """One run, moving: on the sphere if there is one, else on the circle."""
    found = list(with_paths(study, (3,), 99)) or list(with_paths(study, (2,), 99))
    if not found:
        return
    paths = found[-1]
    time = frames(paths, 73)
    drawn = ts.sample(paths.x.shape[1], 128)
    x = paths.at(time)
    rotation = view(paths.x) if paths.dimension == 3 else np.eye(3)
    seen = np.concatenate([x, np.zeros(x.shape[:2] + (3 - x.shape[2],))], axis=2) @ rotation.T
    figure, axes = style.new_axes()
    if paths.dimension == 3:
        draw_globe(axes, rotation)
    else:
        turn = np.linspace(0, 2 * np.pi, 181)
        axes.plot(np.cos(turn), np.sin(turn), color=style.GRID, linewidth=1.2, zorder=1)
        axes.set(aspect="equal")
        axes.axis("off")
    tracks = []
    for token in drawn[np.argsort(-paths.cluster[drawn], kind="stable")]:
        color = paths.color(token)
        if paths.dimension == 3:
            axes.plot(*seen[:, token, :2].T, color=color, linewidth=0.7, alpha=0.25, zorder=2)
        axes.plot(*seen[0, token, :2], "o", markersize=3.5, markerfacecolor=style.PAPER, markeredgecolor=color, markeredgewidth=0.8,
                  alpha=0.7 if paths.dimension == 3 else 1, zorder=3)
        tracks.append(style.Track(seen[:, token, :2], np.where(seen[:, token, 2] < 0, 0.4, 1.0), color))
    # A clock: a dot on a line of depth.
    bottom, reach = -1.22, 0.8
    axes.plot([-reach, reach], [bottom, bottom], color=style.GRID, linewidth=2, solid_capstyle="round")
    for side, text, align in ((-reach - 0.06, "t = 0", "right"), (reach + 0.06, f"{time[-1]:.3g}", "left")):
        axes.text(side, bottom, text, ha=align, va="center", fontsize=9.5)
    clock = np.stack([reach * (2 * time / time[-1] - 1), np.full_like(time, bottom)], axis=1)
    tracks.append(style.Track(clock, np.ones_like(time), style.INK))
    axes.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.08))
    where, pale = ("sphere", "; pale: on the back") if paths.dimension == 3 else ("circle", "")
    still = style.plot(figure, f"Tokens in motion{_of(study, paths.member)}",
                       f"Animation of {len(drawn)} tokens that move on a {where} and {paths.fate}.", """
        Tokens on the {} along the depth, slowed down where they move much; the clock is the dot below. Rings: where they
        began{}; {}. {}; {}.""", where, pale, paths.colors, ts.facts(study, paths.member), paths.ends)
    yield style.Movie(still.title, still.caption, still.alt, still.figure, tracks)


def staircase(study):
    """Number of clusters against depth."""
    if not study.has("cluster_count", on=ts.PATH) or study.members == 0 or len(study["time"]) < 3:
        return
    if ts.is_noisy(study):
        return  # noise makes and breaks links all the time
    count, time = study["cluster_count"], study["time"]
    firsts = [group[0] for group in ts.points(study)]
    if len(firsts) > ts.MOST_POINTS or study.setting("start.kind") == "equiangular":
        return
    friction, dynamics = ts.values(study, "model.friction"), ts.values(study, "model.dynamics")
    firsts = [m for m in firsts if dynamics[m] != "lagrangian" or friction[m] > 0]  # else tokens meet and part again
    firsts = [member for member in firsts if np.nanmax(count[member]) > np.nanmin(count[member])]
    if not firsts:
        return
    pick = ts.shown(study, 1000)
    figure, axes = style.new_axes()
    members = ts.some(firsts, 6)
    stopped = np.isnan(count).any(axis=1) | (time[-1] < ts.values(study, "time.end").astype(float) * (1 - 1e-9))
    for member, color in zip(members, style.ramp(len(members))):
        there = pick[np.isfinite(count[member, pick])]
        axes.plot(time[there], count[member, there], drawstyle="steps-post", color=color, label=ts.label(study, member))
        if stopped[member]:
            axes.plot(time[there[-1]], count[member, there[-1]], "o", color=color, markersize=5)
    ts.depth_axis(study, axes)
    axes.set(yscale="log", ylabel="clusters", ylim=(0.9, None))
    axes.yaxis.set_major_locator(style.ticker.LogLocator(subs=(1, 2, 5), numticks=20))
    axes.yaxis.set_major_formatter(style.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(style.ticker.NullLocator())
    if ts.label(study, members[0]):
        ts.legend(axes)
    yield style.plot(figure, "Clusters merge", "Number of clusters against depth: a staircase that descends.", """
        The number of clusters against depth: tokens are linked at an inner product of at least {}. Every step down is a
        merge; long steps are metastable states. {}{}.""", f"{study.setting('output.cluster_cosine', 0.999):g}",
                     "Dots: runs that ended there by their stop rule. " if stopped[members].any() else "",
                     "One member of each point" if study.members > len(firsts) else ts.facts(study, members[0]) if len(members) == 1
                     else ts.many(len(members), "member"))


def lifetimes(study):
    """Depth of the last merge against beta, with an exponential fit."""
    if "beta" not in ts.swept(study) or not study.has("merge_depth", on=("member", "merge")) or ts.is_noisy(study):
        return
    last = study["merge_depth"]
    # Members of fewer tokens have fewer merges.
    tokens = ts.values(study, "model.tokens").astype(int)
    last = np.array([row[n - 2] if n > 1 else np.nan for row, n in zip(last, tokens)])
    beta = ts.values(study, "model.beta")
    if set(ts.swept(study)) != {"beta"} or min(np.sum(beta == b) for b in np.unique(beta)) < 3:
        return
    last[last == 0] = np.nan
    complete = [b for b in np.unique(beta) if np.isfinite(last[beta == b]).all()]
    if len(complete) < 2:
        return
    figure, axes = style.new_axes()
    axes.plot(beta, last, "o", color=style.SERIES[5], markersize=3.5, alpha=0.8, label="members")
    mean = np.array([np.log(last[beta == b]).mean() for b in complete])
    error = np.array([np.log(last[beta == b]).std(ddof=1) / np.sqrt(np.sum(beta == b)) for b in complete])
    style.points(axes, complete, np.exp(mean), error=[np.exp(mean) * (1 - np.exp(-error)), np.exp(mean) * (np.exp(error) - 1)],
                 color=style.INK, marker="D", label="geometric mean")
    fitted = "Too few points without censored members for a fit."
    if len(complete) >= 3 and np.all(error > 0):
        slope, slope_error, offset, chi2 = line(np.array(complete), mean, error)
        fine = np.linspace(complete[0], complete[-1], 50)
        style.theory(axes, fine, np.exp(offset + slope * fine), color=style.SERIES[1], label="fit")
        fitted = Markup("Line: fit of τ ∝ e<sup>cβ</sup> to the means, c = {}, χ² = {} with {} degrees of freedom.").format(
            rounded(slope, slope_error), f"{chi2:.2g}", len(complete) - 2)
    axes.set(yscale="log", xlabel=r"$\beta$", ylabel=r"last merge $\tau$")
    style.legend_above(axes, 3)
    missing = int(np.isnan(last).sum())
    yield style.plot(figure, "Lifetimes of metastable clusters",
                     "Depth of the last merge against beta, on a logarithmic axis, with an exponential fit.", """
        Depth τ at which the last two clusters merge, against β: one point per member, and the geometric mean with its standard
        error. {} {}{} tokens, d = {}, {} members per β.""", fitted,
                     f"{missing} members had not merged at the end; their β are not in the fit. " if missing else "",
                     tokens[0], int(ts.values(study, "model.dim")[0]), int(np.sum(beta == beta[0])))


def line(x, y, error):
    """Weighted least squares: slope with its error, offset, chi^2."""
    weight = error**-2.0
    center = np.sum(weight * x) / np.sum(weight)
    slope = np.sum(weight * (x - center) * y) / np.sum(weight * (x - center) ** 2)
    offset = np.sum(weight * y) / np.sum(weight) - slope * center
    return slope, np.sum(weight * (x - center) ** 2) ** -0.5, offset, np.sum(weight * (y - offset - slope * x) ** 2)
