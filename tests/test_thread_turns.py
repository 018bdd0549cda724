"""Both processes let their event loop have its turn soon, beside threads that compute."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from patternwatch.api import main as api
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import InputError
from patternwatch.streams import main as streams
from patternwatch.streams.settings import WorkerSettings
from patternwatch.thread_turns import TURN_S


@pytest.fixture(autouse=True)
def turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


def test_a_worker_takes_short_turns() -> None:
    def no_source(_: WorkerSettings) -> None:
        raise InputError("no source", "name one")

    assert streams.run(WorkerSettings(), no_source) == streams.BAD_INPUT  # type: ignore[arg-type]
    assert sys.getswitchinterval() == pytest.approx(TURN_S)


def test_the_api_takes_short_turns(tmp_path: Path) -> None:
    elsewhere = ApiSettings(host="0.0.0.0", database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db")
    with pytest.raises(InputError):
        api.run(elsewhere)
    assert sys.getswitchinterval() == pytest.approx(TURN_S)
