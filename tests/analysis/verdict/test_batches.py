"""A batch is worked off; what piles up is not."""

import numpy as np
import pytest

from patternwatch.analysis.verdict.batches import is_worked_off
from patternwatch.analysis.verdict.symptoms import is_felt, is_work
from patternwatch.contracts.series import Vector
from tests.analysis.incidents import ROWS, made_up, report_of

FOUND = report_of(made_up()).findings[0]
ROW = np.arange(ROWS)
LEFT = np.interp(ROW, [260, 284], [4000.0, 0.0]) * (ROW >= 260)
"""Work that came at row 260 and was done at row 284."""
HELD = np.where(ROW >= 260, 4000.0, 0.0)
PILED = np.interp(ROW, [255, 270, 285], [0.0, 4000.0, 0.0])


@pytest.mark.parametrize(
    ("points", "is_batch"),
    [
        (LEFT, True),
        (np.interp(ROW, [258, 260, 284], [0.0, 4000.0, 0.0]), True),  # in two rows
        (np.where(ROW < 280, LEFT, np.nan), True),
        (LEFT + 40.0 * np.random.default_rng(1).random(ROWS), True),
        (np.where(ROW < 268, LEFT, np.nan), False),  # most of it is left
        (HELD, False),
        (HELD * (ROW % 5 < 2), False),  # it comes again and again
        (PILED, False),  # for a while more came than was taken
        (np.where(ROW >= 260, 4000.0 + 50.0 * (ROW - 260), 0.0), False),
    ],
)
def test_a_batch_came_at_once_and_is_worked_off(points: Vector, is_batch: bool) -> None:
    queue = FOUND.model_copy(
        update={
            "labels": {"__name__": "rabbitmq_queue_messages_ready"},
            "category": "saturation",
            "score": 4.5,
            "baseline": 0.0,
            "peak": float(np.nanmax(points)),
            "points": points.astype(np.float32),
        }
    )
    assert is_worked_off(queue) is is_batch
    assert is_work(queue) is is_batch
    assert is_felt([queue]) is not is_batch
