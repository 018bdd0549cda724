"""Who names the shapes of a report: the model of the moment with the examples of the report's tenant."""

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import Executor
from typing import Protocol

import structlog

from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.streams.state.labels import LabelStore

log = structlog.get_logger()


class CurrentModel(Protocol):
    """Who holds the model that serves now."""

    @property
    def current(self) -> EmbeddingSpace:
        """The model of the moment; whoever took it may keep it."""
        ...


class ClassifierProvider(Protocol):
    """What the collector asks before it concludes a report."""

    async def of(self, tenant: str, before: Awaitable[object]) -> ShapeClassifier:
        """The namer for this tenant's next report; it stays as it is while the report is made.

        before  awaited before anything is learned: what may kill the worker must be noted by then
        """
        ...


class FewShotProvider:
    """The `ClassifierProvider` over a model and examples that may change at any time."""

    def __init__(self, models: CurrentModel, examples: LabelStore, executor: Executor) -> None:
        self._models = models
        self._examples = examples
        self._executor = executor
        self._made: dict[str, tuple[EmbeddingSpace, Sequence[LabelledExample], FewShotClassifier]] = {}

    async def of(self, tenant: str, before: Awaitable[object]) -> FewShotClassifier:
        """See `ClassifierProvider.of`; learns anew only where the model or an example has changed."""
        examples, model = await self._examples.of(tenant), self._models.current
        known = self._made.get(tenant)
        if known is None or known[0] is not model or known[1] is not examples:
            await before
            loop = asyncio.get_running_loop()
            made = await loop.run_in_executor(self._executor, FewShotClassifier, model, examples)
            known = self._made[tenant] = (model, examples, made)
            if examples:
                log.info("examples.learned", tenant=tenant, examples=len(examples), model=made.version)
        return known[2]
