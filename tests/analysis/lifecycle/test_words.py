"""What ended or began, in the words that an operator reads."""

from dataclasses import replace

import pytest

from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
from patternwatch.analysis.lifecycle.shared_ends import Shared
from patternwatch.analysis.lifecycle.shared_words import shared_event_of
from patternwatch.analysis.lifecycle.turnover import Turnover
from patternwatch.analysis.lifecycle.words import event_of, what_happened
from patternwatch.contracts.lives import LifeEvent, LifeEventKind
from patternwatch.contracts.series import Window

WINDOW = Window(start_ms=0, split_ms=30_000, end_ms=99_000, step_ms=1000)


def replicas(number: int, series: int = 6, down: int | None = None, name: str = "cart") -> list[Replica]:
    return [Replica(f"{name}-{n}", "", {"pods": Teller(series, 30, None, down, None)}) for n in range(number)]


def happened(
    kind: LifeEventKind, ended: int, of: int, series: int = 6, down: int | None = None, weight: float = 1.0
) -> Turnover:
    own = replicas(of, series, down)
    return Turnover(kind, Group("cart", "", frozenset(), own), 30, 33, own[:ended], of, weight)


@pytest.mark.parametrize(
    ("turnover", "words"),
    [
        (happened("ended", 1, 1), "ended: all 6 of its series stopped"),
        (happened("ended", 1, 1, series=2), "ended: all 2 of its series stopped"),
        (happened("ended", 1, 1, series=1), "ended: its one series stopped"),
        (happened("ended", 2, 2), "ended: all 12 of its series in 2 replicas stopped"),
        (
            happened("ended", 2, 2, down=31),
            "ended: all 12 of its series in 2 replicas stopped, and scrapes of it fail (up is 0)",
        ),
        (
            happened("part_ended", 1, 3),
            "lost 1 of its 3 replicas (cart-0), and none came in its place: the series stopped",
        ),
        (
            happened("part_ended", 3, 5, down=0),
            (
                "lost 3 of its 5 replicas (cart-0, cart-1, cart-2), and no others came in their place: "
                "scrapes of it fail (up is 0) and the series stopped"
            ),
        ),
        (
            happened("part_ended", 4, 5),
            (
                "lost 4 of its 5 replicas (cart-0, cart-1, cart-2, ...), and no others came in their place: "
                "the series stopped"
            ),
        ),
        (
            happened("exporter_ended", 1, 2),
            (
                "is no longer reported by job 'pods' in 1 of its 2 replicas (cart-0): that exporter, or "
                "what it asks, stopped"
            ),
        ),
        (happened("rollout", 2, 3), "was rolled out: 2 of 3 replicas ended and others began"),
        (happened("replaced", 1, 3), "had 1 of its 3 replicas (cart-0) replaced by others"),
        (
            happened("scaled_in", 1, 3),
            "was scaled in by its specification: 1 of 3 replicas ended",
        ),
        (happened("scaled_out", 2, 3), "was scaled out: 2 replicas began beside 3"),
        (happened("job_finished", 2, 2), "finished: a task that is made to end (2 of them)"),
        (
            happened("relabelled", 1, 1),
            "goes on under other labels: the series of its one replica (cart-0) ended and began again",
        ),
        (happened("began", 2, 2), "began: all 12 of its series are new"),
        (happened("usual", 1, 4), "ended as often before: 1 of 4 replicas"),
    ],
    ids=lambda value: value.kind if isinstance(value, Turnover) else "",
)
def test_what_happened_to_a_workload(turnover: Turnover, words: str) -> None:
    assert what_happened(turnover) == words


def test_a_machine_is_no_workload_that_is_scaled() -> None:
    own = replicas(1)
    turnover = Turnover("scaled_in", Group("web-1", "node", frozenset(), own), 30, 30, own, 1, 0.0)
    assert what_happened(turnover) == (
        "was taken away on purpose: it had been drained, or its group was told to let one go"
    )


def exporter_ended(*gone: dict[str, int | None]) -> str:
    own = [
        Replica(f"cart-{n}", "", {job: Teller(2, row, None, None, None) for job, row in jobs.items()})
        for n, jobs in enumerate(gone)
    ]
    return what_happened(
        Turnover("exporter_ended", Group("cart", "", frozenset(), own), 30, 31, own, len(own), 0.6)
    )


def test_who_no_longer_tells_is_named_and_who_still_does() -> None:
    assert exporter_ended({"b": 31, "a": 30, "c": None}) == (
        "is no longer reported by jobs 'a' and 'b' in its one replica (cart-0), while job 'c' still "
        "reports it: that exporter, or what it asks, stopped"
    )
    assert exporter_ended({"node-exporter": 30, "kube-state-metrics": None}).endswith(
        ", while job 'kube-state-metrics', which does not ask it, still reports it: its series stopped"
    )
    told = exporter_ended({"a": 30, "kubelet": None, "kube-state-metrics": None})
    assert told.endswith(": that exporter, or what it asks, stopped")
    assert ", while jobs 'c' and 'd' still report it: " in exporter_ended({"a": 30, "c": None, "d": None})
    assert exporter_ended({"a": 30, "c": None}, {"a": None, "c": None}) == (
        "is no longer reported by job 'a' in 2 of its 2 replicas (cart-0, cart-1), while job 'c' still "
        "reports it: that exporter, or what it asks, stopped"
    )
    assert " by job without a name in " in exporter_ended({"": 30, "c": None})
    assert " by jobs 'a', 'b', 'c' and 2 more in " in exporter_ended(dict.fromkeys("abcde", 30))


@pytest.mark.parametrize(
    ("kind", "weight", "is_trouble"),
    [("ended", 1.0, True), ("ended", 0.0, False), ("exporter_ended", 0.1, True), ("rollout", 0.3, False)],
)
def test_an_event_has_all_that_its_words_say(kind: LifeEventKind, weight: float, is_trouble: bool) -> None:
    turnover = happened(kind, 2, 5, weight=weight)
    assert event_of(turnover, WINDOW) == LifeEvent(
        kind=kind,
        entity="cart",
        at_ms=30_000,
        until_ms=33_000,
        series=12,
        of_series=30,
        replicas=2,
        of_replicas=5,
        names=["cart-0", "cart-1"],
        text=f"cart {what_happened(turnover)} from 00:00:30 UTC to 00:00:33 UTC",
        is_trouble=is_trouble,
    )


def test_what_happened_in_one_row_has_one_time() -> None:
    turnover = replace(happened("ended", 1, 1), last=30)
    found = event_of(turnover, WINDOW)
    assert (found.at_ms, found.until_ms) == (30_000, None)
    assert found.text == "cart ended: all 6 of its series stopped at 00:00:30 UTC"


@pytest.mark.parametrize(
    ("kind", "name", "last", "text", "is_trouble"),
    [
        ("data_begins", "", 32, "the samples of 1,200 series of 2 workloads begin {}", False),
        (
            "node_lost",
            "n7",
            32,
            "node n7 was lost: all of its 4 pods, of 2 workloads, ended {}",
            True,
        ),
        (
            "scrape_gap",
            "north",
            30,
            (
                "all 1,200 series of 2 workloads of north stopped together {}: what scrapes them or what "
                "they run on, rather than each of them"
            ),
            True,
        ),
        (
            "scrape_gap",
            "",
            30,
            (
                "all 1,200 series of 2 workloads (cart and web) stopped together {}: what scrapes them or "
                "what they run on, rather than each of them"
            ),
            True,
        ),
    ],
)
def test_what_happened_to_several_workloads_at_once(
    kind: LifeEventKind, name: str, last: int, text: str, is_trouble: bool
) -> None:
    groups = [Group(entity, "", frozenset(), replicas(3, 300, name=entity)) for entity in ("web", "cart")]
    ended = [replica for group in groups for replica in group.replicas[:2]]
    until = "from 00:00:30 UTC to 00:00:32 UTC" if last > 30 else "at 00:00:30 UTC"
    assert shared_event_of(Shared(kind, name, 30, last, groups, ended), WINDOW) == LifeEvent(
        kind=kind,
        entity=name,
        at_ms=30_000,
        until_ms=32_000 if last > 30 else None,
        series=1200,
        of_series=1800,
        replicas=4,
        of_replicas=6,
        names=["cart", "web"],
        text=text.format(until),
        is_trouble=is_trouble,
    )


@pytest.mark.parametrize(("row", "is_late"), [(WINDOW.rows - 30, True), (WINDOW.rows - 31, False)])
def test_what_may_only_be_late_is_not_said_to_have_stopped(row: int, is_late: bool) -> None:
    groups = [Group(entity, "", frozenset(), replicas(3, 300, name=entity)) for entity in ("web", "cart")]
    text = shared_event_of(Shared("scrape_gap", "", row, row, groups, []), WINDOW).text
    assert ("have their newest samples at" in text and "they come late" in text) is is_late
    assert ("stopped together" in text) is not is_late


def test_of_many_workloads_that_stopped_together_the_first_are_named() -> None:
    groups = [Group(f"app-{n}", "", frozenset(), replicas(1, 300, name=f"app-{n}")) for n in range(7)]
    ended = [replica for group in groups for replica in group.replicas]
    text = shared_event_of(Shared("scrape_gap", "", 30, 30, groups, ended), WINDOW).text
    assert text.startswith(
        "all 2,100 series of 7 workloads (app-0, app-1, app-2 and 4 more) stopped together"
    )
