"""A real Kafka with a quota on what a client may send."""

import asyncio
import os
import subprocess
import uuid

from structlog.testing import capture_logs

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS
from patternwatch.kafka.delivery import WaitForBroker
from patternwatch.kafka.dev.jars import kafka_jars
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.throttle import TOLD_S, Throttle
from patternwatch.kafka.topics import ensure_topics
from patternwatch.kafka.unsent import SLOW_S, Unsent
from tests.fakes.clock import FakeClock


def give_quota(settings: KafkaSettings, client_id: str, bytes_a_second: int) -> None:
    """As `kafka-configs --alter` does."""
    quota = ["--add-config", f"producer_byte_rate={bytes_a_second}"]
    whose = ["--entity-type", "clients", "--entity-name", client_id]
    command = ["java", "-cp", f"{kafka_jars()}/*", "kafka.admin.ConfigCommand"]
    server = ["--bootstrap-server", settings.bootstrap]
    subprocess.run([*command, *server, "--alter", *quota, *whose], check=True, capture_output=True)


async def test_a_quota_makes_a_publisher_slow_and_no_broker_look_away(kafka_settings: KafkaSettings) -> None:
    """It ran into timeouts and connected anew, again and again, and was told that no broker answers."""
    client_id = f"slow-{uuid.uuid4().hex[:8]}"
    await ensure_topics(kafka_settings)
    await asyncio.to_thread(give_quota, kafka_settings, client_id, 5000)
    publisher = KafkaPublisher(kafka_settings, client_id, WaitForBroker())
    await publisher.start()
    with capture_logs() as logs:
        for number in range(2):
            await publisher.send(REPORTS, b"%d" % number, os.urandom(60_000))
        third = asyncio.create_task(publisher.send(REPORTS, b"3", b"waits its turn"))
        await publisher.ping()
        assert not third.done(), "a connection that nobody reads has answered nothing"
        await third
    assert [line["event"] for line in logs] == ["kafka.throttled"]
    assert logs[0]["client_id"] == client_id
    await publisher.close()


def test_a_quota_is_told_for_a_minute_after_the_broker_named_a_time() -> None:
    clock = FakeClock()
    throttle, unsent = Throttle("worker", clock), Unsent(clock)
    throttle.told(1, 0)
    assert not throttle.holds
    throttle.told(1, 3000)
    with unsent.sending("reports"):
        clock.now += SLOW_S + 1
        assert not throttle.holds
        assert "for 16 s: a quota of Kafka's holds back" in unsent.why(throttle.why())
        clock.now += TOLD_S
        assert "too few copies in sync" in unsent.why(throttle.why())
