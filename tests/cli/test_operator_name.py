"""Who runs a command is told in a container, too."""

import os

import pytest

from patternwatch.cli.operator_name import operator_name
from patternwatch.cli.teach import _about


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert operator_name() == str(os.getuid())
    assert _about()["labelled_by"] == str(os.getuid())
    monkeypatch.setenv("USER", "alice")
    assert operator_name() == "alice"
