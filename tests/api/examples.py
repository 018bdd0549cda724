"""Messages and parts for the tests of the API."""

import numpy as np

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.labelled_examples import LabelledExample, make_labelled_example
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.messages import Alert, AnalysisRequest, Message, Progress, Stage
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.report import EntityRank, Evidence, Finding, Report, SeriesCounts
from patternwatch.contracts.series import Window
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.producer import RecordPosition, RolePublisher, message_key

NOW_MS = 1_795_447_200_000
STEP_MS = 30_000
CLUSTER = "cluster-1"


class FakePublisher:
    """Keeps what was sent; while `broken`, Kafka is away."""

    def __init__(self) -> None:
        self.sent: list[tuple[Topic, bytes | None, bytes | None]] = []
        self.broken = False

    async def publish(self, topic: Topic, message: Message) -> RecordPosition:
        return await self.send(topic, message_key(topic, message), encode(message))

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        await self.ping()
        self.sent.append((topic, key, value))
        return RecordPosition(CLUSTER, 0, len(self.sent) + 1000)

    async def ping(self) -> None:
        if self.broken:
            raise BrokerUnavailableError("Kafka is away", "Start it")

    async def close(self) -> None:
        pass


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


def parts_of(settings: ApiSettings, publisher: FakePublisher) -> AppContext:
    return AppContext(
        settings=settings,
        read_model=ReadModel(settings.database_url),
        publisher=RolePublisher(publisher, API_ROLE),
        broker=publisher,
        clock=Clock(),
    )


def a_place(offset: int = 0, partition: int = 0) -> RecordPosition:
    return RecordPosition(CLUSTER, partition, offset)


def an_alert(tenant: str = "a", fingerprint: str = "f1", **more: object) -> Alert:
    fields: dict[str, object] = {
        "tenant": tenant,
        "fingerprint": fingerprint,
        "status": "firing",
        "labels": {"alertname": "HighLatency", "cluster": "prod"},
        "starts_at_ms": NOW_MS - 600_000,
        "received_at_ms": NOW_MS - 500_000,
    }
    return Alert.model_validate(fields | more)


def a_window() -> Window:
    return Window.ending(NOW_MS, NOW_MS - 60 * STEP_MS, STEP_MS)


def a_request(tenant: str = "a", request_id: str = "r1", **more: object) -> AnalysisRequest:
    fields: dict[str, object] = {
        "request_id": request_id,
        "tenant": tenant,
        "trigger": "manual",
        "title": "by hand",
        "matchers": parse_selector('{cluster="prod"}'),
        "window": a_window(),
        "requested_at_ms": NOW_MS,
    }
    return AnalysisRequest.model_validate(fields | more)


def a_progress(stage: Stage, tenant: str = "a", request_id: str = "r1", **more: object) -> Progress:
    fields: dict[str, object] = {
        "request_id": request_id,
        "tenant": tenant,
        "trigger": "manual",
        "title": "by hand",
        "stage": stage,
        "at_ms": NOW_MS + 1,
    }
    return Progress.model_validate(fields | more)


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


def a_report(tenant: str = "a", report_id: str = "r1", **more: object) -> Report:
    fields: dict[str, object] = {
        "report_id": report_id,
        "request_id": report_id,
        "tenant": tenant,
        "status": "complete",
        "trigger": "manual",
        "title": "by hand",
        "selector": '{cluster="prod"}',
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
    return Report.model_validate(fields | more)


def a_example(
    tenant: str = "a", name: str = "our nightly batch", seed: int = 0, **about: object
) -> LabelledExample:
    values = np.random.default_rng(seed).standard_normal(300).astype(np.float32)
    return make_labelled_example(tenant, name, values, 240, **{"labelled_at_ms": NOW_MS} | about)
