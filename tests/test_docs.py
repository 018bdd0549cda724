"""What the pages point at exists: links, anchors, files, modules, commands and their options."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from patternwatch.cli.main import app
from tests.pages import CHANGELOG, PAGES, ROOT, code_of, page_id, paragraphs_of

every_page = pytest.mark.parametrize("page", PAGES, ids=page_id)
every_page_of_today = pytest.mark.parametrize("page", [p for p in PAGES if p != CHANGELOG], ids=page_id)

_PLACEHOLDER = re.compile(r"[A-Z]{2,}|[*{<]")
_TOP_LEVEL = r"(?:patternwatch|tests|benchmarks|webui|docs|deploy|examples|testbed|requirements)"
_ROOMS = "|".join(sorted(p.parent.name for p in (ROOT / "patternwatch").glob("*/__init__.py")))
_FIGURE = re.compile(r"\b\d[\d.,]*\s?(?:ms|s|seconds|minutes|%|percent|MB|GB|kB|series/s|times|x)(?!\w)")
_COMMAND = re.compile(r"`(?:python -m benchmarks|make) ?[\w.]+")
_PROMISE = re.compile(r"byte for byte|bit by bit|nothing is lost|the same report|loses nothing|is the same\b")
_PROOF = re.compile(r"`(?:tests/[\w/]+\.py|python -m benchmarks\.\w+)")


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@every_page
def test_every_relative_link_and_anchor_leads_somewhere(page: Path) -> None:
    dead = []
    prose = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and anchor not in anchors_of(found)):
            dead.append(target)
    assert not dead


def paths_of(text: str) -> Iterator[Path]:
    """Every file of ours that a text names, from the root or, for Python, from a room of the package."""
    for name in re.findall(rf"(?<![\w/.:{{-]){_TOP_LEVEL}/[\w./*{{}}-]*[\w}}*]", text):
        if not _PLACEHOLDER.search(name.removesuffix("README.md").removesuffix("MODEL_CARD.md")):
            yield ROOT / name
    for name in re.findall(rf"(?<![\w/.-])(?:{_ROOMS})/[\w/]+\.py\b", text):
        if not _PLACEHOLDER.search(name):
            yield ROOT / "patternwatch" / name


@every_page
def test_every_file_that_is_named_exists(page: Path) -> None:
    missing = [page_id(p) for p in paths_of(page.read_text(encoding="utf-8")) if not p.exists()]
    built = {"webui/dist", "webui/node_modules"}
    assert not set(missing) - built


@every_page_of_today
def test_every_module_that_is_run_exists(page: Path) -> None:
    names = re.findall(r"python -m ([\w.]*\w)", page.read_text(encoding="utf-8"))
    assert not [name for name in names if importlib.util.find_spec(name) is None]


@every_page_of_today
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = [
        m[1] for code in code_of(page.read_text(encoding="utf-8")) if (m := re.match(r"make ([a-z]+)", code))
    ]
    assert not set(named) - targets


def command_line(code: str) -> list[str] | None:
    """The words after `patternwatch` of a line that calls it, without comment and pipe."""
    called = re.match(r"(?:\$ )?(?:\.venv/bin/)?patternwatch ([a-z-]+\b.*)", code)
    return re.split(r"\s[#|>]", called[1])[0].split() if called else None


@every_page_of_today
def test_every_command_of_ours_exists_with_its_options(page: Path) -> None:
    wrong = []
    for words in filter(None, map(command_line, code_of(page.read_text(encoding="utf-8")))):
        command: Any = typer.main.get_command(app)
        rest = list(words)
        while rest and (inner := getattr(command, "commands", None)):
            found = inner.get(rest.pop(0))
            if found is None:
                wrong.append(" ".join(words))
                break
            command = found
        options = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)} | {"--help"}
        wrong += [f"{words[0]} {w}" for w in rest if w.startswith("--") and w.split("=")[0] not in options]
    assert not wrong


def test_every_figure_of_performance_in_the_readme_stands_beside_its_command() -> None:
    bare = [
        p
        for p in paragraphs_of((ROOT / "README.md").read_text(encoding="utf-8"))
        if _FIGURE.search(p) and not _COMMAND.search(p)
    ]
    assert not bare


PROMISING = [ROOT / "README.md", *(ROOT / "docs" / f"{n}.md" for n in ("index", "operations", "teaching"))]


@pytest.mark.parametrize("page", PROMISING, ids=page_id)
def test_every_promise_names_its_proof(page: Path) -> None:
    bare = [
        p
        for p in paragraphs_of(page.read_text(encoding="utf-8"))
        if _PROMISE.search(p) and not _PROOF.search(p)
    ]
    assert not bare
