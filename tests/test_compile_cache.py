"""Where compiled code goes when it cannot lie beside the modules."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from patternwatch import compile_cache
from patternwatch.compile_cache import VARIABLE, use_compile_cache


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_compile_cache.cache_clear()
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
    mine = str(tmp_path / "mine")
    monkeypatch.setenv(VARIABLE, mine)
    use_compile_cache.cache_clear()
    assert use_compile_cache(tmp_path / "nowhere")
    assert os.environ[VARIABLE] == mine


def test_without_a_cache_of_the_user_it_is_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    use_compile_cache(tmp_path / "nowhere")
    assert os.environ[VARIABLE].startswith(str(tmp_path / "patternwatch-compiled-"))


def test_a_user_without_a_name_has_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(name: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(compile_cache, "user_cache_path", no_home)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert use_compile_cache(tmp_path / "nowhere")
    assert os.environ[VARIABLE] == str(tmp_path / f"patternwatch-compiled-{os.getuid()}")


def test_a_temporary_folder_that_others_can_write_to_is_not_trusted_with_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    (tmp_path / f"patternwatch-compiled-{os.getuid()}").mkdir()
    (tmp_path / f"patternwatch-compiled-{os.getuid()}").chmod(0o777)
    assert not use_compile_cache(tmp_path / "nowhere")
    assert os.environ[VARIABLE] == ""


def test_without_any_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError

    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setattr("tempfile.gettempdir", none)
    assert not use_compile_cache(tmp_path / "nowhere")


READ_ONLY = """
import os, tempfile

access, mkdir, temporary_file = os.access, os.mkdir, tempfile.TemporaryFile


def is_allowed(path):
    return str(path).startswith("WRITABLE")


def refusing(function):
    def refused(path, *args, **kwargs):
        if not is_allowed(path):
            raise OSError(30, "Read-only file system")
        return function(path, *args, **kwargs)

    return refused


os.access = lambda path, mode: is_allowed(path) and access(path, mode)
os.mkdir = refusing(mkdir)
in_folder = refusing(lambda path: temporary_file(dir=path))
tempfile.TemporaryFile = lambda dir: in_folder(dir)

import patternwatch.cli.main
from patternwatch.cortex import align

print(align._place._cache.cache_path)
"""


@pytest.mark.parametrize("writable", ["patternwatch", "nothing"])
def test_the_command_starts_on_a_file_system_that_cannot_be_written(tmp_path: Path, writable: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", READ_ONLY.replace("WRITABLE", str(tmp_path / writable))],
        env={k: v for k, v in os.environ.items() if k != VARIABLE} | {"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = str(tmp_path / "patternwatch" / "compiled") if writable == "patternwatch" else "None"
    assert found.stdout.startswith(folder)
