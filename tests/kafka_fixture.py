"""A real Kafka for tests, for whoever names `kafka` or `kafka_settings`."""

import uuid
from collections.abc import Iterator

import pytest

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.dev.commands import DevKafka
from tests.support import free_port, require_program


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevKafka]:
    """One broker for all tests of a process; skips (fails in CI) where Java or Maven is missing."""
    require_program("java")
    require_program("mvn")
    with DevKafka(tmp_path_factory.mktemp("kafka"), free_port()) as broker:
        yield broker


@pytest.fixture
def kafka_settings(kafka: DevKafka) -> KafkaSettings:
    """Settings with a topic prefix of the test's own, so that tests do not see each other's records."""
    return KafkaSettings(
        bootstrap=kafka.bootstrap,
        topic_prefix=f"t{uuid.uuid4().hex[:8]}.",
        partitions=2,
        connect_timeout_s=10,
    )
