"""What workers keep from compacted topics, and what the broker knows, in memory."""

from collections.abc import Awaitable, Mapping

from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.codec import encode
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.looks import Look
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.topics import record_key
from patternwatch.kafka.offsets import Offsets, Partition, RecreatedTopicError
from patternwatch.streams.state.attempts import AttemptStore
from patternwatch.streams.state.classifiers import ClassifierProvider
from patternwatch.streams.state.episodes import EpisodeStore
from patternwatch.streams.state.joined_alerts import AlertsOfRequest, JoinedAlerts, JoinedAlertStore
from patternwatch.streams.state.labels import Examples, LabelStore
from patternwatch.streams.state.looks import Looks, LookStore, TenantLoad
from tests.fakes.shapes import fake_classifier


class FakeEpisodes:
    """The episodes by their cause."""

    def __init__(self) -> None:
        self.kept: dict[str, Episode] = {}

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        return [e for e in self.kept.values() if (e.tenant, e.watch) == (tenant, watch)]

    async def open(self) -> list[Episode]:
        return [e for e in self.kept.values() if e.open]

    async def put(self, episode: Episode) -> None:
        self.kept[episode.cause] = episode


class FakeLooks:
    """The states of requests by their id, through the wire format."""

    def __init__(self) -> None:
        self.looks = Looks()

    async def of(self, tenant: str, request_id: str) -> Look | None:
        return self.looks.get(record_key(tenant, request_id))

    def seen(self, tenant: str, request_id: str) -> Look | None:
        return self.looks.get(record_key(tenant, request_id))

    async def under_way(self) -> list[Look]:
        return list(self.looks.under_way.values())

    def expired(self, now_ms: int, since_ms: int) -> list[Look]:
        return self.looks.ended.expired(now_ms, since_ms)

    async def of_scope(self, tenant: str, matchers: Matchers) -> list[Look]:
        return self.looks.of_scope(tenant, matchers)

    async def load(self, tenant: str) -> TenantLoad:
        return self.looks.load(tenant)

    async def put(self, look: Look) -> None:
        self._apply(look, encode(look))

    async def drop(self, look: Look) -> None:
        self._apply(look, None)

    def _apply(self, look: Look, value: bytes | None) -> None:
        self.looks.apply(record_key(look.request.tenant, look.request.request_id), value, 0)


class FakeJoinedAlerts:
    """Which analysis each alert belongs to, through the wire format."""

    def __init__(self) -> None:
        self.alerts = JoinedAlerts()

    async def of(self, tenant: str, fingerprint: str) -> JoinedAlert | None:
        return self.alerts.of(tenant, fingerprint)

    async def of_request(self, tenant: str, request_id: str) -> AlertsOfRequest:
        return self.alerts.of_request(tenant, request_id)

    async def put(self, joined: JoinedAlert) -> None:
        self.alerts.apply(record_key(joined.tenant, joined.fingerprint), encode(joined), 0)


class FakeAttempts:
    """What was begun, by tenant and work; a test that copies `begun` has a worker die."""

    def __init__(self) -> None:
        self.begun: dict[tuple[str, str], int] = {}

    async def tries(self, tenant: str, work: str) -> int:
        return self.begun.get((tenant, work), 0)

    async def begin(self, tenant: str, work: str, tries: int) -> None:
        self.begun[tenant, work] = tries

    def end(self, tenant: str, work: str) -> None:
        self.begun.pop((tenant, work), None)


class FakeLabels:
    """Labelled examples that a test applies itself."""

    def __init__(self) -> None:
        self.examples = Examples()

    async def of(self, tenant: str) -> tuple[LabelledExample, ...]:
        return self.examples.of(tenant)


class FakeClassifiers:
    """The same classifier for every tenant."""

    async def of(self, tenant: str, before: Awaitable[object]) -> ShapeClassifier:
        return fake_classifier()


class FakeOffsets:
    """A broker whose partitions all end at `end`; with None it is away."""

    def __init__(self) -> None:
        self.end: int | None = 0
        self.recreated = False

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        if self.end is None:
            raise BrokerUnavailableError("away")
        if self.recreated:
            raise RecreatedTopicError("the topic was deleted and made again")
        return {p: self.end - (last + 1 if last is not None else 0) for p, last in taken.items()}


_episodes: EpisodeStore = FakeEpisodes()
_looks: LookStore = FakeLooks()
_joined: JoinedAlertStore = FakeJoinedAlerts()
_attempts: AttemptStore = FakeAttempts()
_labels: LabelStore = FakeLabels()
_classifiers: ClassifierProvider = FakeClassifiers()
_offsets: Offsets = FakeOffsets()
