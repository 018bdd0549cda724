"""Where a selection is cut: nothing lost, nothing twice, and what belongs together stays together."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patternwatch.contracts.matchers import format_selector, parse_selector
from patternwatch.cortex.label_partition import (
    MAX_PARTITION_CHARS,
    best_partition,
    by_label,
    by_name,
    labels_to_try,
    packed,
)

values = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.dictionaries(values, st.integers(0, 50), min_size=1))
def test_halves_share_out_every_value_evenly(counts: dict[str, int]) -> None:
    partition = by_label("l", counts)
    halves = partition.halves()
    if halves is None:
        assert len(partition.groups) <= 1
        return
    for value, series in counts.items():
        held = [half.matcher.matches({"l": value}) for half in halves]
        assert held.count(True) == (series > 0)
    assert abs(halves[0].series - halves[1].series) <= partition.groups[0][1]


@given(st.dictionaries(values, st.integers(1, 9), min_size=1))
def test_matchers_of_any_values_reach_the_server_as_they_are(counts: dict[str, int]) -> None:
    assume(all(counts))  # a selector must not match the empty value alone
    matcher = by_label("l", counts).matcher
    assert parse_selector(format_selector((matcher,))) == (matcher,)


def test_parts_of_a_histogram_are_one_group() -> None:
    partition = by_name({"w_bucket": 9, "w_sum": 1, "w_count": 1, "lone_count": 2, "none": 0})
    assert partition.groups == ((("w_bucket", "w_count", "w_sum"), 11), (("lone_count",), 2))


def label_of(counts: dict[str, dict[str, int]], max_series: int) -> str | None:
    partition = best_partition(counts, max_series)
    return partition.label if partition else None


def test_the_label_with_the_evenest_values_is_cut_by() -> None:
    counts = {
        "le": {"1": 50, "2": 50},
        "job": {"a": 100},
        "zone": {"x": 90, "y": 10},
        "instance": {f"i{n}": 10 for n in range(10)},
        "path": {f"/{n}": 1 for n in range(100)},
    }
    assert label_of(counts, 20) == "instance", "few values that fit are better than many"
    assert label_of(counts, 5) == "path"
    assert label_of({"le": counts["le"], "job": counts["job"]}, 5) is None


def test_a_label_whose_values_are_too_long_together_is_not_cut_by() -> None:
    long = {f"{n}{'x' * 1000}": 1 for n in range(MAX_PARTITION_CHARS // 1000 + 1)}
    assert label_of({"trace": long, "zone": {"a": 150, "b": 51}}, 5) == "zone"


def test_counters_are_cut_by_their_target_only_where_it_matters() -> None:
    there = {"__name__", "le", "code", "instance", "job", "pod"}
    assert labels_to_try(["r_total"], there, splits_targets=False, max_series=8) == ["instance", "job"]
    assert labels_to_try(["depth"], there, splits_targets=False, max_series=8) == [
        "instance",
        "job",
        "pod",
        "code",
    ]
    assert labels_to_try(["r_total"], there, splits_targets=True, max_series=3) == ["instance", "job", "pod"]


@pytest.mark.parametrize("max_series", [1, 7, 100])
def test_packed_parts_hold_every_group_once(max_series: int) -> None:
    groups = by_label("l", {f"v{n}": n % 11 + 1 for n in range(60)}).groups
    bins = packed(groups, max_series, 100)
    assert Counter(v for held, _ in bins for v in held) == Counter(v for held, _ in groups for v in held)
    assert all(series <= max_series or len(held) == 1 for held, series in bins)
