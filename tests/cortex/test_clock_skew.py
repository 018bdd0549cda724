"""Clocks that are apart: an analysis looks at another time than that of the trouble, silently."""

from email.utils import formatdate

import httpx
import pytest
import structlog

from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.clock_skew import EVERY_S, ClockWatch
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.source import source_ahead_s

NOW_S = 1_700_000_000.0


def heard(watch: ClockWatch, ahead_s: float, **more: str) -> int | None:
    """How far apart is said on an answer of a source that is so far ahead, if anything is."""
    with structlog.testing.capture_logs() as logs:
        watch.heard({"Date": formatdate(NOW_S + ahead_s, usegmt=True)} | more)
    return logs[0]["ahead_s"] if logs else None


@pytest.mark.parametrize(("ahead_s", "said"), [(0, None), (-20, None), (600, 600), (-7200, -7200)])
def test_clocks_that_are_apart_are_told(ahead_s: float, said: int | None) -> None:
    assert heard(ClockWatch("http://x", lambda: NOW_S), ahead_s) == said


def test_it_is_told_now_and_then_and_not_of_what_a_cache_gives() -> None:
    moment = [0.0]
    watch = ClockWatch("http://x", lambda: NOW_S, lambda: moment[0])
    assert heard(watch, -600, Age="599") is None
    assert [heard(watch, 600), heard(watch, 600)] == [600, None]
    moment[0] += EVERY_S
    assert heard(watch, 600) == 600


def test_what_is_known_is_that_of_the_last_answer() -> None:
    watch, known = ClockWatch("http://x", lambda: NOW_S), []
    for ahead_s in (0, 600, -90, 5):
        heard(watch, ahead_s)
        known.append(round(watch.ahead_s))
    assert known == [0, 600, -90, 0]


async def test_every_answer_of_a_source_is_heard() -> None:
    late = formatdate(1000, usegmt=True)
    answer = httpx.Response(200, json={"status": "success", "data": []}, headers={"Date": late})
    settings = SourceSettings(url="http://source")
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        with structlog.testing.capture_logs() as logs:
            await Connection(settings, client).ask("a", "labels")
    assert [line["event"] for line in logs] == ["source.clock_differs"]
    assert logs[0]["ahead_s"] < -1_000_000
    source = PrometheusSource(settings, httpx.MockTransport(lambda _: answer))
    assert source_ahead_s(source) == 0.0
    await source.values("a", (), "job", Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1))
    assert source_ahead_s(source) < -1_000_000
    await source.close()
