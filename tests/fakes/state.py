"""What workers keep from compacted topics, and what the broker knows, in memory."""

from collections.abc import Mapping

from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import AnalysisRequest, Episode
from patternwatch.contracts.report import Report
from patternwatch.kafka.offsets import Offsets, Partition
from patternwatch.streams.agents.collector import WatchReporter
from patternwatch.streams.state.classifiers import ClassifierProvider
from patternwatch.streams.state.episodes import EpisodeStore
from patternwatch.streams.state.labels import Examples, LabelStore
from tests.fakes.shapes import fake_classifier


class FakeEpisodes:
    """The episodes by their cause."""

    def __init__(self) -> None:
        self.kept: dict[str, Episode] = {}

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        return [e for e in self.kept.values() if (e.tenant, e.watch) == (tenant, watch)]

    async def put(self, episode: Episode) -> None:
        self.kept[episode.cause] = episode


class FakeLabels:
    """Labelled examples that a test applies itself."""

    def __init__(self) -> None:
        self.examples = Examples()

    async def of(self, tenant: str) -> tuple[LabelledExample, ...]:
        return self.examples.of(tenant)


class FakeClassifiers:
    """The same classifier for every tenant."""

    async def of(self, tenant: str) -> ShapeClassifier:
        return fake_classifier()


class FakeWatches:
    """Keeps what watches concluded: status, shards done, shards in all."""

    def __init__(self) -> None:
        self.concluded: list[tuple[str, int, int]] = []

    async def conclude(self, request: AnalysisRequest, report: Report, done: int, of: int) -> None:
        self.concluded.append((report.status, done, of))


class FakeOffsets:
    """A broker whose partitions all end at `end`; with None it is away."""

    def __init__(self) -> None:
        self.end: int | None = 0

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        if self.end is None:
            raise BrokerUnavailableError("away")
        return {p: self.end - (last + 1 if last is not None else 0) for p, last in taken.items()}


_episodes: EpisodeStore = FakeEpisodes()
_labels: LabelStore = FakeLabels()
_classifiers: ClassifierProvider = FakeClassifiers()
_watches: WatchReporter = FakeWatches()
_offsets: Offsets = FakeOffsets()
