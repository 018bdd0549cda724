"""Another model takes over only when it may serve, and never in the middle of a report."""

from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.contracts.errors import ModelError
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.models import ModelReloader, first_model
from tests.fakes.shapes import FakeShapes


class OtherShapes(FakeShapes):
    version = "fake-2"
    sha256 = "other"


class Place:
    """A location whose model is set by the test."""

    def __init__(self) -> None:
        self.holds: FakeShapes | ModelError = FakeShapes()

    def open(self, location: str, known: str) -> FakeShapes | None:
        if isinstance(self.holds, ModelError):
            raise self.holds
        return None if self.holds.sha256 == known else self.holds


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics()


@pytest.fixture
def keeper(place: Place, metrics: WorkerMetrics) -> ModelReloader:
    return ModelReloader(EmbeddingSpace(FakeShapes()), "somewhere", metrics, place.open)


def value(metrics: WorkerMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_a_new_model_is_taken_and_told(
    keeper: ModelReloader, place: Place, metrics: WorkerMetrics
) -> None:
    await keeper.poll()
    assert value(metrics, "patternwatch_model_swaps_total") == 0
    place.holds = OtherShapes()
    await keeper.poll()
    assert keeper.current.model.version == "fake-2"
    assert value(metrics, "patternwatch_model_swaps_total") == 1
    text = [s.labels["model"] for m in metrics.registry.collect() for s in m.samples if "model" in s.labels]
    assert text == ["fake-2"]


async def test_a_report_ends_with_the_model_that_it_began_with(keeper: ModelReloader, place: Place) -> None:
    begun = FewShotClassifier(keeper.current)
    place.holds = OtherShapes()
    await keeper.poll()
    assert begun.version == "fake-1"
    assert len(begun.name(np.zeros((2, 300)), 240).probabilities) == 2
    assert FewShotClassifier(keeper.current).version == "fake-2"


async def test_a_model_that_is_refused_leaves_the_old_one_and_is_told_once(
    keeper: ModelReloader, place: Place, metrics: WorkerMetrics
) -> None:
    place.holds = ModelError("wrong taxonomy", "train it again")
    with capture_logs() as logs:
        await keeper.poll()
        await keeper.poll()
    assert keeper.current.model.version == "fake-1"
    assert value(metrics, "patternwatch_model_refused_total") == 2
    told = [entry for entry in logs if entry["log_level"] == "error"]
    assert [(e["event"], e["problem"], e["kept"]) for e in told] == [
        ("model.refused", "wrong taxonomy", "fake-1")
    ]
    place.holds = OtherShapes()
    await keeper.poll()
    assert keeper.current.model.version == "fake-2"


def test_a_worker_whose_model_is_refused_starts_with_the_shipped_one(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert first_model(str(tmp_path / "nowhere")).version == ShapeModel.load().version
    assert [entry["event"] for entry in logs] == ["model.refused"]
    assert first_model(str(SHIPPED)).version == first_model("").version
