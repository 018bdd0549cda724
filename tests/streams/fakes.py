"""Stand-ins for what lies outside of an agent: the clock, Kafka, the metrics source, the shape model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.shape_model import Embedded, Split
from patternwatch.contracts.matchers import Matcher, Matchers
from patternwatch.contracts.messages import Alert, AnalysisRequest, Message, Shard, ShardResult
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.topics import Topic

NOW_MS = 1_760_000_000_000
STEP_MS = 30_000


class FakePublisher:
    """Keeps what was published, in order; `fail` may raise for a message."""

    def __init__(self, fail: Callable[[Message], None] = lambda _: None) -> None:
        self.sent: list[tuple[Topic, Message]] = []
        self._fail = fail

    async def publish(self, topic: Topic, message: Message) -> None:
        self._fail(message)
        self.sent.append((topic, message))

    def on(self, topic: Topic) -> list[Any]:
        return [message for at, message in self.sent if at is topic]


@dataclass
class FakeSource:
    """Services with a few series each; those of `broken` step up when the current part begins."""

    services: int = 6
    each: int = 5
    broken: str = "service-2"
    errors: list[Exception] = field(default_factory=list)
    """Raised one by one, by the next calls."""
    calls: int = 0

    def labels(self) -> list[dict[str, str]]:
        return [
            {"__name__": f"metric_{m}", "service": f"service-{s}", "cluster": "shop"}
            for s in range(self.services)
            for m in range(self.each)
        ]

    def _answer(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        self._answer()
        found: dict[str, int] = {}
        for labels in self._matching(matchers):
            found[labels["__name__"]] = found.get(labels["__name__"], 0) + 1
        return found

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        self._answer()
        labels = self._matching(matchers)
        values = np.empty((len(labels), window.rows))
        for row, each in enumerate(labels):
            seed = int(each["__name__"][-1]) * 100 + int(each["service"][-1])
            values[row] = np.random.default_rng(seed).normal(10.0, 1.0, window.rows)
            if each["service"] == self.broken:
                values[row, window.split_row :] += 25.0
        return SeriesBatch(labels, window.times(), values, [""] * len(labels))

    async def close(self) -> None:
        return

    def _matching(self, matchers: Matchers) -> list[dict[str, str]]:
        return [labels for labels in self.labels() if all(m.matches(labels) for m in matchers)]


class FakeShapes:
    """Calls every series a level shift up."""

    version = "fake-1"
    sha256 = "fake"

    def embed(self, values: npt.NDArray[Any], split: Split) -> Embedded:
        shapes = np.zeros((len(values), len(PATTERNS)), dtype=np.float32)
        shapes[:, PATTERNS.index(Pattern.LEVEL_SHIFT_UP)] = 1.0
        return Embedded(shapes, shapes)


@dataclass
class FakeClock:
    """Seconds that pass only when told so."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def an_alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "tenant": "default",
        "fingerprint": "f1",
        "status": "firing",
        "labels": {"alertname": "Slow", "cluster": "shop"},
        "starts_at_ms": NOW_MS - 20 * STEP_MS,
        "received_at_ms": NOW_MS,
    }
    return Alert(**fields | changes)


def a_window(now_ms: int = NOW_MS) -> Window:
    return Window.ending(now_ms, now_ms - 60 * STEP_MS, STEP_MS)


def a_request(request_id: str = "r1", **changes: Any) -> AnalysisRequest:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "tenant": "default",
        "trigger": "manual",
        "title": "by hand",
        "matchers": (Matcher(name="cluster", value="shop"),),
        "window": a_window(),
        "requested_at_ms": NOW_MS,
    }
    return AnalysisRequest(**fields | changes)


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
    request: AnalysisRequest | None = None, number: int = 0, of: int = 1, **changes: Any
) -> ShardResult:
    request = request or a_request()
    fields: dict[str, Any] = {
        "shard_id": f"{request.request_id}-{number}",
        "number": number,
        "of": of,
        "request": request,
    }
    return ShardResult(**fields | changes)
