"""Where compiled code is kept: the one place that decides it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "NUMBA_CACHE_DIR"
_PACKAGE = Path(__file__).parent
_FOR_OTHERS_TO_WRITE = 0o022


@cache
def use_compile_cache(package: Path = _PACKAGE) -> bool:
    """Name a folder to numba where it cannot keep compiled code beside the modules; in its environment.

    A read-only installation compiles into the user's cache; without a home that can be written to, into the
    temporary folder. NUMBA_CACHE_DIR of the environment comes first. False where no folder can be written
    to: every process then compiles for itself.

    >>> use_compile_cache()
    True
    """
    if named := os.environ.get(VARIABLE):
        return _is_writable(Path(named))
    if os.access(package, os.W_OK):
        return True
    for folder in _candidates():
        if _is_writable(folder):
            os.environ[VARIABLE] = str(folder)
            return True
    return False


def _candidates() -> Iterator[Path]:
    # A container may run as a number that has no name, and so no home.
    with suppress(RuntimeError):
        own = user_cache_path("patternwatch") / "compiled"
        if own.is_absolute():
            yield own
    try:
        shared = Path(tempfile.gettempdir())
    except FileNotFoundError:  # there is none that can be written to
        return
    folder = shared / f"patternwatch-compiled-{os.getuid()}"
    if _is_writable(folder) and _is_ours(folder):
        yield folder


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put code there, which would be run."""
    found = folder.lstat()
    return found.st_uid == os.getuid() and not found.st_mode & _FOR_OTHERS_TO_WRITE
