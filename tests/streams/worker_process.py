"""A worker process over a fake source and model: `python -m tests.streams.worker_process [HOW]`.

slow      (the default) each fetch takes a while, so that there is work in hand when the process is killed
deadly    the shard of one metric kills the process, as the kernel does for memory
hanging   no fetch ever ends
warming   the warm-up never ends
watching  a live source, with a fault while the file of the variable FAULT says so
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import structlog

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams import worker
from patternwatch.streams.main import leave, run
from patternwatch.streams.settings import WorkerSettings
from tests.fakes.live_source import LiveSource
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource

log = structlog.get_logger()

DEADLY = "metric_3"


class SlowSource(FakeSource):
    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        await asyncio.sleep(0.2)
        return await super().fetch(tenant, matchers, window)


class DeadlySource(SlowSource):
    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        batch = await super().fetch(tenant, matchers, window)
        if any(matcher.value == DEADLY for matcher in matchers):
            os.kill(os.getpid(), signal.SIGKILL)
        return batch


class HangingSource(FakeSource):
    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        log.info("source.asked")
        await asyncio.sleep(3600)
        raise AssertionError


def warm_for_ever(*_: Any) -> Any:
    log.info("warming")
    threading.Event().wait(3600)


if __name__ == "__main__":
    how = sys.argv[1] if len(sys.argv) > 1 else "slow"
    sources = {"slow": SlowSource, "deadly": DeadlySource, "hanging": HangingSource}
    if how == "warming":
        setattr(worker, "warm_up", warm_for_ever)  # noqa: B010 - it is of another type
    source: SeriesSource = sources.get(how, FakeSource)()
    if how == "watching":
        source = LiveSource(Path(os.environ["FAULT"]))
    leave(run(WorkerSettings(), lambda settings: (source, FakeShapes())))
