from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands configure logging for their process; a test's process has others after them."""
    yield
    structlog.reset_defaults()
