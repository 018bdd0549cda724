"""The unit of a series, by its metric's name and by what was derived from it.

Sources: https://prometheus.io/docs/practices/naming/ (base units as a suffix in the plural),
https://github.com/prometheus/OpenMetrics (`_total`, `_sum` and the like follow the unit),
https://opentelemetry.io/docs/specs/semconv/general/metrics/ (names with dots and without unit).
"""

import re
from functools import lru_cache

from patternwatch.contracts.series import AGES
from patternwatch.contracts.units import Unit

_AFTER_UNIT = re.compile(r"_(total|sum|count|bucket|created|max|min|avg|mean|current|limit|quota)$")
"""What follows the unit in a name: OpenMetrics' suffixes, and words that exporters add to gauges."""
_COUNTED = re.compile(r"_(count|bucket)$")
"""How many there were, whatever the unit of one is."""
_TIMES = re.compile(
    r"(^|_)(timestamp|time|created|boot_time|start_time|expiry|not_after|not_before)_seconds$"
)
"""A moment in Unix seconds is no length of time (`process_start_time_seconds`)."""
_LENGTHS = re.compile(
    r"(response|request|processing|wait|cpu|gc|pause|busy|io|read|write|idle)_time_seconds$"
)
"""But these times are lengths (`node_disk_io_time_seconds_total`)."""
_UNITS: tuple[tuple[str, Unit, Unit], ...] = (
    # words that end the name, the unit of a gauge, of a rate
    ("bytes", "bytes", "bytes/s"),
    ("bits", "bits", "bits/s"),
    ("seconds", "seconds", "s/s"),
    ("milliseconds|millis|msec|ms", "ms", ""),  # a rate of them mixes two units: none is told
    ("microseconds|micros|usec|us", "us", ""),
    ("nanoseconds|nanos|nsec|ns", "ns", ""),
    ("ratio", "ratio", ""),
    ("percent|percentage|pct", "percent", ""),
    ("celsius", "celsius", ""),
    ("volts", "volts", ""),
    ("amperes|amps", "amperes", ""),
    ("joules", "joules", "watts"),
    ("watts", "watts", ""),
    ("meters", "meters", ""),
    ("grams", "grams", ""),
    ("hertz", "hertz", ""),
)
_COMPILED = tuple((re.compile(rf"(^|[_.])({words})$"), gauge, rate) for words, gauge, rate in _UNITS)
_UNNAMED_BYTES = re.compile(r"^container_memory_(rss|cache|swap|mapped_file|kernel_usage)$")
"""cAdvisor tells these in bytes and does not say so (google/cadvisor, docs/storage/prometheus.md)."""
_IN_THE_MIDDLE = re.compile(r"_bytes_")
"""Bytes are told before other words too (`node_memory_MemFree_bytes_avg5m`, `go_memstats_bytes_in_use`)."""


@lru_cache(maxsize=50_000)
def unit_of(name: str, derivation: str) -> Unit:
    """The unit of a series' values.

    name        of the metric, as the source has it
    derivation  what was made of it, as in `SeriesBatch.derivation`

    >>> unit_of("process_resident_memory_bytes", ""), unit_of("network_receive_bytes_total", "rate")
    ('bytes', 'bytes/s')
    >>> unit_of("http_duration_seconds", "p99"), unit_of("http_duration_seconds", "count_rate")
    ('seconds', '/s')
    >>> unit_of("process_start_time_seconds", ""), unit_of("backup_timestamp_seconds", "age_ms")
    ('', 'seconds')
    >>> unit_of("http_duration_seconds_count", "rate")  # without a type it is told by its name alone
    '/s'
    """
    rated = derivation == "rate"
    if derivation == "count_rate" or (rated and _COUNTED.search(name)):
        return "/s"
    if derivation in AGES:
        return "seconds"
    bare = _AFTER_UNIT.sub("", name.lower())
    if _TIMES.search(bare) and not _LENGTHS.search(bare) and not rated:
        return ""
    for ends, gauge, rate in _COMPILED:
        if ends.search(bare):
            return rate if rated else gauge
    if _IN_THE_MIDDLE.search(bare) or _UNNAMED_BYTES.search(bare):
        return "bytes/s" if rated else "bytes"
    return "/s" if rated else ""
