"""What was learned is read again as it was written, and nothing else is."""

from pathlib import Path

import pytest

from patternwatch.contracts.watches import Watch
from patternwatch.streams.state.watch_snapshots import Snapshot, SnapshotFolder

WATCH = Watch(name="shop", tenant="a|b", selector='{cluster="shop"}')
SNAPSHOT = Snapshot(b"\x00learned\nmuch\xff", 60_000)
STEP = 30_000
SOURCE = "http://prometheus:9090"


def written(folder: Path) -> Path:
    SnapshotFolder(folder, SOURCE).write(WATCH, STEP, SNAPSHOT)
    (path,) = folder.iterdir()
    return path


def test_it_is_read_as_it_was_written_and_the_last_one_counts(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path / "made" / "here", SOURCE)
    folder.write(WATCH, STEP, Snapshot(b"old", 0))
    folder.write(WATCH, STEP, SNAPSHOT)
    assert folder.read(WATCH, STEP) == SNAPSHOT


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert SnapshotFolder(tmp_path / "nowhere", SOURCE).read(WATCH, STEP) is None


@pytest.mark.parametrize(
    "changes", [{"selector": '{cluster="bank"}'}, {"name": "bank"}, {"tenant": "other"}], ids=str
)
def test_one_of_other_series_is_as_good_as_none(tmp_path: Path, changes: dict[str, str]) -> None:
    path = written(tmp_path)
    other = WATCH.model_copy(update=changes)
    if "selector" not in changes:  # as if both had one file
        SnapshotFolder(tmp_path, SOURCE).write(other, STEP, SNAPSHOT)
        (theirs,) = set(tmp_path.iterdir()) - {path}
        theirs.write_bytes(path.read_bytes())
    assert SnapshotFolder(tmp_path, SOURCE).read(other, STEP) is None
    assert SnapshotFolder(tmp_path, SOURCE).read(WATCH, 2 * STEP) is None


def test_one_of_another_source_is_as_good_as_none(tmp_path: Path) -> None:
    written(tmp_path)
    assert SnapshotFolder(tmp_path, "http://staging:9090").read(WATCH, STEP) is None
    assert SnapshotFolder(tmp_path, SOURCE).read(WATCH, STEP) == SNAPSHOT


@pytest.mark.parametrize("wrong", ["cut", "changed", "empty", "no json", "no fields"])
def test_a_broken_one_is_as_good_as_none(tmp_path: Path, wrong: str) -> None:
    path = written(tmp_path)
    whole = path.read_bytes()
    broken = {"cut": whole[:-1], "changed": whole[:-1] + b"\xfe", "empty": b"", "no json": b"x\ny"}
    path.write_bytes(broken.get(wrong, b"{}\ny"))
    assert SnapshotFolder(tmp_path, SOURCE).read(WATCH, STEP) is None
