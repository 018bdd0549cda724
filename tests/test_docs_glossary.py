"""docs/glossary.md: every module exists, every topic, every role and every agent is explained."""

import re

from patternwatch.cli.docs.contracts import ROLES
from patternwatch.contracts.topics import TOPICS
from tests.pages import ROOT

TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ")
]


def test_every_term_has_one_line_and_a_module_that_exists() -> None:
    terms = [row for row in ROWS if len(row) == 3 and row[0] != "term"]
    assert len(terms) > 60
    assert all(meaning for _, meaning, _ in terms)
    modules = [module.strip("` ") for *_, module in terms]
    assert not [module for module in modules if not (ROOT / "patternwatch" / module).is_file()]
    names = [name for term, *_ in terms for name in term.split(", ")]
    assert not {name for name in names if names.count(name) > 1}


def test_every_topic_is_explained() -> None:
    explained = set(re.findall(r"topic `([a-z-]+)`", TEXT))
    assert explained == {topic.name for topic in TOPICS}


def test_every_role_is_a_term() -> None:
    terms = {name for row in ROWS for name in row[0].split(", ")}
    assert {role.name for role in ROLES} <= terms
