"""Numbers and formulas as a physicist prints them, in HTML."""
import math
import re

from markupsafe import Markup, escape

MINUS = "\N{MINUS SIGN}"


MOST_DIGITS = 6


def rounded(value, uncertainty=math.nan, digits=4, most=MOST_DIGITS):
    """Value ± uncertainty as HTML: two digits of the uncertainty; without one, so many digits of the value.

    A value known to more than `most` digits is printed with four: nobody reads the others, nor their uncertainty.
    """
    value, uncertainty = float(value), abs(float(uncertainty))
    if math.isnan(value):
        return Markup("–")
    if math.isinf(value):
        return Markup("∞" if value > 0 else f"{MINUS}∞")
    if not math.isfinite(uncertainty) or uncertainty == 0:
        return _single(value, digits)
    exponent = _shown_exponent(max(abs(value), uncertainty))
    scale = 10.0**exponent
    places = max(0, 1 - _exponent(uncertainty / scale, digits=2))
    if value and _exponent(value, digits) - _exponent(uncertainty, digits=2) + 2 > most:
        return _single(value, digits)
    text = f"{_fixed(value / scale, places)} ± {_fixed(uncertainty / scale, places)}"
    return Markup(f"({text}){_power(exponent)}" if exponent else text)


def _single(value, digits):
    if value == int(value) and abs(value) < 1e6:
        return Markup(_fixed(value, 0))
    exponent = _shown_exponent(abs(value))
    mantissa = value / 10.0**exponent
    places = max(0, digits - 1 - _exponent(mantissa, digits))
    text = _fixed(mantissa, places)
    return Markup((text.rstrip("0").rstrip(".") if "." in text else text) + _power(exponent))


def _exponent(value, digits):
    """The power of ten of the leading digit, after rounding to that many digits."""
    return int(f"{abs(value):.{digits - 1}e}".partition("e")[2]) if value else 0


def _shown_exponent(size):
    exponent = _exponent(size, digits=4)
    return 0 if -3 <= exponent < 5 else exponent


def _fixed(value, places):
    text = f"{value:.{places}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def _power(exponent):
    return f" × {_raised(exponent)}" if exponent else ""


_GREEK = {"omega": "ω", "sigma": "σ", "kappa": "κ", "gamma": "γ", "rho": "ρ", "alpha": "α", "beta": "β"}
_REPLACEMENTS = (
    # 2e-12
    (re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)\b"), lambda m: f"{m[1]} × {_raised(int(m[2]))}"),
    # omega, kappa-softmax, but not kappa_fdt or context-kappa, names
    (re.compile(r"(?<![\w-])(" + "|".join(_GREEK) + r")\b(?!_[a-z])"), lambda m: _GREEK[m[1]]),
    # T_c, C*_n, I_{d/2}
    (re.compile(r"(?<!\w)([A-Za-zΑ-Ωα-ω]\*?)_(?:\{([^{}]*)\}|(\w+))"), lambda m: f"{m[1]}<sub>{m[2] or m[3]}</sub>"),
    # ln^2 n, p^exp(-t), e^(-t), e^{-t}
    (re.compile(r"\^(?:\{([^{}]*)\}|(\w+\([^()]*\))|\(([^()]*)\)|([-−]?[\w.]+))"),
     lambda m: f"<sup>{m[1] or m[2] or m[3] or m[4]}</sup>"),
    (re.compile("&lt;="), "≤"), (re.compile("&gt;="), "≥"), (re.compile(r"\+-|\+/-"), "±"), (re.compile(r"\bsqrt\((\w)\)"), r"√\1"),
    (re.compile(r"\bsqrt(?=\()"), "√"), (re.compile(r"\bsum p\b"), "Σp"), (re.compile(r"\bd(?=F\b)"), "Δ"),
    # a - b, -F, n-1, but not per-row or --out
    (re.compile(r"(?<=[ (/^>=|[])-(?=[ A-Za-z0-9(])|(?<=\b[A-Za-z])-(?=\d)"), MINUS),
)


def typeset(text):
    """Plain text with T_c, n^2 and 1e-12 in it as HTML."""
    html = str(escape(text))
    for pattern, replacement in _REPLACEMENTS:
        html = pattern.sub(replacement, html)
    return Markup(re.sub(r"(?<![\d.])1 × 10<sup>", "10<sup>", html))


def _raised(exponent):
    return f"10<sup>{str(exponent).replace('-', MINUS)}</sup>"
