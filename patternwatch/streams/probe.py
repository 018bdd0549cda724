"""Whether a broker answers: a real metadata request, not just an open port."""

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError


def broker_answers(bootstrap: str, timeout_s: float = 5.0) -> bool:
    """Ask the broker for its metadata once; runs an event loop of its own, so not from within one."""
    return asyncio.run(answers(bootstrap, timeout_s))


async def answers(bootstrap: str, timeout_s: float = 5.0) -> bool:
    """Ask the broker for its metadata once."""
    quiet = logging.getLogger("aiokafka")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)  # each refused connection is expected here, not an error
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=int(timeout_s * 1000))
    try:
        async with asyncio.timeout(timeout_s):
            await admin.start()
            described = await admin.describe_cluster()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
        quiet.setLevel(level)
    return bool(described.get("brokers"))
