"""When a workload is gone, and when its silence says nothing."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.members.absence import Absence
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.presence import Presence
from patternwatch.watch.members.silences import FORGOTTEN_ROWS, LIVED_ROWS

STEP_MS = 30_000
PODS = {"one": 1, "two": 2, "web": 1, "db": 1, "cache": 1, "mail": 1}
LABELS = [
    {"__name__": "load", "service": service, "pod": f"{service}-{pod}"}
    for service, pods in PODS.items()
    for pod in range(pods)
]
NOTES = [{**own, "__name__": "up"} for own in LABELS]
"""What the scraper notes of each goes on whatever becomes of it."""
ROWS = LIVED_ROWS + 100
BEGIN = LIVED_ROWS + 40
"""Where silence begins."""


def told(*silent: tuple[str, int, int]) -> tuple[Members, list[Absence]]:
    """What presence says of each row, where these services are silent from a row on for so many."""
    members, presence = Members(AnalysisSettings(), STEP_MS), Presence(STEP_MS)
    slots, _ = members.place([*LABELS, *NOTES], [""] * 2 * len(LABELS))
    values = np.full((len(members), ROWS), np.nan, dtype=np.float32)
    values[slots] = 1.0
    slots = slots[: len(LABELS)]
    for name, row, rows in silent:
        mine = slots[[own["service"] == name or own["pod"] == name for own in LABELS]]
        values[mine, row : row + rows] = np.nan
    times = STEP_MS * np.arange(1, ROWS + 1)
    return members, [presence.update(Columns(times[[k]], values[:, [k]]), members) for k in range(ROWS)]


def gone(*silent: tuple[str, int, int]) -> list[tuple[int, str]]:
    """Rows after the beginning of silence in which something is newly gone."""
    members, found = told(*silent)
    before = [np.empty(0, dtype=np.int64), *(one.gone for one in found)]
    return [
        (k - BEGIN, members.names[entity])
        for k, one in enumerate(found)
        for entity in one.gone
        if entity not in before[k]
    ]


def test_one_part_is_gone_after_longer_than_a_restart() -> None:
    assert gone(("one", BEGIN, 3)) == []
    assert gone(("one", BEGIN, 30)) == [(3, "one")]


def test_who_misses_more_than_one_sample_is_silent_until_it_is_back_or_gone() -> None:
    def silent(rows: int) -> list[int]:
        members, found = told(("one", BEGIN, rows))
        assert {members.names[entity] for one in found for entity in one.silent} <= {"one"}
        return [k - BEGIN for k, one in enumerate(found) if len(one.silent)]

    assert [silent(rows) for rows in (1, 2, 3, 30)] == [[], [1], [1, 2], [1, 2]]


def test_several_parts_at_once_are_gone_sooner_and_one_of_them_never() -> None:
    assert gone(("two", BEGIN, 30)) == [(2, "two")]
    assert gone(("two-0", BEGIN, 30)) == []


@pytest.mark.parametrize("begin", [BEGIN, BEGIN + 1])
def test_a_silence_that_ends_within_a_tick_is_seen(begin: int) -> None:
    members, presence = Members(AnalysisSettings(), STEP_MS), Presence(STEP_MS)
    slots, _ = members.place(LABELS, [""] * len(LABELS))
    values = np.full((len(members), ROWS), np.nan, dtype=np.float32)
    values[slots] = 1.0
    values[slots[[own["service"] == "two" for own in LABELS]], begin : begin + 3] = np.nan
    times, found = STEP_MS * np.arange(1, ROWS + 1), []
    for at in range(0, ROWS, 2):
        seen = presence.update(Columns(times[at : at + 2], values[:, at : at + 2]), members)
        found += [at - begin + 1] * len(seen.gone)
    assert found == [3 - begin % 2]


def test_twice_silent_soon_after_is_a_crash_loop() -> None:
    assert gone(("one", BEGIN, 2), ("one", BEGIN + 6, 2)) == [(7, "one")]
    assert gone(("one", BEGIN, 2), ("one", BEGIN + 40, 2)) == []


def test_what_was_there_for_minutes_only_is_done() -> None:
    assert gone(("one", 0, BEGIN - 60), ("one", BEGIN, 30)) == []


def test_a_habit_of_silence_is_no_news() -> None:
    nights = [("one", BEGIN - 40 * k, 10) for k in (1, 2, 3, 4, 5)]
    found = [row for row, _ in gone(*nights, ("one", BEGIN, 30))]
    assert found[-1] == 10


@pytest.mark.parametrize("services", [list(PODS), list(PODS)[:4]])
def test_most_silent_at_once_is_no_data(services: list[str]) -> None:
    silence = [(name, BEGIN, 8) for name in services]
    _, found = told(*silence)
    assert not any(len(one.gone) for one in found)
    assert [k - BEGIN for k, one in enumerate(found) if one.no_data] == list(range(1, 8))


def test_rows_of_which_nothing_is_known_make_no_silence_longer() -> None:
    hiccup = [(name, BEGIN + 2, 3) for name in PODS if name != "one"]
    assert gone(*hiccup, ("one", BEGIN, 5)) == []
    assert gone(*hiccup, ("one", BEGIN, 30)) == [(6, "one")]


@pytest.mark.parametrize(("rows", "gone_after"), [(300, 3), (FORGOTTEN_ROWS + 20, None)])
def test_rows_that_nobody_looked_at_make_no_silence(rows: int, gone_after: int | None) -> None:
    """Who is away after a hole is gone after as many rows as ever; after a long one it was removed."""
    found = around_a_hole(rows, [("one", 0, 30)])
    first = next((k for k, names in enumerate(found) if "one" in names), None)
    assert first == gone_after
    assert not {name for names in found for name in names} - {"one"}


def test_two_nights_off_are_no_habit_of_silence() -> None:
    members, presence = Members(AnalysisSettings(), STEP_MS), Presence(STEP_MS)
    slots, _ = members.place(LABELS, [""] * len(LABELS))
    values, last = np.full((len(members), 1), np.nan, dtype=np.float32), list[Absence]()
    values[slots] = 1.0
    lacking = values.copy()
    lacking[slots[0]] = np.nan
    for night in range(3):
        for row in range(1500 * night, 1500 * night + 300):
            silent = night == 2 and row >= 1500 * night + 250
            rows = lacking if silent else values
            last.append(presence.update(Columns(STEP_MS * np.array([row + 1]), rows), members))
    assert [members.names[one] for one in last[-1].gone] == ["one"]


def around_a_hole(rows: int, silent: list[tuple[str, int, int]]) -> list[list[str]]:
    """Who is gone in each row after so many that nobody looked at; of these, from a row on for so many."""
    members, presence = Members(AnalysisSettings(), STEP_MS), Presence(STEP_MS)
    slots, _ = members.place(LABELS, [""] * len(LABELS))
    values = np.full((len(members), ROWS), np.nan, dtype=np.float32)
    values[slots] = 1.0
    after = LIVED_ROWS + 10
    for name, row, many in silent:
        mine = slots[[own["service"] == name for own in LABELS]]
        values[mine, after + row : after + row + many] = np.nan
    found = list[list[str]]()
    for k in range(ROWS):
        at = STEP_MS * np.array([k + 1 + (rows if k >= after else 0)])
        absence = presence.update(Columns(at, values[:, [k]]), members)
        found.append([members.names[one] for one in absence.gone])
    assert not any(found[:after])
    return found[after:]


def test_a_part_that_is_back_was_restarted() -> None:
    members, found = told(("two-0", BEGIN, 3))
    back = {k - BEGIN: [members.pods[pod][1] for pod in one.returned] for k, one in enumerate(found)}
    assert {k: pods for k, pods in back.items() if pods} == {3: ["two-0"]}


def test_history_tells_who_lived_and_who_is_silent_by_habit() -> None:
    members, presence = Members(AnalysisSettings(), STEP_MS), Presence(STEP_MS)
    slots, _ = members.place([*LABELS, *NOTES], [""] * 2 * len(LABELS))
    values = np.ones((len(slots), 1000), dtype=np.float32)
    values[0, [*range(100, 120), *range(400, 420)]] = np.nan
    times = STEP_MS * np.arange(1, 1001)
    returned = presence.learn(times, values, slots, members)
    assert returned == {121: [members.pod[slots[0]]], 421: [members.pod[slots[0]]]}
    silent = np.ones((len(members), 1), dtype=np.float32)
    presence.update(Columns(STEP_MS * np.array([1001]), silent), members)  # all give theirs in time
    silent[slots[[0, 3]]] = np.nan
    found = [
        presence.update(Columns(STEP_MS * np.array([1002 + k]), silent), members).gone.tolist()
        for k in range(22)
    ]
    web, one = int(members.entity[slots[3]]), int(members.entity[slots[0]])
    assert found[2:4] == [[], [web]]
    assert sorted(found[-1]) == sorted([web, one])
    assert found[19] == [web]
