"""The looks at one report are cut into the same shards, as long as the cut fits."""

from patternwatch.streams.agents.kept_counts import KeptCounts
from tests.fakes.messages import a_request

GROWING = a_request().model_copy(update={"growing": True})
COUNTS = {"up": 100, "load": 99, "jobs": 1}


def test_the_last_look_takes_the_kept_counts_and_lets_go() -> None:
    kept, now = KeptCounts(), COUNTS | {"up": 99}
    assert kept.steady(GROWING, COUNTS) is COUNTS
    assert kept.steady(GROWING.model_copy(update={"growing": False}), now) is COUNTS
    assert kept.steady(GROWING, now) is now


def test_another_name_or_many_more_series_make_a_new_cut() -> None:
    for now in (COUNTS | {"new": 1}, {"up": 100, "load": 99}, COUNTS | {"up": 121}):
        kept = KeptCounts()
        kept.steady(GROWING, COUNTS)
        assert kept.steady(GROWING, now) is now
        assert kept.steady(GROWING, now | {"up": 100}) is now, "and that is kept from then on"


def test_requests_looked_at_least_recently_make_room() -> None:
    kept = KeptCounts(max_names=2 * len(COUNTS))
    for name in ("a", "b", "a", "c"):
        kept.steady(GROWING.model_copy(update={"request_id": name}), dict(COUNTS))
    now = COUNTS | {"up": 101}
    found = {n: kept.steady(GROWING.model_copy(update={"request_id": n}), now) for n in ("a", "b", "c")}
    assert [n for n, counts in found.items() if counts == COUNTS] == ["a"]
