"""The looks at one report are cut into the same shards, as long as the cut fits."""

import numpy as np

from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.streams.agents.planning.kept_counts import KeptCounts
from patternwatch.streams.agents.planning.plan import plan
from patternwatch.testing import FakeSource
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


async def test_later_looks_count_no_more_what_one_shard_holds() -> None:
    labels = [{"__name__": name, "cluster": "shop"} for name in ("up", "load", "load")]
    for shard_series, counted in ((3, 1), (2, 3)):
        source = FakeSource(labels, np.ones((3, GROWING.window.rows)))
        settings, kept = AnalysisSettings(shard_series=shard_series), KeptCounts()
        plans = [
            await plan(source, GROWING.model_copy(update={"look": look, "growing": look < 2}), settings, kept)
            for look in range(3)
        ]
        assert [call for call, *_ in source.calls].count("count") == counted
        for cut in plans:
            assert [s.matchers for s in cut] == [s.matchers for s in plans[0]]
            assert sum(s.expected_series for s in cut) == 3
        await plan(source, GROWING, settings, kept)
        assert [call for call, *_ in source.calls].count("count") == counted + 1, (
            "the last look has let go of them"
        )


async def test_counts_of_another_selection_are_not_taken() -> None:
    kept, look = KeptCounts(), GROWING.model_copy(update={"look": 1})
    kept.steady(GROWING, {})
    assert kept.of_one_shard(look, 1000) is None, "what was not there may have come"
    wider = {"matchers": (Matcher(name="cluster", value="other"),)}
    kept.steady(GROWING.model_copy(update=wider), COUNTS)
    assert kept.of_one_shard(look, 1000) is None
    assert kept.of_one_shard(look.model_copy(update=wider), 1000) is COUNTS
