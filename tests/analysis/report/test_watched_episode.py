"""What a watch saw is analysed in a short window, published where it is named, and said to be over."""

import pytest

from patternwatch.analysis.report.failed import failed
from patternwatch.analysis.report.looks import asked_again, grows
from patternwatch.analysis.report.watched_episode import episode_notes, request_for_episode, why_unnamed
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Watch

SETTINGS = AnalysisSettings()
STEP = SETTINGS.step_ms
NOW = 1_760_000_010_000 // STEP * STEP
WATCH = Watch(name="shop", tenant="default", selector='{cluster="shop"}', min_score=3.0)


def an_episode(since_rows: float) -> Episode:
    return Episode(
        tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=NOW - 2 * STEP,
        last_seen_ms=NOW, open=True, since_ms=NOW - int(since_rows * STEP), why="errors rise",
    )  # fmt: skip


def a_report(*ranks: tuple[str, float]) -> Report:
    entities = [
        EntityRank(rank=n + 1, entity=name, label="service", score=score, series=1, top_findings=[])
        for n, (name, score) in enumerate(ranks)
    ]
    request = request_for_episode(WATCH, an_episode(9), SETTINGS, NOW)
    return failed(request, "").model_copy(update={"status": "complete", "entities": entities})


@pytest.mark.parametrize(("since_rows", "split_rows"), [(3, 8), (8, 8), (10, 10), (12, 12), (100, 12)])
def test_the_first_look_is_split_where_it_began_with_a_short_current_part(
    since_rows: int, split_rows: int
) -> None:
    request = request_for_episode(WATCH, an_episode(since_rows), SETTINGS, NOW + 7)
    assert NOW - request.window.split_ms == split_rows * STEP
    assert (request.window.end_ms, request.window.rows) == (NOW, SETTINGS.rows)
    assert (request.request_id, request.trigger, request.watch, request.title) == (
        "e1",
        "watch",
        "shop",
        "shop",
    )
    assert request.episode is not None
    assert (request.episode.entity, request.episode.why, request.episode.min_score) == (
        "cart",
        "errors rise",
        3.0,
    )


def test_it_grows_as_any_report_and_no_longer_than_its_current_part() -> None:
    request = request_for_episode(WATCH, an_episode(10), SETTINGS, NOW)
    assert grows(request)
    request = request.model_copy(update={"growing": True})
    later = asked_again(request, 1, 4, NOW + 4 * 3_600_000)
    assert (later.window.end_ms - later.window.split_ms, later.growing) == (60 * STEP, False)
    assert later.window.split_ms == request.window.split_ms


def test_what_is_over_has_one_look_more_that_says_so() -> None:
    request = request_for_episode(WATCH, an_episode(10), SETTINGS, NOW).model_copy(update={"growing": True})
    assert request.episode is not None
    span = request.episode.model_copy(update={"ended_ms": NOW + 20 * STEP})
    over = request.model_copy(update={"episode": span})
    assert not grows(over)
    assert not asked_again(over, 2, 4, NOW + 30 * STEP).growing
    assert (request.has_ended, over.has_ended) == (False, True)
    assert episode_notes(request) == []
    assert episode_notes(over) == ["It is over: it lasted 15 min, until 09:03:30 UTC."]
    report = failed(over, "away")
    assert (report.notes, report.episode) == (episode_notes(over), span)


@pytest.mark.parametrize(
    ("ranks", "unnamed"),
    [
        ([], "Nothing stands out in the analysis"),
        ([("orders", 3.0)], ""),
        ([("orders", 2.9), ("cart", 2.0)], "orders stands out most in the analysis, by a score of 2.9"),
        ([("cart", 0.5)], ""),
        ([("shopping-cart", 0.5)], "shopping-cart stands out most"),
    ],
)
def test_a_cause_is_named_by_its_score_or_by_the_watch_that_saw_it_too(
    ranks: list[tuple[str, float]], unnamed: str
) -> None:
    why = why_unnamed(a_report(*ranks))
    assert why.startswith(unnamed)
    assert bool(why) == bool(unnamed)
