"""Pairs of faults are as they are said to be, and what became of them is scored as it should be."""

from typing import Literal

import pytest

from benchmarks.watch.faults import Fault
from benchmarks.watch.metrics import DAY_ROWS
from benchmarks.watch.replay import LEARNED_DAYS, TICK_ROWS, Tick
from benchmarks.watch.second import APART_ROWS, FORMS, LATER_ROWS, Pair, pairs_of, told_of
from benchmarks.watch.topology import drawn
from patternwatch.watch.episodes.observation import Observation, Opening, SeenEntity

ROW = LEARNED_DAYS * DAY_ROWS
FIRST, SECOND = Fault(ROW, 1, "errors", 3.0, 60), Fault(ROW + LATER_ROWS, 2, "latency", 3.0, 40)


def test_pairs_come_in_turn_and_are_no_neighbours() -> None:
    topology = drawn(1000, seed=2)
    pairs = pairs_of(topology, seed=2)
    assert [pair.form for pair in pairs[:4]] == [*FORMS, FORMS[0]]
    for pair in pairs:
        first, second = pair.first.service, pair.second.service
        assert (first == second) == (pair.form == "grows")
        assert topology.callee[first] != second or first == second
        assert topology.callee[second] != first or first == second
        assert pair.second.row - pair.first.row == LATER_ROWS
        assert (pair.first.row + pair.first.rows < pair.second.row) == (pair.form == "ended")


def ticks(**opened: str) -> list[Tick]:
    """A hundred ticks; those given open by the entity that they name."""
    found = []
    for n in range(APART_ROWS // TICK_ROWS):
        name = opened.get(f"n{n}")
        opening = None if name is None else Opening(name, 0, 9.0, "")
        seen = () if name is None else (SeenEntity(name, 9.0, 0),)
        found.append(Tick(ROW + n * TICK_ROWS, Observation(0, opening, entities=seen)))
    return found


Form = Literal["kept", "grows"]


@pytest.mark.parametrize(
    ("form", "opened", "told"),
    [
        ("kept", {"n1": "svc001", "n12": "svc002"}, (True, True, 0)),
        ("kept", {"n1": "svc001"}, (True, False, 0)),
        ("kept", {"n1": "svc003", "n12": "svc003", "n30": "svc002"}, (False, False, 1)),
        ("kept", {"n12": "shop/svc002"}, (False, True, 0)),
        ("grows", {"n1": "svc001"}, (True, False, 0)),
        ("grows", {"n1": "svc001", "n14": "svc001"}, (True, True, 1)),
    ],
)
def test_a_pair_is_told_once_each(form: Form, opened: dict[str, str], told: tuple[bool, bool, int]) -> None:
    pair = Pair(form, FIRST, SECOND if form == "kept" else Fault(SECOND.row, 1, "errors", 5.0, 40))
    found = told_of(pair, ticks(**opened))
    assert (found.first, found.second, found.too_many) == told
