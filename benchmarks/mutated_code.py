"""The functions of a file, and their mutants as mutmut writes them beside each other, as comparable text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"(?:xǁ(?P<owner>\w+)ǁ|x_)(?P<name>\w+?)__mutmut_(?P<which>orig|\d+)")
"""mutmut's name of a method (`xǁWindowǁending__mutmut_3`) or of a function (`x_scan__mutmut_orig`)."""


def plain_name(mutant: str) -> str:
    """The function that a mutant is made of, without the package.

    >>> plain_name("patternwatch.contracts.series.xǁWindowǁending__mutmut_3")
    'contracts.series.Window.ending'
    >>> plain_name("patternwatch.contracts.ids.x__digest__mutmut_1")
    'contracts.ids._digest'
    """
    module, _, name = mutant.removeprefix("patternwatch.").rpartition(".")
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{mutant!r} is no name of a mutant")
    return ".".join(filter(None, (module, found["owner"], found["name"])))


def original_of(mutant: str) -> str:
    """Mutmut's name of the unchanged copy beside a mutant.

    >>> original_of("x_scan__mutmut_12")
    'x_scan__mutmut_orig'
    """
    return re.sub(r"__mutmut_\d+$", "__mutmut_orig", mutant)


def functions_in(file: Path) -> dict[str, str]:
    """Each function of a file, and its text without name, docstring, comments and layout.

    Methods are named with their class (`Window.ending`), unless mutmut has put the class into the name.
    """
    return dict(_functions(ast.parse(file.read_text(encoding="utf-8")), ""))


def _functions(tree: ast.Module | ast.ClassDef, owner: str) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, node.name + ".")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = node.name if "__mutmut_" in node.name else owner + node.name
            yield name, _text(node)


def _text(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    function.name, function.decorator_list = "function", []
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    return ast.unparse(function)
