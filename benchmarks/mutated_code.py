"""The functions of a file, and their mutants as mutmut writes them beside each other, as comparable text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"(?:xǁ(?P<owner>\w+)ǁ|x_)(?P<name>\w+?)__mutmut_(?P<which>orig|\d+)")
"""mutmut's name of a method (`xǁWindowǁending__mutmut_3`) or of a function (`x_scan__mutmut_orig`)."""

_AROUND = (12, 6)
"""Characters on either side by which the place of a change is known; fewer where that many are elsewhere."""


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


def replaced(text: str, before: str, after: str) -> str | None:
    r"""The text with the change that makes `after` of `before`; None unless there is one place for it.

    Where the text is another than `before`, the place is that of what changes, with a little around it.

    >>> replaced("a = f(x)\nreturn a + 2", "a = g(x)\nreturn a + 2", "a = g(x)\nreturn a - 2")
    'a = f(x)\nreturn a - 2'
    >>> replaced("return a * 2", "return a + 2", "return a - 2")
    """
    if text == before:
        return after
    begin = _same(before, after)
    rest = _same(before[begin:][::-1], after[begin:][::-1])
    gone, new = before[begin : len(before) - rest], after[begin : len(after) - rest]
    for around in _AROUND:
        first, last = before[max(begin - around, 0) : begin], before[len(before) - rest :][:around]
        if text.count(first + gone + last) == 1:
            return text.replace(first + gone + last, first + new + last)
    return None


def _same(one: str, other: str) -> int:
    """How many characters at the begin are the same."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


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
