"""A Faust agent that only passes records on: the floor of what Faust itself costs.

    python -m benchmarks.bare_agent BOOTSTRAP IN OUT

With the settings of a worker's app, and like a worker it waits until Kafka has confirmed what it sends.
"""

import asyncio
import sys
from typing import Any

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.streams.consumer.faust_app import build_app
from patternwatch.streams.settings import WorkerSettings

_RAW: dict[str, Any] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}


async def pass_on_for_ever(bootstrap: str, taken: str, given: str) -> None:
    """Send each record of one topic to the other, one after the other."""
    app = build_app(WorkerSettings(group="bare-agent", kafka=KafkaSettings(bootstrap=bootstrap)))
    out = app.topic(given, **_RAW)

    async def pass_on(stream: Any) -> None:
        async for value in stream:
            await (await out.send(value=value))

    app.agent(app.topic(taken, **_RAW), name="bare", concurrency=1)(pass_on)
    async with app:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(pass_on_for_ever(*sys.argv[1:4]))
