"""Values as a person reads them: three digits and the unit."""

import math

from patternwatch.contracts.units import Unit

_SI = ("", "k", "M", "G", "T", "P")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SMALL = 1e-4
"""Below it a number without unit is written with an exponent."""
_LENGTHS = ((1e-6, 1e-9, "ns"), (1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms"), (120.0, 1.0, "s"))
"""Lengths of time: below so many seconds, in units of so many, called so."""
_LONG = ((7200.0, 60.0, "min"), (172_800.0, 3600.0, "h"), (math.inf, 86_400.0, "d"))
_IN_SECONDS: dict[Unit, float] = {"seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_PERCENT: dict[Unit, float] = {"ratio": 100.0, "percent": 1.0}
_SUFFIXES: dict[Unit, str] = {
    "/s": "/s",
    "s/s": " s/s",
    "bits": "bit",
    "bits/s": "bit/s",
    "celsius": " °C",
    "volts": " V",
    "amperes": " A",
    "joules": " J",
    "watts": " W",
    "meters": " m",
    "grams": " g",
    "hertz": " Hz",
}
_MIN_TIMES = 2.0
"""A change from so many times the value on is told as a multiple, else as a percentage."""
_MAX_TIMES = 10_000.0
"""Beyond it a multiple says only that there was next to nothing before."""


def value_in_words(value: float, unit: Unit) -> str:
    """A value with its unit.

    >>> value_in_words(12_582_912.0, "bytes"), value_in_words(0.012, "seconds"), value_in_words(0.07, "ratio")
    ('12 MiB', '12 ms', '7 %')
    >>> value_in_words(250.0, "ms"), value_in_words(1234.0, "/s"), value_in_words(7.5, "percent")
    ('250 ms', '1.23k/s', '7.5 %')
    """
    if not math.isfinite(value):
        return "no value"
    if unit in ("bytes", "bytes/s"):
        return _scaled(value, 1024.0, _BINARY, " ") + unit.removeprefix("bytes")
    if unit in _IN_SECONDS:
        return _length(value * _IN_SECONDS[unit])
    if unit in _PERCENT:
        return f"{_digits(value * _PERCENT[unit])} %"
    if unit in ("s/s", "celsius"):
        return _digits(value) + _SUFFIXES[unit]
    return _scaled(value, 1000.0, _SI, "") + _SUFFIXES.get(unit, "")


def change_in_numbers(before: float, after: float) -> str:
    """How much a value changed, `x 9.1`, `+38 %` or `-64 %`; empty where that says nothing.

    A fall is never told as a multiple, and nothing is where the sign changes or there was nothing before.

    >>> change_in_numbers(2.0, 18.2), change_in_numbers(2.0, 1.0), change_in_numbers(1.0, 1.38)
    ('x 9.1', '-50 %', '+38 %')
    >>> change_in_numbers(0.0, 3.0), change_in_numbers(-1.0, -2.0), change_in_numbers(2.0, 2.0)
    ('', '', '')
    """
    if not (math.isfinite(before) and math.isfinite(after)) or before <= 0.0 or after < 0.0:
        return ""
    ratio = after / before
    if ratio >= _MAX_TIMES:
        return ""
    if ratio >= _MIN_TIMES:
        return f"x {ratio:.2g}" if ratio < 10 else f"x {_digits(ratio)}"
    percent = round((ratio - 1.0) * 100.0)
    return f"{percent:+d} %" if percent else ""


def _digits(value: float) -> str:
    """Three significant digits, without an exponent where the number is not tiny."""
    size = abs(value)
    if size >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.1e}" if 0.0 < size < _SMALL else f"{float(f'{value:.3g}'):g}"


def _scaled(value: float, base: float, names: tuple[str, ...], space: str) -> str:
    size, power = abs(value), 0
    # 999.6 is 1k, not 1000: the rounded value decides the prefix.
    while power + 1 < len(names) and max(size, float(f"{size:.3g}")) >= base:
        size, power = size / base, power + 1
    return f"{_digits(math.copysign(size, value) if value else 0.0)}{space}{names[power]}"


def _length(seconds: float) -> str:
    size = abs(seconds)
    if size == 0.0:
        return "0 s"
    for below, of, name in (*_LENGTHS, *_LONG):
        if size < below:
            return f"{_digits(seconds / of)} {name}"
    return f"{_digits(seconds)} s"
