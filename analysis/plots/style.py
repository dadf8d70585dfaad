"""How figures look: one style, and SVG that takes its colors from the page, so that dark mode and print just work."""
import io
import re
from dataclasses import dataclass

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib import ticker
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Bbox

INK, GRID, PAPER = "#1b2026", "#e3e3df", "#fffffe"
# For kinds: Okabe and Ito's colors, told apart by the color-blind.
SERIES = ["#0072b2", "#d55e00", "#009e73", "#b5568f", "#c78a00", "#4a9fd0"]
# For an ordered quantity, from small to large.
RAMP = ["#e0a13a", "#dc7440", "#c74a5c", "#9c3a7c", "#653a8a", "#2d3378"]
MARKERS = "osD^vP"
# In the page a color is a variable of the style sheet, which only dark mode sets.
PAGE_COLORS = {INK: "currentColor", GRID: f"var(--grid,{GRID})", PAPER: f"var(--card,{PAPER})",
               **{color: f"var(--series-{i},{color})" for i, color in enumerate(SERIES)},
               **{color: f"var(--ramp-{i},{color})" for i, color in enumerate(RAMP)}}

matplotlib.rcdefaults()  # whatever the reader's own matplotlibrc says
matplotlib.rcParams.update({
    "figure.figsize": (4.4, 3.3), "figure.dpi": 100,
    "font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans", "font.size": 11, "axes.labelsize": 11.5,
    "xtick.labelsize": 10, "ytick.labelsize": 10, "legend.fontsize": 9.5, "legend.frameon": False,
    "legend.handlelength": 1.6, "legend.labelspacing": 0.35, "legend.borderaxespad": 0.3,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8,
    "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.7, "axes.axisbelow": True,
    "lines.linewidth": 1.6, "lines.markersize": 5, "errorbar.capsize": 0,
    "svg.fonttype": "path", "svg.hashsalt": "softmech", "pdf.fonttype": 42,
})


@dataclass
class Plot:
    """A figure of the report, with what to see in it (HTML), and in words for those who cannot see it."""
    title: str
    caption: Markup
    alt: str
    figure: Figure

    endings = (".png", ".pdf")  # of the files it is saved to
    moves = wide = False

    def html(self, prefix):
        """What the page shows of it."""
        return self.svg(prefix)

    def svg(self, prefix):
        """Inline SVG in the page's colors, without a size of its own; ids start with the prefix."""
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        self.figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
        text = buffer.getvalue()
        box = re.search(r'viewBox="([^"]*)"', text)[1]
        text = re.sub(r"^.*?<svg.*?>|<metadata>.*?</metadata>|<style .*?</style>|<!--.*?-->", "", text, flags=re.S)
        text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text.replace("xlink:href", "href"))
        text = re.sub("|".join(PAGE_COLORS), lambda color: PAGE_COLORS[color[0]], text)
        text = re.sub(r"\s*\n\s*", "\n", text)
        return Markup('<svg role="img" aria-label="{}" viewBox="{}">').format(self.alt, box) + Markup(text)

    def save(self, path):
        """The same figure as a file of its own, in one of its endings."""
        self.figure.savefig(path, dpi=200, facecolor="white", metadata={"CreationDate": None} if path.suffix == ".pdf" else {})


@dataclass
class Track:
    """A dot that moves: where it is in the coordinates of the axes, (frame, 2), and how visible, (frame)."""
    position: np.ndarray
    opacity: np.ndarray
    color: str
    radius: float = 3.2


@dataclass
class Movie(Plot):
    """A figure on which dots move, as CSS animations that the page or the reader's settings can stop.

    The figure alone is the picture for print and for those who want no motion; the dots rest at their last place.
    """
    tracks: list
    seconds: float = 9.0

    endings = (".png", ".pdf", ".svg")
    moves = True
    MOTION = ".moving circle{animation-duration:%gs;animation-iteration-count:infinite;animation-timing-function:linear}"
    REST = "@media print,(prefers-reduced-motion:reduce){.moving circle{animation:none!important}}"

    def svg(self, prefix):
        still = str(super().svg(prefix))
        return Markup(still.replace("</svg>", self._dots(prefix) + "</svg>"))

    def save(self, path):
        if path.suffix != ".svg":
            at_rest = [self.figure.axes[0].plot(*track.position[-1], "o", color=track.color, alpha=track.opacity[-1],
                                                markersize=2 * track.radius, zorder=5)[0] for track in self.tracks]
            super().save(path)
            for dot in at_rest:
                dot.remove()
            return
        picture = str(super().svg("still"))
        for color, variable in PAGE_COLORS.items():
            picture = picture.replace(variable, color)
        picture = picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" style="background:white" ', 1)
        path.write_text(picture.replace("</svg>", self._dots("dot", page=False) + "</svg>"), encoding="utf-8")

    def _dots(self, prefix, page=True):
        """A style sheet with the keyframes, and the dots. The last eighth of the time they rest."""
        rules, dots = [self.MOTION % self.seconds, self.REST], []
        for number, track in enumerate(self.tracks):
            x, y = self._in_svg(track.position)
            when = np.linspace(0, 87.5, len(x))
            place = [f"transform:translate({a:.1f}px,{b:.1f}px);opacity:{c:.2g}" for a, b, c in zip(x, y, track.opacity)]
            frames = "".join(f"{t:.3g}%{{{at}}}" for t, at in zip(when, place))
            rules.append(f"@keyframes {prefix}-{number}{{{frames}100%{{{place[-1]}}}}}")
            color = PAGE_COLORS[track.color] if page and track.color in PAGE_COLORS else track.color
            dots.append(f'<circle r="{track.radius:g}" style="fill:{color};animation-name:{prefix}-{number};{place[-1]}"></circle>')
        return f'<style>{"".join(rules)}</style>\n<g class="moving">{"".join(dots)}</g>\n'

    def _in_svg(self, position):
        """Coordinates of the axes as those of the picture: points from its upper left corner."""
        self.figure.axes[0].apply_aspect()
        scale = 72 / self.figure.dpi
        x, y = self.figure.axes[0].transData.transform(position).T * scale
        return x, self.figure.get_figheight() * 72 - y


@dataclass
class Table:
    """Numbers that are better read than drawn. The first entry of a row is its name."""
    title: str
    caption: Markup
    alt: str
    columns: list
    rows: list

    endings = ()
    moves, wide = False, True

    def html(self, prefix):
        head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in self.columns)
        rows = Markup("\n").join(Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            name, Markup("").join(Markup("<td>{}</td>").format(value) for value in values)) for name, *values in self.rows)
        return Markup('<div class="wide"><table class="numbers"><caption class="unseen">{}</caption>\n<thead><tr>{}</tr></thead>\n'
                      '<tbody>{}</tbody></table></div>').format(self.alt, head, rows)


def new_axes(**keywords):
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot(**keywords)


def new_grid(rows, columns, size=None, **keywords):
    """A figure of several axes, and these as an array; size in inches."""
    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **keywords)


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent):
    """10⁻³: text that needs no mathtext, which is slow to parse."""
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def log_ticks(axis, low, high):
    """Labels 10⁻³ … at powers of ten; 1, 2, 5, 10 … where the range is short."""
    if high / low < 100:
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axis.set_major_locator(ticker.LogLocator(numticks=7))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: power_of_ten(round(np.log10(value)))))
    axis.set_minor_formatter(ticker.NullFormatter())


def plain(text, most=40):
    """Somebody's words as a label: no mathematics in them, and no longer than the axis."""
    text = " ".join(str(text).split())
    return (text if len(text) <= most else text[:most - 1] + "…").replace("$", r"\$")


def ramp(count):
    """Colors for `count` curves ordered by a quantity, as far apart as the ramp allows."""
    return [RAMP[round(i)] for i in np.linspace(0, len(RAMP) - 1, count)] if count > 1 else [RAMP[3]]


def spread_over(values, most=5):
    """At most `most` of the sorted values, evenly chosen, the ends among them."""
    values = sorted(values)
    if len(values) <= most:
        return values
    return [values[round(i)] for i in np.linspace(0, len(values) - 1, most)]


def by_size(sizes, most=12):
    """At most so many of the sizes, each with its color and marker."""
    shown = spread_over(np.unique(sizes), most)
    return [(size, color, MARKERS[i % len(MARKERS)]) for i, (size, color) in enumerate(zip(shown, ramp(len(shown))))]


def legend_above(axes, columns, title=None):
    """The legend over the frame, where it hides nothing."""
    axes.legend(ncol=columns, loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1.3, columnspacing=1.2, title=title,
                title_fontsize=9.5)


def points(axes, x, y, error=None, color=SERIES[0], marker="o", label=None, **keywords):
    """Measurements: points, with error bars where there are any."""
    if error is not None and not np.any(np.isfinite(error)):
        error = None
    if error is not None:
        error = np.nan_to_num(error)
    axes.errorbar(x, y, yerr=error, fmt=marker, color=color, label=label, elinewidth=1.1, markeredgecolor=PAPER,
                  markeredgewidth=0.6, zorder=3, **keywords)


def theory(axes, x, y, color=INK, label=None, style="-", **keywords):
    """A law: a line."""
    axes.plot(x, y, style, color=color, label=label, linewidth=1.5, zorder=2, **keywords)


def cells(axes, x_borders, y_borders, values, levels, colors):
    """A map of values (x, y) in the colors of a few levels; each is one path, so that the picture stays small. For colorbar()."""
    bands = BoundaryNorm(levels, len(levels) - 1)
    shades = matplotlib.colormaps[colors].resampled(len(levels) - 1)
    place, x, y = bands(values), np.asarray(x_borders), np.asarray(y_borders)
    for level in np.unique(place):
        corners = []
        for i, column in enumerate(place == level):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(int), [0]])))
            left, right = x_borders[i], x_borders[i + 1]
            corners += [[(left, low), (right, low), (right, high), (left, high), (left, low)]
                        for low, high in zip(y[edges[::2]], y[edges[1::2]])]
        codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(corners))
        color = shades(int(level))
        axes.add_patch(PathPatch(Path(np.concatenate(corners), codes), facecolor=color, edgecolor=color, linewidth=0.4, zorder=0.5))
    return ScalarMappable(bands, shades)


def fit(figure, margin=0.02):
    """Lets the axes and all that belongs to them fill the figure, at a fifth of the cost of Matplotlib's own layouts."""
    renderer = figure.canvas.get_renderer()
    for _ in range(2):  # axes of another size may have other ticks, with longer labels
        whole = Bbox.union([axes.get_tightbbox(renderer) for axes in figure.axes]).transformed(figure.transFigure.inverted())
        frame = Bbox.union([axes.get_position() for axes in figure.axes])
        figure.subplots_adjust(left=frame.x0 - whole.x0 + margin, bottom=frame.y0 - whole.y0 + margin,
                               right=1 - (whole.x1 - frame.x1) - margin, top=1 - (whole.y1 - frame.y1) - margin)


def _shrink_labels(figure, least=6):
    """Labels longer than their axis get smaller letters."""
    renderer = figure.canvas.get_renderer()
    for axes in figure.axes:
        frame = axes.get_window_extent(renderer)
        for label, room in ((axes.xaxis.label, frame.width), (axes.yaxis.label, frame.height)):
            extent = label.get_window_extent(renderer)
            length = extent.width if label is axes.xaxis.label else extent.height
            if length > room:
                label.set_fontsize(max(least, label.get_fontsize() * room / length))


def plot(figure, title, alt, caption, *values):
    """Finishes a figure. The caption is HTML with {} where the values go, which are escaped unless they are HTML."""
    for axes in figure.axes:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            if axis.get_scale() == "log" and isinstance(axis.get_major_formatter(), ticker.LogFormatter):
                log_ticks(axis, low, high)
    fit(figure)
    _shrink_labels(figure)
    return Plot(title, Markup(caption).format(*values), alt, figure)


def in_powers(values):
    """The power of ten in which to print values, and the label that says so."""
    largest = np.nanmax(np.abs(values))
    exponent = int(np.floor(np.log10(largest))) if largest > 0 else 0
    return (10.0**exponent, f"   [{power_of_ten(exponent)}]") if not -2 <= exponent <= 3 else (1.0, "")
