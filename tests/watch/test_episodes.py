from typing import NamedTuple

import pytest

from patternwatch.analysis.conclude import failed
from patternwatch.contracts.messages import Episode
from patternwatch.contracts.report import EntityRank, Report
from patternwatch.contracts.settings import WatchSettings
from patternwatch.watch.episodes import QUIET_LOOKS, observe
from tests.analysis.incidents import made_up, request_of

WATCH = WatchSettings(name="shop", tenant="default", selector='{a="b"}', interval_s=60, min_score=2.0)
REQUEST = request_of(made_up(services=1), trigger="watch")
T0 = 1_760_000_000_000


class Told(NamedTuple):
    """What a look published."""

    revision: int | None
    report_id: str | None


QUIET = Told(None, None)


def look(at_min: float, *entities: tuple[str, float]) -> Report:
    """A report at this minute, with these (entity, score) ranked."""
    ranks = [
        EntityRank(rank=i + 1, entity=name, label="service", score=score, series=1, top_findings=[])
        for i, (name, score) in enumerate(entities)
    ]
    report = failed(REQUEST, "x").model_copy(update={"status": "complete"})
    return report.model_copy(update={"entities": ranks, "requested_at_ms": T0 + 60_000 * at_min})


def watched(*reports: Report) -> tuple[list[Told], list[Episode]]:
    """Looks in this order: what each one published, and the episodes at the end."""
    known: dict[tuple[str, int], Episode] = {}
    out: list[Told] = []
    for report in reports:
        decision = observe(WATCH, known.values(), report)
        known |= {(e.cause, e.opened_ms): e for e in decision.episodes}
        report_of = decision.report
        out.append(Told(report_of.revision, report_of.report_id) if report_of else QUIET)
    return out, list(known.values())


def test_below_the_bar_all_is_quiet() -> None:
    assert watched(look(0), look(1, ("orders", 1.9))) == ([QUIET, QUIET], [])


def test_one_report_whose_revision_rises_while_it_lasts() -> None:
    told, episodes = watched(*(look(m, ("orders", 5.0), ("cart", 3.0)) for m in range(3)))
    assert [revision for revision, _ in told] == [1, 2, 3]
    assert len({report_id for _, report_id in told}) == 1
    (episode,) = episodes
    assert (episode.cause, episode.revision, episode.open) == ("orders", 3, True)
    assert episode.opened_ms == T0
    assert episode.last_seen_ms == T0 + 120_000


def test_services_that_take_turns_at_the_top_share_one_report() -> None:
    told, episodes = watched(
        look(0, ("orders", 5.0), ("payment", 4.8)), look(1, ("payment", 5.0), ("orders", 4.8))
    )
    assert told[0][1] == told[1][1]
    assert [e.cause for e in episodes] == ["orders"]


def test_another_cause_is_another_report() -> None:
    told, episodes = watched(look(0, ("orders", 5.0)), look(1, ("redis", 9.0), ("orders", 2.5)))
    assert told[0][1] != told[1][1]
    assert sorted(e.cause for e in episodes) == ["orders", "redis"]


def test_a_few_quiet_looks_close_it_and_a_new_trouble_opens_anew() -> None:
    loud, quiet = ("orders", 5.0), ()
    looks = [look(0, loud), *(look(m, *quiet) for m in range(1, QUIET_LOOKS + 1)), look(9, loud)]
    told, episodes = watched(*looks)
    assert told[1:-1] == [QUIET] * QUIET_LOOKS
    assert told[-1][0] == 1
    assert told[-1][1] != told[0][1]
    assert sorted((e.opened_ms, e.open) for e in episodes) == [(T0, False), (T0 + 540_000, True)]


def test_fewer_quiet_looks_do_not() -> None:
    told, _ = watched(look(0, ("orders", 5.0)), look(1), look(2), look(2.9, ("orders", 5.0)))
    assert told[-1][0] == 2


@pytest.mark.parametrize("again", [1, 2])
def test_a_look_told_of_again_gives_the_same_report_again(again: int) -> None:
    told, _ = watched(look(0, ("a", 5.0)), *[look(1, ("a", 5.0))] * (1 + again))
    assert len(set(told[1:])) == 1


def test_an_older_look_changes_nothing() -> None:
    told, episodes = watched(look(5, ("a", 5.0)), look(4, ("a", 5.0)))
    assert told[1] == QUIET
    assert episodes[0].revision == 1


def test_a_failed_report_is_quiet() -> None:
    report = failed(REQUEST, "unreachable")
    assert observe(WATCH, [], report).report is None


def test_episodes_of_other_clusters_are_left_alone() -> None:
    _, (other,) = watched(look(0, ("orders", 5.0)))
    other = other.model_copy(update={"watch": "elsewhere"})
    decision = observe(WATCH, [other], look(60, ("orders", 5.0)))
    assert decision.report is not None
    assert decision.report.revision == 1
    assert [e.watch for e in decision.episodes] == ["shop"]
