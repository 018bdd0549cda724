"""Survivors of an older run in today's code: where each belongs, and the function that it makes there."""

import __future__

import importlib
import inspect
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from benchmarks.harmless_mutants import kind_of
from benchmarks.mutants import ROOMS
from benchmarks.mutated_code import functions_in, plain_name, replaced

PACKAGE = Path(__file__).resolve().parent.parent / "patternwatch"


@dataclass(frozen=True, slots=True)
class Again:
    """A survivor in today's code: a function of it, and the mutant that takes its place."""

    name: str
    function: FunctionType
    mutant: FunctionType

    def take_its_place(self) -> None:
        """From now on, whoever calls the function calls the mutant."""
        self.function.__code__ = self.mutant.__code__
        self.function.__defaults__ = self.mutant.__defaults__
        self.function.__kwdefaults__ = self.mutant.__kwdefaults__


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mutant belongs today: a function of a file, its text and the changed text."""

    file: Path
    function: str
    text: str
    changed: str

    @property
    def module(self) -> str:
        """The module within the package."""
        parts = self.file.relative_to(PACKAGE).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    @property
    def kind(self) -> str | None:
        """The kind of the row of `harmless_mutants` that explains it."""
        return kind_of(f"{self.module}.{self.function}", self.text, self.changed)


def place_today(name: str, before: str, after: str) -> Place | None:
    """Where the mutant belongs in today's code; None where what it changes is no longer there.

    That is the function of the same name, or else the only one of the room that has the text.
    """
    module, _, function = plain_name(name).rpartition(".")
    room = next(room for room in ROOMS if f"{module}.".startswith(room.replace("/", ".") + "."))
    fits = [
        Place(file, found, text, changed)
        for file, found, text in _functions_of(room)
        if (changed := replaced(text, before, after)) is not None
    ]
    named = [fit for fit in fits if fit.function.rpartition(".")[2] == function] or fits
    return named[0] if len(named) == 1 else None


@cache
def _functions_of(room: str) -> list[tuple[Path, str, str]]:
    files = sorted((PACKAGE / room).rglob("*.py"))
    return [(file, name, text) for file in files for name, text in functions_in(file).items()]


def put_into(name: str, place: Place) -> Again | None:
    """The mutant, made in the module of its place; None where that is no function any more."""
    module = importlib.import_module(f"{PACKAGE.name}.{place.module}")
    owner, _, bare = place.function.rpartition(".")
    own = inspect.getattr_static(getattr(module, owner) if owner else module, bare)
    own = inspect.unwrap(getattr(own, "__func__", own))
    if not isinstance(own, FunctionType):
        return None
    # Within a function that has the names which it takes from around it, as `__class__` for super().
    within = f"def around({', '.join(own.__code__.co_freevars)}):"
    text = f"{within}\n{textwrap.indent(place.changed, ' ')}\n return function"
    made: dict[str, Any] = {}
    code = compile(text, str(place.file), "exec", __future__.annotations.compiler_flag)
    exec(code, module.__dict__, made)  # code of this package, with one change
    return Again(name, own, made["around"](*own.__code__.co_freevars))
