"""A job is no trouble of the hour at which it first ran; what is new, goes on or fails is."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.recurrent_work import comes_again
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Vector
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import World

RNG = np.random.default_rng(11)


def runs(*begins: int, length: int = 20, last: int = 0) -> Vector:
    """1 in the rows of each run, else 0; the last one of another length if that is given."""
    on = np.zeros(ROWS)
    for begin in begins:
        on[begin : begin + (last if last and begin == begins[-1] else length)] = 1.0
    return on


def report_of(on: Vector, errors: Vector | None = None) -> Report:
    world = World()
    world.services(6)
    own = {"job": "batch", "service": "batch", "instance": "batch-0:8080"}
    noise = RNG.normal(size=ROWS)
    world.add("mail_queue_length", np.abs(noise).round() + 1000.0 * on, **own)
    world.add("process_cpu_usage", 0.02 + 0.5 * on + 0.002 * noise, **own)
    if errors is not None:
        world.add("mails_failed_ratio", 0.001 + errors, **own)
    return world.report()


@pytest.mark.parametrize("begins", [(62, 162, 262), (142, 262), (100, 180, 258)])
def test_a_job_whose_first_run_lies_in_the_window_names_nobody(begins: tuple[int, ...]) -> None:
    entities = report_of(runs(*begins)).entities
    assert max((entity.score for entity in entities), default=0.0) < CLEAR_SCORE


def test_a_job_that_fails_this_time_is_the_cause() -> None:
    report = report_of(runs(62, 162, 262), errors=0.4 * runs(262))
    assert report.findings[0].labels["__name__"] == "mails_failed_ratio"
    assert report.entities[0].score > 0.5 * CLEAR_SCORE


@pytest.mark.parametrize(
    ("on", "is_job"),
    [
        (runs(62, 162, 262), True),
        (runs(62, 162), True),
        (runs(245, 275, length=8), False),  # nothing of it in two hours before: it is new
        (runs(62, 162, 262, last=38), False),  # goes on for longer than ever
        (runs(262), False),
        (-runs(62, 162, 262), False),  # work that is lost is none
    ],
)
def test_what_is_a_job(on: Vector, is_job: bool) -> None:
    row = int(np.flatnonzero(on)[0])
    moved = deviation_stats(on[None], row)
    assert comes_again(on[None], row, moved, ["cpu"]).tolist() == [is_job]
    assert comes_again(on[None], row, moved, ["error"]).tolist() == [False]


def test_what_began_within_the_window_shows_too_few_of_its_runs() -> None:
    on = runs(231, 262)
    on[:185] = np.nan
    assert comes_again(on[None], 231, deviation_stats(on[None], 231), ["disk"]).tolist() == [False]


def test_gaps_and_another_level_change_nothing() -> None:
    on = 3.0 + runs(62, 162, 262) + 0.01 * RNG.normal(size=ROWS)
    on[::7] = np.nan  # the first row among them
    assert comes_again(on[None], 62, deviation_stats(on[None], 62), ["disk"]).tolist() == [True]
    assert comes_again(on[None], SPLIT, deviation_stats(on[None], SPLIT), ["disk"]).tolist() == [False]
