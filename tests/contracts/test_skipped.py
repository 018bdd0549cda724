"""Numbers of series that are not judged add up, in the same order in whatever order they come."""

import pytest

from patternwatch.contracts.skipped import MAX_METRICS, Skipped, merged, shortened, skipped_for, totals

PARTS: tuple[Skipped, ...] = (
    {"info": {"os_info": 1}, "constant": {"up": 2, "": 10}},
    {"constant": {"build": 1, "up": 1}},
    {},
)


def written(skipped: Skipped) -> list[tuple[str, list[tuple[str, int]]]]:
    """With the order, which dicts do not compare."""
    return [(reason, list(metrics.items())) for reason, metrics in skipped.items()]


def test_series_of_one_reason_are_counted_by_metric() -> None:
    assert written(skipped_for("constant", iter(["up", "build", "up"]))) == [
        ("constant", [("build", 1), ("up", 2)])
    ]
    assert skipped_for("constant", []) == {}


@pytest.mark.parametrize("parts", [PARTS, PARTS[::-1]], ids=["one way", "the other"])
def test_parts_add_up_in_any_order(parts: tuple[Skipped, ...]) -> None:
    assert written(merged(*parts)) == [
        ("constant", [("", 10), ("build", 1), ("up", 3)]),
        ("info", [("os_info", 1)]),
    ]


def test_what_is_taken_away_again_is_not_named() -> None:
    assert merged({"constant": {"up": 2}, "info": {"a": 1}}, {"constant": {"up": -2}}) == {"info": {"a": 1}}
    assert merged() == {}


def test_totals_are_by_reason() -> None:
    assert list(totals(PARTS[0]).items()) == [("constant", 12), ("info", 1)]


def test_of_many_metrics_those_with_the_most_series_are_named_and_the_rest_is_a_number() -> None:
    counts = {"a": 1, "b": 5, "c": 1, "d": 5, "": 3}
    assert written(shortened({"constant": counts}, 3)) == [
        ("constant", [("b", 5), ("d", 5), ("a", 1), ("", 4)])
    ]
    assert written(shortened({"constant": {"b": 1, "a": 2}}, 2)) == [("constant", [("a", 2), ("b", 1)])]
    many = {f"m{i:02}": 1 for i in range(MAX_METRICS + 2)}
    named = shortened({"constant": many})["constant"]
    assert (len(named), named[""], totals({"constant": named})) == (41, 2, {"constant": 42})
