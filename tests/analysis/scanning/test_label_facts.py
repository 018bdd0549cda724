"""What labels tell is read once for all looks at a report, and anew where it is of other series."""

import pytest

from patternwatch.analysis.scan import scan
from patternwatch.analysis.scanning import label_facts
from patternwatch.analysis.scanning.label_facts import KeptLabelFacts
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from tests.analysis.incidents import ROWS, SETTINGS, SPLIT, made_up, request_of, shards_of


def versions(fault_row: int) -> SeriesBatch:
    """Services in two versions each, one of them hurt."""
    series = made_up(fault_row=fault_row)
    for own in series.labels:
        number = int(own["service"].removeprefix("service-"))
        own.update(service=f"service-{number // 2}", version=str(number % 2))
    return series


def shard_of(series: SeriesBatch, look: int, growing: bool = True) -> Shard:
    request = request_of(series).model_copy(update={"look": look, "growing": growing})
    [shard] = shards_of(request, series, 1)
    return shard


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> KeptLabelFacts:
    facts = KeptLabelFacts()
    monkeypatch.setattr("patternwatch.analysis.scan.KEPT_LABEL_FACTS", facts)
    return facts


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many series were read each time."""
    sizes: list[int] = []
    whole = label_facts.read_labels

    def noted(batch: SeriesBatch, settings: AnalysisSettings) -> label_facts.LabelFacts:
        sizes.append(len(batch))
        return whole(batch, settings)

    monkeypatch.setattr(label_facts, "read_labels", noted)
    return sizes


def found(shard: Shard, series: SeriesBatch) -> dict[str, object]:
    result: ShardResult = scan(shard, series, SETTINGS)
    return result.model_dump(mode="json", exclude={"request"})


def test_later_looks_find_the_same_without_reading_labels_again(
    kept: KeptLabelFacts, read: list[int]
) -> None:
    early, late = versions(ROWS - 3), versions(SPLIT)
    late.labels[:] = [dict(own) for own in late.labels]
    found(shard_of(early, 0), early)
    again = found(shard_of(late, 1), late)
    assert read == [len(early)]
    assert len(kept) == len(early)
    kept.of(shard_of(late, 2, growing=False), late, SETTINGS)
    assert len(kept) == 0, "the last look lets go of them"
    assert again == found(shard_of(late, 1), late)
    assert read == [len(early)] * 2
    assert again["label_counts"]


def test_what_is_asked_for_again_is_read_twice_and_what_comes_once_is_not_kept(
    kept: KeptLabelFacts, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts of one cluster come again and again; of clusters that come once nothing stays."""
    monkeypatch.setattr(label_facts, "MAX_SEEN_SHARDS", 5)
    series = made_up()
    first = shard_of(series, 0, growing=False)
    results = []
    for n in range(4):
        request = first.request.model_copy(update={"request_id": f"r{n}"})
        results.append(found(first.model_copy(update={"request": request}), series))
    assert read == [len(series)] * 2
    assert results == [results[0]] * 4
    assert len(kept) == len(series)
    for n in range(20):
        matchers = (Matcher(name="cluster", value=f"c{n}"),)
        kept.of(first.model_copy(update={"matchers": matchers}), series, SETTINGS)
    assert len(kept) == len(series)
    assert len(kept._seen) == 5


def test_other_series_or_settings_are_read_anew(kept: KeptLabelFacts, read: list[int]) -> None:
    series, more = made_up(), made_up(services=9)
    shard = shard_of(series, 1)
    for batch in (series, more, more.take(list(range(len(more)))[::-1])):
        assert kept.of(shard, batch, SETTINGS).labels == batch.labels
    other = SETTINGS.model_copy(update={"entity_labels": ("cluster",)})
    assert {subject.name for subject in kept.of(shard, series, other).read.subjects} == {"shop"}
    assert len(read) == 4
    kept.of(shard, series, other)
    assert len(read) == 4


def test_shards_looked_at_least_recently_make_room(read: list[int]) -> None:
    series = made_up()
    kept = KeptLabelFacts(max_series=2 * len(series))
    for name in ("a", "b", "a", "c"):
        shard = shard_of(series, 1)
        matchers = (Matcher(name="cluster", value=name),)
        kept.of(shard.model_copy(update={"matchers": matchers}), series, SETTINGS)
    assert len(kept) == 2 * len(series)
    assert len(read) == 3
