"""Episodes at a real Alertmanager: they fire, they resolve, and a tick never waits for one that is away."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from patternwatch.contracts.alarm_settings import AlarmSettings
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.watches import make_watch
from patternwatch.streams.agents.watches.alarms import Alarms
from patternwatch.streams.metrics import WorkerMetrics
from tests.fakes.clock import NOW_MS
from tests.support import free_port, require_program, running

WATCH = make_watch("default", "shop", "up")
EPISODE = Episode(
    tenant="default",
    watch="shop",
    cause="cart",
    report_id="e1",
    opened_ms=NOW_MS,
    last_seen_ms=NOW_MS,
    open=True,
    why="cart: errors rise",
)


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[str]:
    config = tmp_path / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    port = free_port()
    command = [
        require_program("prometheus-alertmanager"),
        f"--config.file={config}",
        f"--storage.path={tmp_path}/storage",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, tmp_path / "alertmanager"):
        yield f"http://127.0.0.1:{port}"


async def shown(url: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient() as client:
        found: list[dict[str, Any]] = (await client.get(f"{url}/api/v2/alerts")).json()
        return found


async def told(alarms: Alarms, episode: Episode, at_ms: int) -> None:
    alarms.tell(WATCH, episode, at_ms)
    await alarms.flush()


async def test_an_episode_fires_and_resolves_at_a_real_alertmanager(alertmanager: str) -> None:
    metrics = WorkerMetrics()
    alarms = Alarms(AlarmSettings(alertmanager_url=alertmanager, page_url="https://pw.example"), metrics)
    now_ms = time.time_ns() // 1_000_000  # Alertmanager resolves by the wall clock
    episode = EPISODE.model_copy(update={"opened_ms": now_ms - 60_000, "last_seen_ms": now_ms})
    async with asyncio.timeout(60):
        while not metrics.registry.get_sample_value("patternwatch_alarms_total", {"outcome": "sent"}):
            await told(alarms, episode, now_ms)
            await asyncio.sleep(0.1)
        (alert,) = await shown(alertmanager)
        assert alert["labels"]["entity"] == "cart"
        assert alert["labels"]["severity"] == "warning"
        assert alert["generatorURL"] == "https://pw.example/t/default/reports/e1"
        over = episode.model_copy(update={"open": False, "last_seen_ms": now_ms - 1})
        await told(alarms, over, now_ms)
        while await shown(alertmanager):
            await asyncio.sleep(0.1)
    sent = metrics.registry.get_sample_value("patternwatch_alarms_total", {"outcome": "sent"})
    await told(alarms, over, now_ms)
    assert metrics.registry.get_sample_value("patternwatch_alarms_total", {"outcome": "sent"}) == sent
    await alarms.close()


async def test_what_could_not_be_sent_is_sent_at_the_next_tick_and_holds_none_up() -> None:
    metrics, answers, asked = WorkerMetrics(), [503, 200], list[httpx.Request]()

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        await asyncio.sleep(0.01)
        return httpx.Response(answers.pop(0), text="no quorum")

    settings = AlarmSettings(alertmanager_url="http://am:9093", authorization="Bearer x")
    alarms = Alarms(settings, metrics, httpx.MockTransport(answer))
    alarms.tell(WATCH, EPISODE, NOW_MS)
    alarms.tell(WATCH, EPISODE, NOW_MS + 1)  # the first is on its way still
    assert asked == []
    await alarms.flush()
    await told(alarms, EPISODE, NOW_MS + 60_000)
    assert [request.headers["Authorization"] for request in asked] == ["Bearer x"] * 2
    for outcome in ("failed", "sent"):
        assert metrics.registry.get_sample_value("patternwatch_alarms_total", {"outcome": outcome}) == 1.0
    await alarms.close()


async def test_without_an_address_nothing_is_sent() -> None:
    alarms = Alarms(AlarmSettings(), WorkerMetrics())
    await told(alarms, EPISODE, NOW_MS)
    await alarms.close()


def test_labels_that_are_ours_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="entity are set by patternwatch"):
        AlarmSettings(labels={"entity": "x"})
