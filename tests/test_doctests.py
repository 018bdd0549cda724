"""Every example in a docstring runs, and the public interface of the enforced packages has examples."""

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import pytest

import patternwatch

FLAGS = doctest.ELLIPSIS
Kinds: TypeAlias = tuple[Callable[[object], bool], ...]

ENFORCED: dict[str, Kinds] = {
    # package -> what needs an example, its own or one of its methods
    "patternwatch.analysis": (inspect.isfunction,),
    "patternwatch.watch": (inspect.isfunction,),
    "patternwatch.contracts": (inspect.isfunction, inspect.isclass),
    "patternwatch.detectors": (inspect.isfunction, inspect.isclass),
}
EXEMPT = {
    # evidence of one candidate of a whole evaluation: an example would be longer than the function
    "patternwatch.analysis.findings.evidence.level_evidence",
    "patternwatch.analysis.findings.evidence.season_evidence",
    # three values, shown with Pattern.type
    "patternwatch.contracts.patterns.PatternType",
    # an interface without behaviour of its own: the example is with those who implement it
    "patternwatch.detectors.base.Detector",
}


def modules() -> list[str]:
    """Every module that can be imported without starting a program or needing torch's extras."""
    found = pkgutil.walk_packages(patternwatch.__path__, "patternwatch.")
    return sorted(name for _, name, _ in found if not name.endswith("__main__"))


def source_of(name: str) -> str:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


WITH_EXAMPLES = [name for name in modules() if ">>>" in source_of(name)]
ENFORCED_MODULES = [
    (name, kinds)
    for package, kinds in ENFORCED.items()
    for name in modules()
    if name.startswith(package + ".")
]


def examples_of(module: ModuleType) -> list[doctest.DocTest]:
    return doctest.DocTestFinder(exclude_empty=True).find(module)


def public_of(module: ModuleType, kinds: Kinds) -> list[str]:
    """Qualified names of what the module itself defines for others; errors without behaviour need nothing."""
    return [
        f"{module.__name__}.{name}"
        for name, member in vars(module).items()
        if not name.startswith("_")
        and getattr(member, "__module__", None) == module.__name__
        and any(of_kind(member) for of_kind in kinds)
        and not (inspect.isclass(member) and issubclass(member, Exception) and "__init__" not in vars(member))
    ]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_run(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    output: list[str] = []
    for test in examples_of(importlib.import_module(name)):
        runner.run(test, out=output.append)
    assert not runner.summarize(verbose=False).failed, "".join(output)


@pytest.mark.parametrize(("name", "kinds"), ENFORCED_MODULES, ids=[name for name, _ in ENFORCED_MODULES])
def test_what_is_public_has_an_example(name: str, kinds: Kinds) -> None:
    module = importlib.import_module(name)
    shown = {test.name for test in examples_of(module) if test.examples}
    without = [
        public
        for public in public_of(module, kinds)
        if public not in EXEMPT and not any(own == public or own.startswith(public + ".") for own in shown)
    ]
    assert not without, f"give these an example: {without}"


def test_every_exemption_names_something_that_is_there() -> None:
    for exempt in EXEMPT:
        module, _, name = exempt.rpartition(".")
        assert hasattr(importlib.import_module(module), name), f"{exempt} is gone: end its exemption"


def test_every_enforced_package_has_modules() -> None:
    assert {name.rsplit(".", 1)[0] for name, _ in ENFORCED_MODULES} >= set(ENFORCED)
