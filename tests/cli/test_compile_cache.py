"""Where compiled code goes when it cannot lie beside the modules."""

import os
from pathlib import Path

import pytest

from patternwatch.cli import compile_cache
from patternwatch.cli.compile_cache import VARIABLE, use_compile_cache


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr(compile_cache, "user_cache_path", lambda name: tmp_path / "cache" / name)


def test_code_stays_beside_modules_that_can_be_written_to(tmp_path: Path) -> None:
    use_compile_cache(tmp_path)
    assert os.environ[VARIABLE] == ""


def test_a_read_only_installation_compiles_into_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_compile_cache(tmp_path / "nowhere")
    folder = tmp_path / "cache" / "patternwatch" / "compiled"
    assert os.environ[VARIABLE] == str(folder)
    assert folder.is_dir()
    monkeypatch.setenv(VARIABLE, "mine")
    use_compile_cache(tmp_path / "nowhere")
    assert os.environ[VARIABLE] == "mine"


def test_without_a_cache_of_the_user_it_is_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    use_compile_cache(tmp_path / "nowhere")
    assert os.environ[VARIABLE].startswith(str(tmp_path / "patternwatch-compiled-"))
