"""Whether a broker answers: a real metadata request, not just an open port."""

import asyncio

from aiokafka.errors import KafkaError

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.clients import admin_client, close_client, quiet_client


def broker_answers(bootstrap: str, timeout_s: float = 5.0) -> bool:
    """Ask the broker for its metadata once; runs an event loop of its own, so not from within one."""
    return asyncio.run(answers(KafkaSettings(bootstrap=bootstrap), timeout_s))


async def answers(settings: KafkaSettings, timeout_s: float = 5.0) -> bool:
    """Ask the broker for its metadata once."""
    with quiet_client():
        admin = admin_client(settings, timeout_ms=int(timeout_s * 1000))
        try:
            async with asyncio.timeout(timeout_s):
                await admin.start()
                described = await admin.describe_cluster()
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await close_client(admin)
    return bool(described.get("brokers"))
