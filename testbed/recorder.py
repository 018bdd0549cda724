"""Runs a schedule of faults against a running stack."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

import httpx
import psycopg
import redis

from testbed.config.monitoring import SCRAPE_SECONDS
from testbed.faults.registry import FAULTS
from testbed.journal import Entry, Journal
from testbed.schedule import Timing, Window, plan_windows
from testbed.stack import Stack


def _now_ms() -> int:
    return int(time.time() * 1000)


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S", time.gmtime()), text, file=sys.stderr, flush=True)


def _entry(window: Window, cluster: str) -> Entry:
    name = f"{window.name}-{cluster}" if window.is_control else window.name
    if window.is_control:
        return Entry(name, "none", "", "none", _now_ms())
    fault = FAULTS[window.name]
    return Entry(name, fault.name, fault.culprit, fault.fault_type, _now_ms())


async def run_schedule(
    stack: Stack, names: list[str], timing: Timing, say: Callable[[str], None] = _say
) -> Journal:
    """Record all windows; the journal is on disk after every event.

    A window whose injection fails is kept with a note and the schedule goes on.
    """
    journal = Journal(
        stack.layout.work / "journal.json",
        stack.options.cluster,
        SCRAPE_SECONDS * 1000,
        stack.layout.prometheus_url,
    )
    journal.write()
    began = time.monotonic()

    async def until(offset: float) -> None:
        await asyncio.sleep(max(0.0, began + offset - time.monotonic()))

    for window in plan_windows(names, timing):
        await until(window.starts)
        entry = _entry(window, stack.options.cluster)
        journal.entries.append(entry)
        journal.write()
        say(f"{entry.name}: baseline")
        await until(window.breaks)
        say(f"{entry.name}: fault on")
        entry.at_ms = _now_ms()
        journal.write()
        try:
            async with _injection(stack, window):
                await until(window.ends)
                entry.end_ms = _now_ms()
        except (httpx.HTTPError, psycopg.Error, redis.RedisError, OSError) as error:
            entry.note = f"{type(error).__name__}: {error}"
        entry.end_ms = entry.end_ms or _now_ms()
        journal.write()
        say(f"{entry.name}: fault off {entry.note}")
    return journal


def _injection(stack: Stack, window: Window) -> AbstractAsyncContextManager[None]:
    return nullcontext() if window.is_control else FAULTS[window.name].inject(stack)
