"""One small analysis before the first real one, so that compiled code and the model are in memory."""

import gc

import numpy as np

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings

_SERIES = 8
_METRIC = "request_latency_seconds"
"""A metric whose rise counts: one of a category without weight would give a report without findings."""


def warm_up(classifier: ShapeClassifier, settings: AnalysisSettings) -> Report:
    """Analyse a few made-up series that step up, with all that a real request goes through.

    The report has findings: names of shapes and evidence are made for findings only.
    """
    rows, step = settings.rows, settings.step_ms
    window = Window(start_ms=step, split_ms=step * (rows - rows // 5), end_ms=step * rows, step_ms=step)
    values = np.random.default_rng(1).normal(10.0, 1.0, (_SERIES, rows))
    values[:, window.split_row :] += 20.0
    batch = SeriesBatch(
        labels=[{"__name__": _METRIC, "job": str(number)} for number in range(_SERIES)],
        times=window.times(),
        values=values,
        derivation=[""] * _SERIES,
    )
    request = AnalysisRequest(
        request_id="warm-up",
        tenant="warm-up",
        trigger="manual",
        title="warm-up",
        matchers=(Matcher(name="__name__", value=_METRIC),),
        window=window,
        requested_at_ms=window.end_ms,
    )
    shards = plan_shards(request, {_METRIC: _SERIES}, settings)
    results = [scan(shard, batch, settings) for shard in shards]
    return conclude(request, results, classifier, settings)


def settle() -> None:
    """Let the garbage collector pass over what was loaded by now, which lives as long as the process.

    A full collection walks over every object, a quarter of a million after a warm-up: a fifth of a second in
    the midst of an analysis.
    """
    gc.collect()
    gc.freeze()
