"""Names and values as PromQL writes them."""

import pytest

from patternwatch.contracts.promql_names import (
    both_forms,
    exact_selector,
    is_plain_label,
    is_plain_metric,
    label_name,
    quoted,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [("a", '"a"'), ('a"b', r'"a\"b"'), (r"a\b", r'"a\\b"'), ("a\nb", r'"a\nb"'), (r"a\"", r'"a\\\""')],
)
def test_a_value_is_quoted(value: str, written: str) -> None:
    assert quoted(value) == written


@pytest.mark.parametrize(
    ("name", "label", "metric"),
    [
        ("job", True, True),
        ("_Az9", True, True),
        ("job:up:sum", False, True),
        ("9lives", False, False),
        ("service.name", False, False),
        ("", False, False),
        ("ä", False, False),
    ],
)
def test_names_of_letters_digits_and_underscores_are_plain_and_metrics_may_have_colons(
    name: str, label: bool, metric: bool
) -> None:
    assert (is_plain_label(name), is_plain_metric(name)) == (label, metric)
    assert label_name(name) == (name if label else f'"{name}"')


@pytest.mark.parametrize(
    ("labels", "suffix", "written"),
    [
        ({"__name__": "up"}, "", "up"),
        ({"__name__": "wait", "job": "a", "env": "b"}, "_sum", 'wait_sum{env="b",job="a"}'),
        ({"__name__": "jvm.memory", "pod.name": 'a"b'}, "_sum", r'{"jvm.memory_sum","pod.name"="a\"b"}'),
        ({"__name__": "jvm.memory"}, "", '{"jvm.memory"}'),
        ({"job": "a"}, "", '{job="a"}'),
        ({}, "", ""),
    ],
)
def test_a_selector_of_just_one_series(labels: dict[str, str], suffix: str, written: str) -> None:
    assert exact_selector(labels, suffix) == written
    assert suffix or exact_selector(labels) == written


def test_an_attribute_of_opentelemetry_is_a_label_in_two_forms() -> None:
    assert both_forms("http.response.status_code") == (
        "http.response.status_code",
        "http_response_status_code",
    )
