"""Files that are written whole or not at all: a full disk, a crash or Ctrl-C leaves the old one."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a path beside this one to write to; at the end what was written takes its place.

    A reader sees the old file or the new one, never half of one. The folder is made where it is not there.
    Raises OSError, also for a path that is something else than a file, such as /dev/stdout.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder, "a.txt")) as written:
    ...         _ = written.write_text("new")
    ...     [(path.name, path.read_text()) for path in Path(folder).iterdir()]
    [('a.txt', 'new')]
    """
    place = path.resolve()  # a link stays one
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if place.exists() and not place.is_file():
        raise OSError(errno.EINVAL, "It is a device or a pipe, and no file", str(path))
    place.parent.mkdir(parents=True, exist_ok=True)
    written = place.with_name(f".{uuid4().hex}.part")
    try:
        yield written
        if place.exists():
            shutil.copymode(place, written)
        written.replace(place)
    finally:
        written.unlink(missing_ok=True)
