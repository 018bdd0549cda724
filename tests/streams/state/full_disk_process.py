"""Reads the states of a worker where no file can be written.

The first line of stdin holds the settings of Kafka; it prints how many alerts and looks are known.
"""

import asyncio
import resource
import sys

from patternwatch.contracts.settings import KafkaSettings, LogSettings
from patternwatch.logs import configure_logs
from patternwatch.streams.state.joined_alerts import KafkaJoinedAlertStore
from patternwatch.streams.state.kafka_looks import KafkaLookStore
from tests.fakes.messages import TENANT
from tests.fakes.publisher import FakePublisher


async def main(settings: KafkaSettings, number: int) -> None:
    alerts = KafkaJoinedAlertStore(settings, FakePublisher())
    looks = KafkaLookStore(settings, FakePublisher())
    await asyncio.gather(alerts.start(), looks.start())
    known = [await alerts.of(TENANT, f"f{n}") for n in range(number)]
    states = [await looks.of(TENANT, f"r{n}") for n in range(number)]
    found = [sum(one is not None for one in known), sum(one is not None for one in states), len(looks.looks)]
    sys.stdout.write(" ".join(map(str, found)))
    await asyncio.gather(alerts.stop(), looks.stop())


if __name__ == "__main__":
    configure_logs(LogSettings())
    told = KafkaSettings.model_validate_json(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    asyncio.run(main(told, int(sys.argv[1])))
