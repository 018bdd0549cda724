"""The maps of the house: the floors are import-linter's, the tree is that of the folders."""

import re
import tomllib
from pathlib import Path

from patternwatch.contracts.topics import TOPICS
from patternwatch.streams.settings import WorkerSettings
from tests.pages import ROOT, table_after

FLOORS = "Imports go down the floors only"


def test_the_picture_of_the_floors_is_the_contract_of_import_linter() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {c["name"]: c for c in project["tool"]["importlinter"]["contracts"]}
    layers = [sorted(re.findall(r"patternwatch\.(\w+)", layer)) for layer in contracts[FLOORS]["layers"]]
    picture = (ROOT / "CONTRIBUTING.md").read_text().split("```\n", 2)[1]
    assert [sorted(line.split()) for line in picture.splitlines()] == layers


def test_every_room_is_in_the_tables_of_contributing() -> None:
    rows = table_after((ROOT / "CONTRIBUTING.md").read_text(), "The map of the house")
    rooms = {f"`patternwatch/{p.parent.name}`" for p in (ROOT / "patternwatch").glob("*/__init__.py")}
    assert rooms == {row[0] for row in rows} - {"`webui/src`"}


def folders_of_tree(tree: str) -> list[str]:
    """Paths of a tree that is drawn by two blanks a level."""
    found: list[str] = []
    above: list[str] = []
    for line in tree.splitlines():
        name = line.split("/ ")[0].rstrip("/ ") if "/ " in line else line.strip().rstrip("/")
        depth = (len(name) - len(name.lstrip())) // 2
        above = [*above[:depth], name.strip()]
        found.append("/".join(above))
    return found


def test_the_tree_of_the_readme_has_every_folder_with_one_line() -> None:
    readme = (ROOT / "README.md").read_text()
    tree = re.search(r"```\n(patternwatch/ .*?)```", readme, re.DOTALL)
    assert tree
    drawn = folders_of_tree(tree[1])
    assert all(re.search(r"/ +\S.{5,}", line) for line in tree[1].splitlines())
    packages = {str(p.parent.relative_to(ROOT)) for p in (ROOT / "patternwatch").rglob("__init__.py")}
    assert packages == {name for name in drawn if name.split("/")[0] == "patternwatch"}
    assert [name for name in drawn if not (ROOT / name).is_dir()] == []
    assert len(drawn) == len(set(drawn))


OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_operations_tells_how_long_each_topic_is_kept() -> None:
    kept: dict[str, str] = {}
    for topics, how_long in table_after(OPERATIONS, "Topics and retention"):
        kept |= dict.fromkeys(re.findall(r"`([a-z-]+)`", topics), how_long.split(":")[0])
    for topic in TOPICS:
        hours = "1 hour" if topic.retention_hours == 1 else f"{topic.retention_hours} hours"
        assert kept.pop(topic.name) == ("compacted" if topic.cleanup == "compact" else hours)
    assert not kept


def test_operations_names_metrics_and_ports_that_exist() -> None:
    metrics = set(re.findall(r"`(patternwatch_\w+)`", (ROOT / "docs" / "metrics.md").read_text()))
    named = set(re.findall(r"\b(patternwatch_\w+)", OPERATIONS))
    assert len(named) >= 8
    assert {name.removesuffix("_bucket") for name in named} <= metrics
    assert f"127.0.0.1:{WorkerSettings.model_fields['metrics_port'].default}" in OPERATIONS


def test_every_proof_of_operations_is_a_test() -> None:
    for *_, proof in table_after(OPERATIONS, "When something is away"):
        assert Path(ROOT / proof.strip("` ")).is_file(), proof
