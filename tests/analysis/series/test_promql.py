import pytest

from patternwatch.analysis.series.promql import display_name, expression

LABELS = {"__name__": "m", "b": 'say "hi"\\', "a": "1"}
OWN = r'{a="1",b="say \"hi\"\\"}'


@pytest.mark.parametrize(
    ("derivation", "name", "query"),
    [
        ("", "m", f"m{OWN}"),
        ("rate", "rate(m)", f"rate(m{OWN}[120s])"),
        ("count_rate", "rate(m_count)", f"rate(m_count{OWN}[120s])"),
        ("mean", "mean(m)", f"rate(m_sum{OWN}[120s]) / rate(m_count{OWN}[120s])"),
        ("p50", "p50(m)", f"histogram_quantile(0.5, rate(m_bucket{OWN}[120s]))"),
        ("p99", "p99(m)", f"histogram_quantile(0.99, rate(m_bucket{OWN}[120s]))"),
        ("age", "age(m)", f"time() - m{OWN}"),
        ("age_ms", "age(m)", f"time() - m{OWN} / 1000"),
        ("age_us", "age(m)", f"time() - m{OWN} / 1e+06"),
        ("age_ns", "age(m)", f"time() - m{OWN} / 1e+09"),
        ("age_state", "time_in_state(m)", f"m{OWN}"),
    ],
)
def test_names_and_queries_follow_the_derivation(derivation: str, name: str, query: str) -> None:
    assert display_name(LABELS, derivation) == name
    assert expression(LABELS, derivation, 30_000) == query


@pytest.mark.parametrize(
    ("step_ms", "seconds"), [(1000, 10), (2499, 10), (2750, 11), (30_000, 120), (60_000, 240)]
)
def test_a_range_spans_four_steps_and_at_least_ten_seconds(step_ms: int, seconds: int) -> None:
    assert expression({"__name__": "m"}, "rate", step_ms) == f"rate(m[{seconds}s])"


def test_values_are_quoted_as_prometheus_reads_them() -> None:
    assert expression({"__name__": "m", "a": 'x\n"y"\\'}, "", 1000) == r'm{a="x\n\"y\"\\"}'


def test_a_series_without_a_name() -> None:
    assert display_name({"job": "a"}, "") == ""
    assert display_name({"job": "a"}, "rate") == "rate()"
    assert expression({"job": "a"}, "", 1000) == '{job="a"}'


def test_a_bare_name_needs_no_braces() -> None:
    assert expression({"__name__": "up"}, "", 30_000) == "up"


DOTTED = {"__name__": "http.server.request.duration", "service.name": "cart", "job": "a"}
DOTTED_OWN = 'job="a","service.name"="cart"}'


@pytest.mark.parametrize(
    ("derivation", "query"),
    [
        ("", '{"http.server.request.duration",' + DOTTED_OWN),
        ("rate", 'rate({"http.server.request.duration",' + DOTTED_OWN + "[120s])"),
        ("count_rate", 'rate({"http.server.request.duration_count",' + DOTTED_OWN + "[120s])"),
        (
            "p99",
            'histogram_quantile(0.99, rate({"http.server.request.duration_bucket",' + DOTTED_OWN + "[120s]))",
        ),
    ],
)
def test_names_that_are_not_plain_are_quoted_inside_the_braces(derivation: str, query: str) -> None:
    assert expression(DOTTED, derivation, 30_000) == query


def test_a_plain_metric_with_a_dotted_label_keeps_its_place() -> None:
    assert expression({"__name__": "up", "host.name": "a"}, "", 30_000) == 'up{"host.name"="a"}'
    assert expression({"__name__": "jvm.memory.used"}, "", 30_000) == '{"jvm.memory.used"}'
