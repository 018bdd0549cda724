"""Where compiled code is kept: the one place that decides it."""

import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "NUMBA_CACHE_DIR"
_PACKAGE = Path(__file__).parents[1]


def use_compile_cache(package: Path = _PACKAGE) -> None:
    """Name a folder to numba where it cannot keep compiled code beside the modules; before numba is imported.

    A read-only installation compiles into the user's cache; without a home that can be written to, into the
    temporary folder. NUMBA_CACHE_DIR of the environment comes first.
    """
    if os.environ.get(VARIABLE) or os.access(package, os.W_OK):
        return
    candidates = (
        user_cache_path("patternwatch") / "compiled",
        Path(tempfile.gettempdir()) / f"patternwatch-compiled-{os.getuid()}",
    )
    for folder in candidates:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            os.environ[VARIABLE] = str(folder)
            return
