"""A worker process over the fake source and model: `python -m tests.streams.worker_process`.

Its source takes a while for each fetch, so that there is work in hand when the process is killed.
"""

import asyncio
import sys

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.streams.main import run
from patternwatch.streams.settings import WorkerSettings
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource


class SlowSource(FakeSource):
    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        await asyncio.sleep(0.2)
        return await super().fetch(tenant, matchers, window)


if __name__ == "__main__":
    sys.exit(run(WorkerSettings(), lambda settings: (SlowSource(), FakeShapes())))
