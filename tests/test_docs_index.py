"""docs/index.md: the way of a message is told by functions that exist, in the order of the declarations."""

import ast
import re
from pathlib import Path

from patternwatch.streams.agents.declarations import DECLARATIONS
from tests.pages import ROOT, table_after

TEXT = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
WAY = TEXT.split("## From webhook to report\n", 1)[1].split("\n## ", 1)[0]


def names_in(path: Path) -> set[str]:
    """Functions and classes of a module, and methods as `Class.method`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
            found |= {f"{node.name}.{method.name}" for method in methods}
    return found


def test_every_function_that_is_named_exists() -> None:
    named = re.findall(r"`([\w/]+\.py):([\w.]+)`", TEXT)
    assert len(named) > 25
    missing = [
        f"{path}:{name}"
        for path, name in named
        if not (file := ROOT / "patternwatch" / path).is_file() or name not in names_in(file)
    ]
    assert not missing


def test_the_topics_come_in_the_order_in_which_agents_subscribe_to_them() -> None:
    subscribed = [s.topic.name for d in DECLARATIONS for s in d.subscriptions]
    steps = re.findall(r"the topic\s+`([a-z-]+)`", WAY)
    assert [name for name in dict.fromkeys(steps) if name in subscribed] == subscribed


def test_every_handler_is_told_with_its_agent_in_the_order_of_the_declarations() -> None:
    handlers = [s.handler.__qualname__ for d in DECLARATIONS for s in d.subscriptions]
    told = re.findall(r"`streams/agents/\w+/\w+\.py:(\w+\.on_\w+)`", WAY)
    assert told == handlers
    agents = [d.name for d in DECLARATIONS if d.subscriptions]
    assert [name for name in dict.fromkeys(re.findall(r"\*\*(\w+)\*\*", WAY)) if name in agents] == agents[:3]


def test_the_table_is_that_of_the_declarations() -> None:
    def ticked(names: list[str]) -> str:
        return ", ".join(f"`{name}`" for name in names)

    expected = [
        [
            d.name,
            ticked([s.handler.__qualname__ for s in d.subscriptions]),
            ticked([topic.name for topic in d.role.consumes]),
            ticked([topic.name for topic in d.produces]),
        ]
        for d in DECLARATIONS
    ]
    assert table_after(TEXT, "Who reads and writes which topic") == expected
