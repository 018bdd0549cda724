"""Units of measured values."""

from typing import Literal, TypeAlias

Unit: TypeAlias = Literal[
    "",
    "bytes",
    "bytes/s",
    "bits",
    "bits/s",
    "seconds",
    "s/s",
    "ms",
    "us",
    "ns",
    "ratio",
    "percent",
    "/s",
    "celsius",
    "volts",
    "amperes",
    "joules",
    "watts",
    "meters",
    "grams",
    "hertz",
]
"""The unit of a series' values, empty where its name tells none.

`s/s` is a rate of seconds, such as processor time: how many processors are busy. `/s` is a rate of events."""
