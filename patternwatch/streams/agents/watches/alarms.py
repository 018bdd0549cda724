"""Sends episodes of watches to an Alertmanager, again at every tick, as Prometheus does with its alerts.

A tick never waits for it. What could not be sent is sent at the next tick; an end that could not be sent
comes by itself, since an alert that is not sent again ends.
"""

import asyncio
from dataclasses import dataclass, field

import httpx
import structlog

from patternwatch.contracts.alarm_settings import AlarmSettings
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.watches import Watch
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.watch.episodes.alarms import alarm_of

log = structlog.get_logger()

_MAX_TOLD = 1000
_SHOWN_CHARS = 200


@dataclass(slots=True)
class Alarms:
    """The alerts of this worker's watches; does nothing without a URL.

    transport  another one than httpx's own, for tests
    """

    settings: AlarmSettings
    metrics: WorkerMetrics
    transport: httpx.AsyncBaseTransport | None = None
    _client: httpx.AsyncClient | None = None
    _sending: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _ended: dict[str, None] = field(default_factory=dict)

    def tell(self, watch: Watch, episode: Episode, at_ms: int) -> None:
        """Send how this episode is now; of one that is over once is enough."""
        key = episode.report_id
        before = self._sending.get(key)
        if not self.settings.alertmanager_url or key in self._ended or (before and not before.done()):
            return
        self._sending[key] = asyncio.create_task(self._send(watch, episode, at_ms))

    async def flush(self) -> None:
        """Wait for what is being sent; no longer than `timeout_s`."""
        await asyncio.gather(*self._sending.values(), return_exceptions=True)

    async def close(self) -> None:
        """Wait for what is being sent, and disconnect."""
        await self.flush()
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, watch: Watch, episode: Episode, at_ms: int) -> None:
        url = self.settings.alertmanager_url.rstrip("/") + "/api/v2/alerts"
        said = ""
        try:
            alert = alarm_of(watch, episode, at_ms, self.settings)
            answer = await self._open().post(url, json=[alert])
            if not answer.is_success:
                said = f"{answer.status_code}: {answer.text[:_SHOWN_CHARS]}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"{type(error).__name__}: {error}"
        self.metrics.alarms.labels("failed" if said else "sent").inc()
        if said:
            log.warning("alarm.not_sent", tenant=watch.tenant, watch=watch.name, url=url, reason=said)
        elif not episode.open:
            self._ended[episode.report_id] = None
            while len(self._ended) > _MAX_TOLD:
                del self._ended[next(iter(self._ended))]
        if not episode.open or said:
            self._sending.pop(episode.report_id, None)

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            headers = {"Authorization": self.settings.authorization} if self.settings.authorization else {}
            self._client = httpx.AsyncClient(
                timeout=self.settings.timeout_s, headers=headers, transport=self.transport, trust_env=False
            )
        return self._client
