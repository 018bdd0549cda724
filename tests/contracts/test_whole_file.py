"""What is written over is lost only once the new file is whole."""

import errno
import os
import stat
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from patternwatch.cli.label_stores import FileStore
from patternwatch.contracts.errors import BundleError, InputError
from patternwatch.contracts.labelled_examples import make_labelled_example
from patternwatch.contracts.whole_file import whole_file
from patternwatch.cortex.bundle import Incident, write_bundle
from patternwatch.cortex.raw import ragged


def full(path: Path, _data: bytes) -> NoReturn:
    path.open("wb").close()
    raise OSError(errno.ENOSPC, "No space left on device")


def write_half(path: Path, failure: type[BaseException]) -> None:
    with whole_file(path) as written:
        written.write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(failure):
        write_half(tmp_path / "a", failure)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_a_link_stays_one_and_a_file_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "link").symlink_to("a")
    with whole_file(tmp_path / "link") as written:
        written.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_recording_is_no_device_and_removes_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    incident = Incident(name="i", source="s", step_ms=1000, start_ms=0, end_ms=1000, at_ms=500)
    series = ragged([{"a": "b"}], ["gauge"], [np.array([0])], [np.array([1.0])])
    with pytest.raises(BundleError, match="a device or a pipe"):
        write_bundle(tmp_path / "pipe", incident, series)
    assert (tmp_path / "pipe").is_fifo()


def test_examples_are_kept_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(tmp_path / "examples")
    first, second = (
        make_labelled_example("a", "sawtooth", np.arange(300, dtype=np.float32) % n, 240, labelled_at_ms=n)
        for n in (7, 9)
    )
    store.put(first)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(InputError, match="No space left"):
            store.put(second)
    assert [example.example_id for example in store.of("a")] == [first.example_id]
