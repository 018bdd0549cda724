"""A model from where the settings say: a folder or an http(s) URL, tried before it may serve."""

from pathlib import Path

import httpx
import numpy as np

from patternwatch.classifier.shape_model import (
    GRAPH_FILE,
    METADATA_FILE,
    SHIPPED,
    ShapeModel,
    read_metadata,
)
from patternwatch.contracts.errors import ModelError
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS

MAX_BYTES = 32 * 1024 * 1024
"""Of one file: a larger one is none of ours."""
TIMEOUT_S = 20.0


def open_model(location: str, known: str = "") -> ShapeModel | None:
    """The model at this location, or None where its graph has the SHA-256 `known`.

    location  a folder, or an http(s) URL in front of `shapes.onnx` and `shapes.json`; nothing is the
              shipped model
    Raises ModelError where it cannot be read or must not be served; see `ShapeModel.load`.
    """
    location = location.rstrip("/")
    read = _fetched if location.startswith(("http://", "https://")) else _from_folder
    metadata = read(location, METADATA_FILE)
    if known and read_metadata(metadata, location).sha256 == known:
        return None
    model = ShapeModel.of(read(location, GRAPH_FILE), metadata, location or "the shipped model")
    _try(model)
    return model


def _from_folder(location: str, name: str) -> bytes:
    folder = Path(location) if location else SHIPPED
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise ModelError(
            f"The model in {folder} cannot be read: {error.strerror} ({error.filename})",
            f"Give a folder that holds {GRAPH_FILE} and {METADATA_FILE}, or make one with `make train`",
        ) from error


def _fetched(location: str, name: str) -> bytes:
    url, taken = f"{location}/{name}", bytearray()
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT_S) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ModelError(
                    f"{url} answered {answer.status_code}",
                    f"Check the address: it goes in front of {GRAPH_FILE} and {METADATA_FILE}",
                )
            for part in answer.iter_bytes():
                taken += part
                if len(taken) > MAX_BYTES:
                    raise ModelError(f"{url} is larger than {MAX_BYTES} bytes", "Give the address of a model")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelError(
            f"{url} cannot be fetched: {type(error).__name__}: {error}", "Check the address and its server"
        ) from error
    return bytes(taken)


def _try(model: ShapeModel) -> None:
    """A model that answers nonsense on a window that steps up is refused here, not in a report."""
    values = np.zeros((3, WINDOW_ROWS))
    values[1, BASELINE_ROWS + 10 :] = 1.0
    values[2] = np.random.default_rng(1).standard_normal(WINDOW_ROWS)
    try:
        found = model.embed(values, BASELINE_ROWS)
    # ONNX Runtime's own errors have no common base below Exception.
    except Exception as error:
        raise ModelError(
            f"The model {model.version} cannot name a window: {error}", "Train it again (`make train`)"
        ) from error
    if not np.isfinite(found.embedding).all() or not np.allclose(
        found.probabilities.sum(axis=1), 1, atol=1e-3
    ):
        raise ModelError(
            f"The model {model.version} answers with what are no probabilities",
            "Train it again (`make train`)",
        )
