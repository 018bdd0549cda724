"""Messages that are nearly ours end nothing, and cost no good one."""

from pathlib import Path

from benchmarks.faults.mutations import mutated, paths_of
from benchmarks.mutated_messages import mutants
from patternwatch.contracts.topics import TOPICS

EXAMPLE = b'{"schema_version":2,"tenant":"lab","watch":"shop","at_ms":1000}'


def test_the_same_seed_gives_the_same_mutants_and_none_is_the_message_itself() -> None:
    first = mutated(EXAMPLE, 200, 1)
    assert first == mutated(EXAMPLE, 200, 1)
    assert first != mutated(EXAMPLE, 200, 2)
    assert EXAMPLE not in first
    assert len(first) == 200
    assert len(set(first)) > 100


def test_paths_lead_to_every_field() -> None:
    assert paths_of({"a": [1, 2, 3, 4], "b": {"c": None}}) == [
        (), ("a",), ("a", 0), ("a", 1), ("a", 2), ("b",), ("b", "c")
    ]  # fmt: skip


async def test_mutants_on_every_topic_cost_nothing(tmp_path: Path) -> None:
    result = await mutants(tmp_path, list(TOPICS), 60, 3)
    assert result["more"] == [[]]
    assert result["figures"]["mutants_lost"] == 0
    assert result["figures"]["good"] == len(TOPICS)
    by_topic = {row["topic"]: row for row in result["results"]}
    for name in ("alerts", "requests", "shards", "shard-results", "ticks"):
        assert by_topic[name]["dead letters"] > 20, name
    for name in ("reports", "progress", "labelled-examples", "joined-alerts"):
        assert by_topic[name]["rejected"] > 20, name
