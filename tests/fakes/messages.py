"""Messages as they travel: one example of each, with what a test changes."""

from typing import Any

import numpy as np

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Evidence, Finding
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample, make_labelled_example
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.progress import Progress, Stage
from patternwatch.contracts.report import Report, SeriesCounts
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.kafka.producer import RecordPosition
from tests.fakes.clock import NOW_MS
from tests.fakes.publisher import CLUSTER

STEP_MS = 30_000
TENANT = "a"


def a_position(offset: int = 0, partition: int = 0) -> RecordPosition:
    return RecordPosition(CLUSTER, partition, offset)


def an_alert(**changes: object) -> Alert:
    fields: dict[str, object] = {
        "tenant": TENANT,
        "fingerprint": "f1",
        "status": "firing",
        "labels": {"alertname": "HighLatency", "cluster": "shop"},
        "starts_at_ms": NOW_MS - 600_000,
        "received_at_ms": NOW_MS - 500_000,
    }
    return Alert.model_validate(fields | changes)


def a_joined_alert(**changes: object) -> JoinedAlert:
    fields: dict[str, object] = {
        "tenant": TENANT,
        "fingerprint": "f1",
        "starts_at_ms": NOW_MS - 600_000,
        "name": "HighLatency",
        "request_id": "r1",
        "own_request_id": "r1",
        "at_ms": NOW_MS - 500_000,
    }
    return JoinedAlert.model_validate(fields | changes)


def a_window(end_ms: int = NOW_MS) -> Window:
    return Window.ending(end_ms, end_ms - 60 * STEP_MS, STEP_MS)


def a_request(request_id: str = "r1", **changes: object) -> AnalysisRequest:
    fields: dict[str, object] = {
        "request_id": request_id,
        "tenant": TENANT,
        "trigger": "manual",
        "title": "by hand",
        "matchers": parse_selector('{cluster="shop"}'),
        "window": a_window(),
        "requested_at_ms": NOW_MS,
    }
    return AnalysisRequest.model_validate(fields | changes)


def a_shard(request: AnalysisRequest | None = None, number: int = 0, of: int = 1) -> Shard:
    request = request or a_request()
    return Shard(
        shard_id=f"{request.request_id}-{number}",
        number=number,
        of=of,
        request=request,
        matchers=request.matchers,
        expected_series=10,
        max_candidates=100,
    )


def a_result(
    request: AnalysisRequest | None = None, number: int = 0, of: int = 1, **changes: object
) -> ShardResult:
    request = request or a_request()
    fields: dict[str, object] = {
        "shard_id": f"{request.request_id}-{number}",
        "number": number,
        "of": of,
        "request": request,
    }
    return ShardResult.model_validate(fields | changes)


def a_progress(stage: Stage, **changes: object) -> Progress:
    fields: dict[str, object] = {
        "request_id": "r1",
        "tenant": TENANT,
        "trigger": "manual",
        "title": "by hand",
        "stage": stage,
        "at_ms": NOW_MS + 1,
    }
    return Progress.model_validate(fields | changes)


def a_finding(rank: int) -> Finding:
    points = np.linspace(0, 1, 300, dtype=np.float32)
    points[5] = np.nan
    return Finding(
        rank=rank,
        series_id=f"s{rank}",
        name="rate(http_requests_total)",
        labels={"__name__": "http_requests_total", "service": "checkout"},
        derivation="rate",
        expression='rate(http_requests_total{service="checkout"}[1m])',
        entity="checkout",
        category="traffic",
        score=3.5,
        pattern=Pattern.LEVEL_SHIFT_UP,
        pattern_type=Pattern.LEVEL_SHIFT_UP.type,
        pattern_probability=0.9,
        direction="up",
        baseline=1.0,
        peak=9.0,
        evidence=[Evidence(detector="change", value=4.0, threshold=1.0, flagged=True, text="4 times")],
        points=points,
    )


def a_report(report_id: str = "r1", **changes: object) -> Report:
    fields: dict[str, object] = {
        "report_id": report_id,
        "request_id": report_id,
        "tenant": TENANT,
        "status": "complete",
        "trigger": "manual",
        "title": "by hand",
        "selector": '{cluster="shop"}',
        "window": a_window(),
        "verdict": "checkout began to slow down",
        "counts": SeriesCounts(selected=10, analysed=9, flagged=2, skipped={"constant": 1}),
        "patterns": {Pattern.LEVEL_SHIFT_UP: 2},
        "entities": [
            EntityRank(rank=1, entity="checkout", label="service", score=5.0, series=2, top_findings=[1, 2])
        ],
        "findings": [a_finding(1), a_finding(2)],
        "requested_at_ms": NOW_MS,
        "published_at_ms": NOW_MS + 3000,
    }
    return Report.model_validate(fields | changes)


def an_example(
    tenant: str = TENANT, name: str = "our nightly batch", seed: int = 0, **about: Any
) -> LabelledExample:
    values = np.random.default_rng(seed).standard_normal(300).astype(np.float32)
    return make_labelled_example(tenant, name, values, 240, **{"labelled_at_ms": NOW_MS} | about)
