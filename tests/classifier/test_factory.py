"""A model from a folder or a URL is tried before it serves; what is wrong with it is said."""

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from patternwatch.classifier import factory as opening
from patternwatch.classifier.factory import open_model
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.shape_model import GRAPH_FILE, METADATA_FILE, SHIPPED
from patternwatch.contracts.errors import ModelError


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (GRAPH_FILE, METADATA_FILE):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def altered(folder: Path, **changes: Any) -> None:
    metadata = json.loads((folder / METADATA_FILE).read_text())
    (folder / METADATA_FILE).write_text(json.dumps(metadata | changes))


def test_a_url_and_a_folder_give_the_same_model(folder: Path, url: str) -> None:
    shipped = ShapeModel.load().version
    for place in ("", str(folder), url, url + "/"):
        found = open_model(place)
        assert found is not None
        assert found.version == shipped


def test_a_model_that_is_known_is_not_loaded_again(folder: Path, url: str) -> None:
    known = ShapeModel.load().sha256
    (folder / GRAPH_FILE).unlink()
    assert open_model(str(folder), known) is None
    assert open_model(url, known) is None


WRONG: dict[str, Callable[[Path], Any]] = {
    "has the hash": lambda folder: (folder / GRAPH_FILE).write_bytes(b"damaged"),
    "not the metadata": lambda folder: (folder / METADATA_FILE).write_text("{}"),
    "has the patterns": lambda folder: altered(folder, patterns=["up", "down"]),
    "has the inputs": lambda folder: altered(folder, inputs={"series": [1, 2]}),
    "has the scales": lambda folder: altered(folder, scales=["a"]),
    "404|cannot be read": lambda folder: (folder / GRAPH_FILE).unlink(),
}


@pytest.mark.parametrize("why", WRONG)
@pytest.mark.parametrize("over_http", [False, True])
def test_a_wrong_model_is_refused_with_the_reason(folder: Path, url: str, why: str, over_http: bool) -> None:
    WRONG[why](folder)
    with pytest.raises(ModelError, match=why) as refusal:
        open_model(url if over_http else str(folder))
    assert refusal.value.remedy


def test_a_server_that_is_away_or_sends_too_much_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="cannot be fetched"):
        open_model("http://127.0.0.1:1")
    monkeypatch.setattr(opening, "MAX_BYTES", 100)
    with pytest.raises(ModelError, match="larger than 100 bytes"):
        open_model(url)
