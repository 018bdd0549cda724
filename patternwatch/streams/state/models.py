"""The model that serves, and how another takes its place while requests go on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from patternwatch import __version__
from patternwatch.classifier.factory import open_model
from patternwatch.classifier.few_shot import Embedder, EmbeddingSpace
from patternwatch.classifier.model import ShapeModel
from patternwatch.contracts.errors import ModelError
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()

Open: TypeAlias = Callable[[str, str], Embedder | None]


class ModelReloader:
    """Holds the model of the moment; looks again and again whether its location has another one.

    Whoever took `current` keeps it: a report in the making ends with the model that it began with.
    """

    def __init__(
        self,
        first: EmbeddingSpace,
        location: str,
        metrics: WorkerMetrics,
        open_model: Open = open_model,
    ) -> None:
        self.current = first
        self._location = location
        self._metrics = metrics
        self._open = open_model
        self._refused = ""
        self._set_build_info()

    async def run(self, poll_s: float, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Look for another model every so often, for ever."""
        while True:
            await sleep(poll_s)
            await self.poll()

    async def poll(self) -> None:
        """Take the location's model, where it is another one and may be served; else keep the old one."""
        try:
            # Not in the threads of the analysis: a slow server must not hold scans up.
            found = await asyncio.to_thread(self._open, self._location, self.current.model.sha256)
        except ModelError as error:
            self._reject(error)
            return
        self._refused = ""
        if found is not None:
            before, self.current = self.current, EmbeddingSpace(found)
            self._metrics.model_swaps.inc()
            self._set_build_info()
            log.info("model.swapped", model=found.version, before=before.model.version)

    def _reject(self, error: ModelError) -> None:
        self._metrics.model_refused.inc()
        write = log.error if str(error) != self._refused else log.debug  # once for each reason
        self._refused = str(error)
        write("model.refused", problem=error.problem, remedy=error.remedy, kept=self.current.model.version)

    def _set_build_info(self) -> None:
        self._metrics.build.info({"version": __version__, "model": self.current.model.version})


def first_model(location: str) -> ShapeModel:
    """The model to start with: the location's, or the shipped one where that must not be served."""
    try:
        found = open_model(location)
    except ModelError as error:
        found = ShapeModel.load()
        log.error("model.refused", problem=error.problem, remedy=error.remedy, kept=found.version)
    assert found is not None, "without a known hash there is always one"
    return found
