"""What `doctor` says of topics that somebody made by hand."""

from patternwatch.contracts.checks import Checks
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import TOPICS
from patternwatch.kafka.preflight_topics import _kept_as_meant
from patternwatch.kafka.topics import topic_config, topic_name

SETTINGS = KafkaSettings()


def said_of(topic: str = "alerts", **changed: str) -> list[tuple[str, str]]:
    """The checks where this topic has these configurations besides, each by its name and text."""
    configs = {topic_name(SETTINGS, topic): topic_config(topic) for topic in TOPICS}
    configs[f"patternwatch.{topic}"] |= {name.replace("_", "."): value for name, value in changed.items()}
    checks = Checks("kafka")
    assert _kept_as_meant(checks, configs, SETTINGS) is not bool(checks.made)
    return [(check.name, check.finding) for check in checks.made]


def test_topics_that_lose_records_before_they_are_read_are_told() -> None:
    assert said_of(retention_ms="30000") == [
        ("retention", "retention.ms is less than meant: patternwatch.alerts (30 s of 72 h)")
    ]
    assert [name for name, _ in said_of(retention_ms=str(71 * 3_600_000))] == ["retention"]


def test_topics_that_are_kept_for_longer_or_for_ever_are_sound() -> None:
    assert said_of() == said_of(retention_ms="-1") == said_of(retention_ms="999999999999") == []


def test_a_clean_up_and_a_size_that_lose_records_are_told() -> None:
    assert [name for name, _ in said_of(cleanup_policy="compact", max_message_bytes="1000")] == [
        "clean-up",
        "record size",
    ]


def test_a_clean_up_that_is_written_in_another_order_is_the_same() -> None:
    assert said_of("joined-alerts", cleanup_policy="delete,compact") == []
    assert said_of("joined-alerts", cleanup_policy="delete, compact") == []
    assert [name for name, _ in said_of("joined-alerts", cleanup_policy="compact")] == ["clean-up"]
    assert [name for name, _ in said_of("reports", cleanup_policy="delete")] == ["clean-up"]


def test_a_limit_by_size_is_told_where_it_deletes() -> None:
    """It holds for the broker (`log.retention.bytes`) or the topic; what is only compacted has none."""
    said = "retention.bytes deletes what is not that old yet: patternwatch.alerts (1000000 bytes a partition)"
    assert said_of(retention_bytes="1000000") == [("retention by size", said)]
    assert said_of(retention_bytes="-1") == said_of("reports", retention_bytes="1000000") == []
