"""Who asks by hand waits for a source that is coming back, and is told at once of a wrong address."""

import pytest

from patternwatch.cli.patience import PATIENT_TRIES, patiently
from patternwatch.contracts.errors import SourceError, SourceRefusedError, SourceUnavailableError

EMPTY_RING = SourceUnavailableError("empty ring", status=400)


class Source:
    """Fails so often, then answers 7."""

    def __init__(self, error: SourceError, times: int) -> None:
        self.error, self.times, self.asked = error, times, 0
        self.pauses: list[float] = []

    async def ask(self) -> int:
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        return 7

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)


async def test_a_source_that_comes_back_is_waited_for() -> None:
    source = Source(EMPTY_RING, PATIENT_TRIES - 1)
    assert await patiently(source.ask, sleep=source.sleep) == 7
    assert len(source.pauses) == PATIENT_TRIES - 1


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (EMPTY_RING, PATIENT_TRIES),
        (SourceUnavailableError("connection refused"), 1),
        (SourceRefusedError("parse error", status=400), 1),
    ],
    ids=["away for good", "nobody answers", "a mistake"],
)
async def test_what_waiting_does_not_help_is_told(error: SourceError, asked: int) -> None:
    source = Source(error, 99)
    with pytest.raises(type(error)):
        await patiently(source.ask, sleep=source.sleep)
    assert source.asked == asked
