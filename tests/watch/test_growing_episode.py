"""Who takes part in what is open, as the bank sees it: the joined, the gone, and how strong they are."""

from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.episodes.observation import EpisodePart, Observation
from patternwatch.watch.episodes.taking_part import SHOWN_TICKS
from tests.watch.small_cluster import labels_of, rows_of, watched
from tests.watch.test_second_cause import fails, is_gone, is_slow, opened

LABELS = labels_of()
FIRST, LATER = 40, 80


def parts_of(seen: list[Observation]) -> list[EpisodePart | None]:
    """Who takes part in what `svc1` opened, by tick."""
    return [next((part for part in one.parts if part.cause == "svc1"), None) for one in seen]


def test_who_joins_and_is_gone_is_told_once_it_has_lasted(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 120, seed=34)
    fails(values, "svc1", slice(FIRST, None), 12.0)
    is_slow(values, "svc4", slice(FIRST + 4, None), 1.6)
    fails(values, "svc1", slice(LATER, None), 12.0)
    is_gone(values, "svc1", slice(LATER + 8, None))
    seen = watched(watch, LABELS, values)
    assert [name for name, _ in opened(seen)] == ["svc1"]
    parts = parts_of(seen)
    first = next(k for k, part in enumerate(parts) if part and part.members)
    assert first >= FIRST // 2 + SHOWN_TICKS - 1
    before, after = parts[LATER // 2 - 1], parts[-1]
    assert before
    assert after
    assert (before.members[0][0], before.gone, after.gone) == ("svc1", (), ("svc1",))
    assert {name for name, _ in before.members} <= {"svc1", "svc4"}
    assert before.height >= watch.rooms.trigger.bar


def test_nobody_takes_part_where_nothing_is_open(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 120, seed=35)
    fails(values, "svc1", slice(FIRST, 56), 12.0)
    seen = watched(watch, LABELS, values)
    assert not seen[-1].open_goes_on
    assert (seen[FIRST // 2 - 1].parts, seen[-1].parts) == ((), ())
