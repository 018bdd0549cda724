"""Units by the names of metrics, and values as a person reads them."""

import math

import pytest

from patternwatch.analysis.metrics.units import unit_of
from patternwatch.analysis.metrics.values_in_words import change_in_numbers, value_in_words
from patternwatch.contracts.units import Unit


@pytest.mark.parametrize(
    ("name", "derivation", "unit"),
    [
        ("process_resident_memory_bytes", "", "bytes"),
        ("node_memory_MemFree_bytes", "", "bytes"),
        ("go_memstats_alloc_bytes_total", "rate", "bytes/s"),
        ("http_response_size_bytes_sum", "rate", "bytes/s"),
        ("go_memstats_bytes_in_use", "", "bytes"),
        ("container_memory_rss", "", "bytes"),
        ("container_memory_failcnt", "rate", "/s"),
        ("http_request_duration_seconds", "p99", "seconds"),
        ("http_request_duration_seconds", "count_rate", "/s"),
        ("process_cpu_seconds_total", "rate", "s/s"),
        ("node_disk_io_time_seconds_total", "rate", "s/s"),
        ("gc_pause_time_seconds", "", "seconds"),
        ("process_start_time_seconds", "", ""),
        ("backup_last_success_timestamp_seconds", "", ""),
        ("backup_last_success_timestamp_seconds", "age", "seconds"),
        ("kube_pod_created_seconds", "", ""),
        ("request_latency_ms", "", "ms"),
        ("request_latency_milliseconds_total", "rate", ""),
        ("wait_us", "", "us"),
        ("redis_keyspace_hits_ratio", "", "ratio"),
        ("container_memory_usage_percent", "", "percent"),
        ("node_hwmon_temp_celsius", "", "celsius"),
        ("node_rapl_package_joules_total", "rate", "watts"),
        ("http_requests_total", "rate", "/s"),
        ("http_requests_total", "", ""),
        ("kubelet_running_pods", "", ""),
        ("items", "", ""),
        ("alarms", "", ""),  # no milliseconds
        ("http.server.request.duration", "p99", ""),
        ("jvm.memory.used_bytes", "", "bytes"),
    ],
)
def test_units(name: str, derivation: str, unit: Unit) -> None:
    assert unit_of(name, derivation) == unit


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0, "bytes", "0 B"),
        (1023.0, "bytes", "1,023 B"),
        (1024.0, "bytes", "1 KiB"),
        (-1536.0, "bytes", "-1.5 KiB"),
        (3 * 1024.0**3, "bytes/s", "3 GiB/s"),
        (999.6, "", "1k"),
        (1e15, "/s", "1P/s"),
        (5e18, "", "5,000P"),
        (0.00001, "", "1.0e-05"),
        (0.25, "ratio", "25 %"),
        (12.5, "percent", "12.5 %"),
        (0.0, "seconds", "0 s"),
        (2.5e-8, "seconds", "25 ns"),
        (2.5e-5, "seconds", "25 µs"),
        (0.25, "seconds", "250 ms"),
        (119.0, "seconds", "119 s"),
        (150.0, "seconds", "2.5 min"),
        (9000.0, "seconds", "2.5 h"),
        (864_000.0, "seconds", "10 d"),
        (1500.0, "ms", "1.5 s"),
        (3.0, "us", "3 µs"),
        (0.5, "s/s", "0.5 s/s"),
        (2000.0, "bits/s", "2kbit/s"),
        (51.3, "celsius", "51.3 °C"),
        (math.nan, "bytes", "no value"),
    ],
)
def test_values(value: float, unit: Unit, words: str) -> None:
    assert value_in_words(value, unit) == words


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (1.0, 2.0, "x 2"),
        (1.0, 1.99, "+99 %"),
        (1.0, 9.94, "x 9.9"),
        (1.0, 120.4, "x 120"),
        (1.0, 9999.0, "x 9,999"),
        (1.0, 10_000.0, ""),
        (2.0, 1.0, "-50 %"),
        (200.0, 0.0, "-100 %"),
        (1.0, 1.001, ""),
        (0.0, 5.0, ""),
        (-2.0, 4.0, ""),
        (4.0, -2.0, ""),
        (math.nan, 1.0, ""),
    ],
)
def test_a_fall_is_never_told_as_a_multiple(before: float, after: float, words: str) -> None:
    assert change_in_numbers(before, after) == words
