from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.analysis.planning.shards import MAX_MATCHER_CHARS, OVER_CAP, oversized_metrics, plan_shards
from patternwatch.contracts.errors import SelectorError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.label_partition import by_label
from tests.analysis.incidents import made_up, request_of

REQUEST = request_of(made_up(services=1))
names = st.from_regex(r"[a-z][a-z0-9_:.]{0,30}", fullmatch=True)
counts_of_names = st.dictionaries(names, st.integers(0, 3000), min_size=1).filter(lambda c: any(c.values()))


def held(shard: Shard, counts: Mapping[str, int]) -> set[str]:
    extra = shard.matchers[len(REQUEST.matchers) :]
    return {n for n, count in counts.items() if count and all(m.matches({"__name__": n}) for m in extra)}


@given(counts_of_names)
def test_every_name_is_in_exactly_one_shard(counts: dict[str, int]) -> None:
    shards = plan_shards(REQUEST, counts, AnalysisSettings())
    seen = [name for shard in shards for name in held(shard, counts)]
    assert sorted(seen) == sorted(name for name, count in counts.items() if count)
    assert sum(shard.expected_series for shard in shards) == sum(counts.values())
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert {shard.of for shard in shards} == {len(shards)}


@given(counts_of_names)
def test_shards_hold_no_more_than_asked_unless_one_family_does(counts: dict[str, int]) -> None:
    for shard in plan_shards(REQUEST, counts, AnalysisSettings(shard_series=500)):
        families = {n.removesuffix("_sum").removesuffix("_count") for n in held(shard, counts)}
        assert shard.expected_series <= 500 or len(families) == 1


@given(counts_of_names, st.randoms(use_true_random=False))
def test_the_order_of_counts_does_not_matter(counts: dict[str, int], random: Random) -> None:
    items = list(counts.items())
    random.shuffle(items)
    settings = AnalysisSettings(shard_series=700)
    assert plan_shards(REQUEST, dict(items), settings) == plan_shards(REQUEST, counts, settings)


def test_the_parts_of_a_histogram_stay_together() -> None:
    counts = {"wait_bucket": 900, "wait_sum": 90, "wait_count": 90, "other": 800, "lone_count": 500}
    shards = plan_shards(REQUEST, counts, AnalysisSettings(shard_series=1000))
    assert [held(s, counts) for s in shards] == [
        {"wait_bucket", "wait_sum", "wait_count"},
        {"other"},
        {"lone_count"},
    ]


def test_matchers_stay_short_enough_for_a_url() -> None:
    counts = {f"{'a_rather_long_metric_name_' * 4}{i}": 1 for i in range(400)}
    shards = plan_shards(REQUEST, counts, AnalysisSettings(shard_series=10_000))
    assert len(shards) > 5
    assert all(len(s.matchers[-1].value) <= MAX_MATCHER_CHARS for s in shards)


def test_shards_list_names_in_place_of_what_the_request_says_of_names() -> None:
    everything = REQUEST.model_copy(update={"matchers": parse_selector('{__name__=~".+",job="a"}')})
    shards = plan_shards(everything, {"up": 600, "down": 700}, AnalysisSettings())
    assert [[str(m) for m in s.matchers] for s in shards] == [
        ['job="a"', '__name__="down"'],
        ['job="a"', '__name__="up"'],
    ]


def test_a_small_request_is_one_shard_with_its_own_matchers() -> None:
    (shard,) = plan_shards(REQUEST, {"up": 4, "down": 3}, AnalysisSettings())
    assert shard.matchers == REQUEST.matchers
    assert shard.shard_id == "r1-0"


def test_up_to_sixteen_shards_each_may_put_forward_all_that_a_report_is_made_from() -> None:
    settings = AnalysisSettings(shard_series=1)
    for number, most in ((1, 300), (4, 300), (16, 300), (50, 100)):
        counts = {f"m{i}": 1 for i in range(number)}
        assert {s.max_candidates for s in plan_shards(REQUEST, counts, settings)} == {most}


@pytest.mark.parametrize("counts", [{}, {"up": 0}])
def test_nothing_to_look_at_is_an_error_that_says_so(counts: dict[str, int]) -> None:
    with pytest.raises(SelectorError) as error:
        plan_shards(REQUEST, counts, AnalysisSettings())
    assert error.value.problem == 'No series match {cluster="shop"} in this window'
    assert error.value.remedy == "Check the label values, the tenant and the time"


def test_nothing_under_the_cap_is_an_error_that_says_how_much_there_is() -> None:
    with pytest.raises(SelectorError) as error:
        plan_shards(REQUEST, {"wild": 500, "wilder": 5000}, AnalysisSettings(max_series=100))
    assert error.value.problem == ('{cluster="shop"} selects 5500 series, all in metrics over the cap of 100')
    assert error.value.remedy == "Narrow the selector, or raise analysis.max_series"


def test_a_metric_that_just_fits_is_neither_oversized_nor_over_the_cap() -> None:
    settings = AnalysisSettings(shard_series=100, max_series=300)
    counts = {"fits": 100, "over": 101, "c": 99}
    assert oversized_metrics(counts, settings) == [("over",)]
    assert [shard.left_out for shard in plan_shards(REQUEST, counts, settings)] == [{}, {}, {}]
    by_pod = {name: by_label("pod", {"a": 60, "b": counts[name] - 60}) for name in ("fits", "over")}
    assert [
        (*map(str, shard.matchers[1:]), shard.expected_series)
        for shard in plan_shards(REQUEST, counts, settings, by_pod)
    ] == [
        ('__name__="over"', 'pod="a"', 60),
        ('__name__="over"', 'pod="b"', 41),
        ('__name__="fits"', 100),
        ('__name__="c"', 99),
    ]


def test_oversized_metrics_are_cut_by_their_label_into_parts_of_about_a_shard() -> None:
    settings = AnalysisSettings(shard_series=100)
    by_pod = {
        "wild": by_label("pod", {"a": 60, "b": 31, "c": 29}),
        "wilder": by_label("pod", {f"{'a long pod name ' * 12}{i}": 3 for i in range(66)}),
    }
    shards = plan_shards(REQUEST, {"wild": 120, "wilder": 198, "tame": 9}, settings, by_pod)
    assert [(str(s.matchers[1]), s.expected_series) for s in shards] == [
        ('__name__="wilder"', 99),  # in the body of a request, so that long matchers do no harm
        ('__name__="wilder"', 99),
        ('__name__="wild"', 91),
        ('__name__="wild"', 29),
        ('__name__="tame"', 9),
    ]
    assert [str(s.matchers[2]) for s in shards[2:4]] == ['pod=~"a|b"', 'pod="c"']


def test_the_smallest_metrics_are_kept() -> None:
    settings = AnalysisSettings(shard_series=1, max_series=130)
    shards = plan_shards(REQUEST, {"a": 120, "b": 60, "z": 10}, settings)
    assert [shard.expected_series for shard in shards] == [60, 10]
    assert shards[0].left_out == {OVER_CAP: 120}


def test_of_metrics_with_as_many_series_the_last_by_name_is_left_out() -> None:
    settings = AnalysisSettings(shard_series=50, max_series=130)
    shards = plan_shards(REQUEST, {"c": 60, "b": 60, "a": 10, "d": 60}, settings)
    assert [(str(s.matchers[-1]), s.expected_series, s.number, s.of) for s in shards] == [
        ('__name__="b"', 60, 0, 3),
        ('__name__="c"', 60, 1, 3),
        ('__name__="a"', 10, 2, 3),
    ]
    assert [shard.left_out for shard in shards] == [{OVER_CAP: 60}, {}, {}]
    assert OVER_CAP == "over the cap on series of a request"
    assert [shard.shard_id for shard in shards] == ["r1-0", "r1-1", "r1-2"]
    assert all(shard.request == REQUEST for shard in shards)


def test_each_shard_tells_what_it_and_the_next_ones_hold() -> None:
    counts = {f"m{i}": 10 + i for i in range(7)}
    shards = plan_shards(REQUEST, counts, AnalysisSettings(shard_series=1))
    own = {s.number: {str(s.matchers[-1].value): s.expected_series} for s in shards}
    assert len(own) == 7
    for s in shards:
        assert s.expected == {n % 7: own[n % 7] for n in range(s.number, s.number + 5)}


def test_a_part_of_a_metric_is_told_in_the_proportions_of_its_family() -> None:
    counts = {"wait_bucket": 80, "wait_count": 10, "wait_sum": 10}
    by_pod = {"wait_bucket": by_label("pod", {"a": 55, "b": 45})}
    shards = plan_shards(REQUEST, counts, AnalysisSettings(shard_series=60), by_pod)
    assert [sum(s.expected[s.number].values()) for s in shards] == [55, 45]
    assert shards[0].expected == {
        0: {"wait_bucket": 44, "wait_count": 6, "wait_sum": 5},
        1: {"wait_bucket": 36, "wait_sum": 5, "wait_count": 4},
    }


@given(counts_of_names)
def test_what_shards_tell_of_themselves_is_all_that_was_counted(counts: dict[str, int]) -> None:
    shards = plan_shards(REQUEST, counts, AnalysisSettings(shard_series=500))
    assert [sum(s.expected[s.number].values()) for s in shards] == [s.expected_series for s in shards]
    for s in shards:
        own = s.expected[s.number]
        assert len(own) <= 21
        assert all(counts[name] == number for name, number in own.items() if name)
