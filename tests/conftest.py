"""What every test of the suite is given."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import settings

from tests.api.postgres import postgres
from tests.kafka_fixture import kafka, kafka_settings

__all__ = ["kafka", "kafka_settings", "postgres"]

# A busy machine is no fault of the code.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")


def pytest_configure() -> None:
    """Let Ctrl-C through: a suite started in the background ignores it, and so would what it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: many tests wait for a server of theirs to start."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def loggers_of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep no logger beyond a test: a cached one would write to a captured stream that is closed by then."""
    configure = structlog.configure

    def uncached(**settings: Any) -> None:
        configure(**settings | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", uncached)
    yield
    structlog.reset_defaults()
