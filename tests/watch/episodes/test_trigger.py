"""What several services show at once, a machine that is not well, and a cause that comes later."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from patternwatch.watch.episodes.evidence import EntityEvidence
from patternwatch.watch.episodes.step import Step
from patternwatch.watch.episodes.trigger import Trigger
from patternwatch.watch.suspects.suspects import NO_SUSPECTS

BAR = 9.0


def symptoms_of(*values: float) -> EntityEvidence:
    """Symptoms of each entity, each of many series."""
    felt = np.array(values, dtype=np.float32)
    none, no = np.zeros_like(felt), np.zeros(len(felt), dtype=np.bool_)
    owner = np.empty(0, dtype=np.int64)
    by_role = felt, felt, none, none, none, none, felt, none, none, felt
    return EntityEvidence(*by_role, no, no, no, no, NO_SUSPECTS, owner, no[:0])


def stepped(trigger: Trigger, ticks: Sequence[EntityEvidence]) -> list[Step]:
    return [trigger.step(60_000 * k, each) for k, each in enumerate(ticks)]


@pytest.mark.parametrize(
    ("values", "opens"),
    [
        ((8.0, 0.0, 0.0), False),
        ((8.0, 4.0, 4.0), False),
        ((8.0, 7.0, 0.0), True),
        ((7.0, 7.0, 7.0), True),
        ((6.0, 6.0, 6.0), False),
    ],
)
def test_what_several_show_at_once_opens_below_the_bar(values: tuple[float, ...], opens: bool) -> None:
    [step] = stepped(Trigger(BAR), [symptoms_of(*values)])
    assert (step.opened is not None) == opens


def test_of_several_below_the_bar_the_highest_opens() -> None:
    [step] = stepped(Trigger(BAR), [symptoms_of(6.0, 8.0, 7.0)])
    assert step.opened is not None
    assert (step.opened.entity, step.opened.score) == (1, 10.0)


def test_fewer_requests_of_several_services_are_the_hours() -> None:
    evidence = symptoms_of(8.0, 8.0, 8.0)
    [step] = stepped(Trigger(BAR), [replace(evidence, lasting=np.zeros_like(evidence.lasting))])
    assert step.opened is None


@pytest.mark.parametrize(("other", "opens_in"), [(0.0, 2), (4.0, 2), (5.0, 0)])
def test_one_series_alone_must_last_unless_another_shows_as_much(other: float, opens_in: int) -> None:
    evidence = symptoms_of(9.5, other)
    of_one_series = replace(evidence, widest=evidence.total)
    steps = stepped(Trigger(BAR), [of_one_series] * 4)
    assert [k for k, step in enumerate(steps) if step.opened] == [opens_in]


@pytest.mark.parametrize(("unwell", "opened"), [(5.0, 1), (4.0, 0)])
def test_a_machine_that_is_not_well_comes_before_its_services(unwell: float, opened: int) -> None:
    machine, trigger = np.array([False, True]), Trigger(BAR)
    evidence = replace(
        symptoms_of(20.0, 8.0), unwell=np.array([0, unwell], dtype=np.float32), machine=machine, mute=machine
    )
    [step] = stepped(trigger, [evidence])
    assert step.opened is not None
    assert step.opened.entity == opened
    assert trigger.involved.tolist() == [True, opened == 1]


def test_a_machine_opens_nothing_by_itself() -> None:
    machine, evidence = np.array([False, True]), symptoms_of(0.0, 20.0)
    evidence = replace(evidence, unwell=evidence.symptoms, machine=machine, mute=machine)
    [step] = stepped(Trigger(BAR), [evidence])
    assert step.opened is None


FIRST, LATER = 2, 14
"""Ticks, of a minute each, in which the first trouble begins and another one."""


def two_troubles(first: Sequence[float], later: float, begins: int = LATER) -> list[EntityEvidence]:
    """What two entities show: the first from FIRST on, in its turn; the other from `begins` on."""
    shown = [0.0] * FIRST + list(first)
    return [symptoms_of(shown[min(k, len(shown) - 1)], later if k >= begins else 0.0) for k in range(40)]


GROWS = [12.0] * (LATER - FIRST - 1) + [25.0]


@pytest.mark.parametrize(
    ("first", "later", "begins", "opened"),
    [
        pytest.param([12.0, 5.0], 11.0, LATER, [0, 1], id="the first one has faded"),
        pytest.param([12.0], 11.0, LATER, [0, 1], id="it goes on as before"),
        pytest.param([12.0], 20.0, 7, [0], id="it began just before"),
        pytest.param([12.0] * 5 + [0.0], 20.0, 7, [0], id="it began just before, and is over"),
        pytest.param([12.0, 5.0], 11.0, 7, [0], id="it began just before, and the first one faded"),
        pytest.param(GROWS, 20.0, LATER, [0], id="it grows"),
        pytest.param(GROWS, 30.0, LATER, [0, 1], id="it grows by what is stronger"),
    ],
)
def test_what_comes_later_is_another_cause_unless_the_first_grows(
    first: list[float], later: float, begins: int, opened: list[int]
) -> None:
    trigger = Trigger(BAR)
    steps = stepped(trigger, two_troubles(first, later, begins))
    assert [step.opened.entity for step in steps if step.opened] == opened
    assert all(step.goes_on for step in steps[begins:])
    assert trigger.causes == tuple(opened)


def test_each_cause_is_over_by_itself() -> None:
    ticks = two_troubles([12.0] * 16 + [0.0], 20.0)
    steps = stepped(Trigger(BAR), [*ticks, *(symptoms_of(0.0, 0.0) for _ in range(12))])
    assert [(k, step.over, step.goes_on) for k, step in enumerate(steps) if step.over] == [
        (28, (0,), True),
        (50, (1,), False),
    ]


@pytest.mark.parametrize(
    ("first", "left", "over"), [(40.0, 6.0, True), (40.0, 9.5, False), (16.0, 6.0, False)]
)
def test_what_has_fallen_far_below_the_bar_is_over(first: float, left: float, over: bool) -> None:
    steps = stepped(Trigger(BAR), [symptoms_of(first)] * 10 + [symptoms_of(left)] * 30)
    assert sum(step.opened is not None for step in steps) == 1
    assert [step.over for step in steps if step.over] == [(0,)] * over


def failing(evidence: EntityEvidence, *values: float) -> EntityEvidence:
    return replace(evidence, failing=np.array(values, dtype=np.float32))


@pytest.mark.parametrize(
    ("later", "fails", "opened"), [(20.0, 10.0, [0, 1]), (20.0, 0.0, [0]), (11.0, 10.0, [0])]
)
def test_who_takes_part_is_another_cause_once_it_fails_and_outdoes_the_first(
    later: float, fails: float, opened: list[int]
) -> None:
    before, after = symptoms_of(12.0, 10.0), failing(symptoms_of(12.0, later), 0.0, fails)
    steps = stepped(Trigger(BAR), [symptoms_of(0, 0)] * FIRST + [before] * 10 + [after] * 10)
    assert [step.opened.entity for step in steps if step.opened] == opened


def test_what_failed_in_it_before_is_no_news_when_it_fails_again() -> None:
    quiet, fails = symptoms_of(12.0, 6.0), failing(symptoms_of(12.0, 20.0), 0.0, 10.0)
    steps = stepped(Trigger(BAR), [symptoms_of(0, 0)] * FIRST + [quiet, fails, *[quiet] * 10, *[fails] * 10])
    assert [step.opened.entity for step in steps if step.opened] == [0]


def test_a_snapshot_goes_on_between_two_causes() -> None:
    ticks = two_troubles([12.0], 20.0)
    whole, before, after = Trigger(BAR), Trigger(BAR), Trigger(BAR)
    stepped(before, ticks[: LATER - 1])
    after.restore(*before.snapshot())
    steps = stepped(whole, ticks)[LATER - 1 :]
    assert [after.step(60_000 * k, one) for k, one in enumerate(ticks) if k >= LATER - 1] == steps


def silent_in(evidence: EntityEvidence, entity: int) -> EntityEvidence:
    return replace(evidence, silent=np.arange(len(evidence.total)) == entity)


def test_who_is_silent_opens_nothing_and_names_what_its_callers_open() -> None:
    [step] = stepped(Trigger(BAR), [silent_in(symptoms_of(8.0, 0.0, 0.0), 2)])
    assert step.opened is None
    [step] = stepped(Trigger(BAR), [silent_in(symptoms_of(12.0, 0.0, 0.0), 2)])
    assert step.opened is not None
    assert (step.opened.entity, step.opened.why) == (2, "no sample of any of its parts")


def test_who_falls_silent_soon_after_takes_part() -> None:
    trigger, callers = Trigger(BAR), symptoms_of(12.0, 0.0, 0.0)
    stepped(trigger, [callers, silent_in(callers, 2)])
    assert trigger.involved.tolist() == [True, False, True]
