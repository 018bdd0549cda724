"""The load: small requests at an even pace, whether or not anybody answers (open loop).

Three ways in, in turns: an analysis asked for at the API, an alert by webhook, a request straight onto its
topic. Each attempt asks for a cluster of its own, `k3-000123`, so that its report tells whose it is. What
came by webhook may be followed by further alerts of the same trouble, one a webhook, as many parts of one
system send them: they join that analysis.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.faults.ledger import Ledger
from benchmarks.faults.source import AT_MS, CASES, END_MS, STEP_MS, cluster_of
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.times import timestamp
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.topics import REQUESTS
from patternwatch.cortex.transport import AiohttpTransport
from patternwatch.kafka.producer import KafkaPublisher

TENANT = "lab"
WAYS = ("api", "webhook", "topic")
_ANSWER_S = 15.0
_CONNECTIONS = 1000
"""At once: as many as wait for an answer while the broker is away."""
FURTHER_S = 0.5
"""Between two alerts of one trouble: a group of them goes on while its report is made, and after it."""


@dataclass
class Load:
    """Sends attempts and writes what became of them into the ledger.

    url      of the API
    direct   a publisher that goes past the proxy
    alerts   how many further alerts follow each attempt by webhook, `FURTHER_S` apart
    """

    url: str
    ledger: Ledger
    direct: KafkaPublisher
    alerts: int = 0
    sent: int = 0

    def __post_init__(self) -> None:
        # In httpx's own pool each request looks through all others: hundreds that wait stand still.
        self._client = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1/tenants/{TENANT}",
            timeout=_ANSWER_S,
            transport=AiohttpTransport(_CONNECTIONS, ssl.create_default_context()),
        )
        self._ways: dict[str, Callable[[int, str], Awaitable[int]]] = {
            "api": self._by_api,
            "webhook": self._by_webhook,
            "topic": self._by_topic,
        }

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def run(self, per_s: float, ends: asyncio.Event) -> None:
        """Send so many attempts a second until told to end; then wait for their answers."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(10**9):
                pause_s = began + number / per_s - loop.time()
                if pause_s > 0 and await _is_set_within(ends, pause_s):
                    return
                group.create_task(self.next())

    async def next(self) -> None:
        """The next attempt, with its outcome: acknowledged, refused (with a status) or unknown.

        All cases come by each way in turn.
        """
        number, self.sent = self.sent, self.sent + 1
        attempt, case, way = f"{number:06d}", number % CASES, WAYS[number // CASES % len(WAYS)]
        self.ledger.write("attempt", id=attempt, way=way, case=case)
        try:
            status = await self._ways[way](case, attempt)
        except (httpx.HTTPError, PatternwatchError, OSError) as error:
            self.ledger.write("unknown", id=attempt, error=type(error).__name__)
            return
        self.ledger.write("acknowledged" if status < 300 else "refused", id=attempt, way=way, status=status)
        if way == "webhook":
            await self._further(case, attempt)

    async def _further(self, case: int, attempt: str) -> None:
        """Further alerts of an attempt, each once the one before is answered, as Alertmanager does."""
        for number in range(1, self.alerts + 1):
            await asyncio.sleep(FURTHER_S)
            self.ledger.write("alert", id=attempt, number=number)
            try:
                message = webhook_of(case, attempt, number)
                answer = await self._client.post("/webhooks/alertmanager", json=message)
            except httpx.HTTPError:
                continue  # unknown: nothing was promised
            if answer.is_success:
                self.ledger.write("alert_acknowledged", id=attempt, number=number)

    async def _by_api(self, case: int, attempt: str) -> int:
        return (await self._client.post("/analyses", json=order_of(case, attempt))).status_code

    async def _by_webhook(self, case: int, attempt: str) -> int:
        return (await self._client.post("/webhooks/alertmanager", json=webhook_of(case, attempt))).status_code

    async def _by_topic(self, case: int, attempt: str) -> int:
        request = request_for_selector(
            tenant=TENANT,
            selector=_selector(case, attempt),
            at_ms=AT_MS,
            end_ms=END_MS,
            title=f"lab {attempt}",
            settings=AnalysisSettings(step_ms=STEP_MS),
            now_ms=END_MS + 60_000,
            request_id=f"lab{attempt}",
        )
        await self.direct.publish(REQUESTS, request)
        return 200


def _selector(case: int, attempt: str) -> str:
    return f'{{cluster="{cluster_of(case, attempt)}"}}'


def order_of(case: int, attempt: str) -> dict[str, Any]:
    """What the API is asked for an analysis with."""
    return {"selector": _selector(case, attempt), "at": timestamp(AT_MS), "title": f"lab {attempt}"}


def webhook_of(case: int, attempt: str, number: int = 0) -> dict[str, Any]:
    """What an Alertmanager sends of an alert: of the first one of an attempt, or of a further one."""
    cluster = cluster_of(case, attempt)
    alert = {
        "status": "firing",
        "labels": {
            "alertname": "SlowOrFailing",
            "cluster": cluster,
            "severity": "page",
            "number": str(number),
        },
        "annotations": {},
        "startsAt": timestamp(AT_MS),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
    }
    return {"version": "4", "groupKey": f"{{}}:{cluster}", "status": "firing", "alerts": [alert]}


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
