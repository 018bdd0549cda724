"""CHANGELOG.md lists what has another name now: settings, topics, fields; it begins with today's version."""

import re

from patternwatch import __version__
from patternwatch.contracts.renamed_settings import PREFIX, RENAMED, RENAMED_ITEMS
from patternwatch.contracts.topics import TOPICS
from patternwatch.contracts.upgrade import _RENAMED_IN_2
from tests.pages import CHANGELOG

TEXT = CHANGELOG.read_text(encoding="utf-8")
ROWS = [re.findall(r"`([^`]+)`", line) for line in TEXT.splitlines() if line.startswith("| ")]
RENAMED_TOPICS = {"findings": "shard-results", "lessons": "labelled-examples"}


def test_the_first_entry_is_the_version_of_the_code() -> None:
    versions = re.findall(r"^## \[([\d.]+)\]", TEXT, re.MULTILINE)
    assert versions[0] == __version__
    assert "0.1.0" in versions


def test_every_renamed_setting_is_listed_with_its_new_name() -> None:
    for old, new in RENAMED.items():
        assert [PREFIX + old, PREFIX + new] in ROWS
    for setting, items in RENAMED_ITEMS.items():
        for old, new in items.items():
            assert [old, PREFIX + setting, new] in ROWS


def test_every_topic_is_listed_and_the_renamed_ones_with_their_old_names() -> None:
    for old, new in RENAMED_TOPICS.items():
        assert [old, new] in ROWS
    section = TEXT.split("**Topics**")[1].split("**Message fields.**")[0]
    assert {topic.name for topic in TOPICS} <= set(re.findall(r"`([a-z-]+)`", section))


def test_every_renamed_field_is_listed_with_its_new_name() -> None:
    for fields in _RENAMED_IN_2.values():
        for old, new in fields.items():
            assert [old, new] in [row[-2:] for row in ROWS]
