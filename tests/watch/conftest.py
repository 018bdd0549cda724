"""A small cluster whose watch knows a quiet week: learned once, for all tests."""

import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import labels_of, learned


@pytest.fixture(scope="session")
def kept() -> bytes:
    """A watch that knows a quiet week, to begin each test with."""
    return learned(labels_of(), days=7).snapshot()


@pytest.fixture
def watch(kept: bytes) -> ClusterWatch:
    """The same, to go on with."""
    return ClusterWatch.restore(kept, AnalysisSettings())
