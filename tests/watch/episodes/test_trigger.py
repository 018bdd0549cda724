"""What several services show at once, a machine that is not well, and a cause that comes later."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from patternwatch.watch.episodes.evidence import EntityEvidence
from patternwatch.watch.episodes.trigger import Step, Trigger
from patternwatch.watch.suspects.suspects import NO_SUSPECTS

BAR = 9.0


def symptoms_of(*values: float) -> EntityEvidence:
    """Symptoms of each entity, each of many series."""
    felt = np.array(values, dtype=np.float32)
    none, no = np.zeros_like(felt), np.zeros(len(felt), dtype=np.bool_)
    owner = np.empty(0, dtype=np.int64)
    by_role = felt, felt, none, none, none, felt, none, none, felt
    return EntityEvidence(*by_role, no, no, no, NO_SUSPECTS, owner, no[:0])


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


@pytest.mark.parametrize(
    ("first", "then", "opened"),
    [
        pytest.param(12.0, 5.0, [(2, 0), (15, 1)], id="faded"),
        pytest.param(12.0, 12.0, [(2, 0)], id="goes on"),
    ],
)
def test_a_later_cause_opens_where_the_first_trouble_has_faded(
    first: float, then: float, opened: list[tuple[int, int]]
) -> None:
    ticks = [
        symptoms_of(first if k == 2 else then if k > 2 else 0, 20.0 if k >= 14 else 0) for k in range(20)
    ]
    steps = stepped(Trigger(BAR), ticks)
    assert [(k, step.opened.entity) for k, step in enumerate(steps) if step.opened] == opened
    assert [k for k, step in enumerate(steps) if step.over] == [k - 1 for k, _ in opened[1:]]


def test_what_joins_at_the_beginning_is_the_same_trouble() -> None:
    ticks = [symptoms_of(12.0 if k == 2 else 5.0, 20.0 if k >= 8 else 0.0) for k in range(20)]
    assert [k for k, step in enumerate(stepped(Trigger(BAR), ticks)) if step.opened] == [2]
