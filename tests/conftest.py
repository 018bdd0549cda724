"""What every test of the suite is given."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog


@pytest.fixture(autouse=True)
def loggers_of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep no logger beyond a test: a cached one would write to a captured stream that is closed by then."""
    configure = structlog.configure

    def uncached(**settings: Any) -> None:
        configure(**settings | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", uncached)
    yield
    structlog.reset_defaults()
