"""One small analysis before the first real one, so that compiled code and the model are in memory."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import Callable

import numpy as np
import structlog

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings

log = structlog.get_logger()

_JOBS = 2
_METRICS = ("request_latency_seconds", "cpu_usage", "heap_used", "disk_used")
"""Metrics whose rise counts, of `BROAD` categories: a job of fewer would propose no onset of its own, and one
of a category without weight would give no findings."""


def set_aside() -> None:
    """Take what lives as long as the process out of the garbage collector's sight; garbage goes first.

    A worker holds some hundred thousand objects of its libraries that it never lets go of. Each full
    collection would look at all of them, and an analysis makes enough objects for one: a tenth of its time.
    """
    gc.collect()
    gc.freeze()


async def loaded(warm_up: Callable[[], object]) -> None:
    """Load what a source's samples go through; one that fails is logged, and keeps no worker from work.

    A shard that comes before it is done compiles the same code itself. Nor does the end of the process wait
    for it, hence a daemon thread.
    """
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def load() -> None:
        try:
            warm_up()
        except Exception:  # whoever needs it meets the same, and says what of
            log.exception("worker.warm_up.failed")
        with contextlib.suppress(RuntimeError):  # the loop is closed: the worker has ended meanwhile
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=load, name="warm-up", daemon=True).start()
    await ended.wait()


def warm_up(classifier: ShapeClassifier, settings: AnalysisSettings) -> Report:
    """Analyse a few made-up series that step up, with all that a real request goes through.

    The report has findings: names of shapes and evidence are made for findings only.
    """
    rows, step = settings.window_rows, settings.step_ms
    window = Window(start_ms=step, split_ms=step * (rows - rows // 5), end_ms=step * rows, step_ms=step)
    labels = [{"__name__": name, "job": str(job)} for job in range(_JOBS) for name in _METRICS]
    values = np.random.default_rng(1).normal(10.0, 1.0, (len(labels), rows))
    values[:, window.split_row :] += 20.0
    batch = SeriesBatch(
        labels=labels,
        times=window.times(),
        values=values,
        derivation=[""] * len(labels),
    )
    request = AnalysisRequest(
        request_id="warm-up",
        tenant="warm-up",
        trigger="manual",
        title="warm-up",
        matchers=(Matcher(name="__name__", op="=~", value=".+"),),
        window=window,
        requested_at_ms=window.end_ms,
    )
    shards = plan_shards(request, dict.fromkeys(_METRICS, _JOBS), settings)
    results = [scan(shard, batch, settings) for shard in shards]
    return conclude(request, results, classifier, settings)
