"""The shape model as it is served: an ONNX graph with its metadata, checked before it answers."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from patternwatch.classifier.features import BASELINE_CHANNELS, CHANNELS, INPUT_SHAPES, SCALES, features
from patternwatch.classifier.onnx_runtime import ort
from patternwatch.contracts.errors import ModelError
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.problems import first_problem

SHIPPED = Path(__file__).parent / "model"
GRAPH_FILE = "shapes.onnx"
METADATA_FILE = "shapes.json"
OUTPUTS = ("probabilities", "embedding")
FORMAT = 2
BATCH = 512
"""Windows whose features are computed together."""
AT_ONCE = 128
"""Windows that go through the network together: what lies between its layers stays in the cache."""

Split: TypeAlias = int | npt.NDArray[np.integer[Any]]
"""Row at which the current part begins: one for all windows, or one per window (N,)."""


class Embedded(NamedTuple):
    """What the network says of N windows.

    probabilities  float32 (N, 15) in the order of PATTERNS
    embedding      float32 (N, E), the layer before the logits; E is in the model's metadata
    """

    probabilities: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32]


class ModelMetadata(BaseModel):
    """What lies beside the graph. Fields of training that serving has no use for are kept as they are."""

    model_config = ConfigDict(frozen=True, extra="allow")

    format: int
    name: str
    sha256: str
    patterns: tuple[str, ...]
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    channels: tuple[str, ...]
    baseline_channels: tuple[str, ...]
    scales: tuple[str, ...]
    layers: list[tuple[int, int, int]]

    @property
    def version(self) -> str:
        """The name and the beginning of the hash: what every finding carries."""
        return f"{self.name}-{self.sha256[:12]}"


class ShapeModel:
    """Names the shape that the current part of a series took."""

    def __init__(self, graph: bytes, metadata: ModelMetadata) -> None:
        self.metadata = metadata
        self._session = _session(graph, metadata)

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Load a model from a folder that holds `shapes.onnx` and `shapes.json`; None is the shipped one.

        Raises ModelError where a file is missing or unreadable, its hash is not the one recorded, or
        it was made for other patterns, inputs or features than this release has.
        """
        folder = SHIPPED if path is None else path
        return cls.of(*_read(folder), str(folder))

    @classmethod
    def of(cls, graph: bytes, metadata: bytes, origin: str) -> Self:
        """The model of these two files, which come from `origin`; raises ModelError as `load` does."""
        read = read_metadata(metadata, origin)
        _check(origin, graph, read)
        return cls(graph, read)

    @cached_property
    def version(self) -> str:
        """Which model this is, as findings name it."""
        return self.metadata.version

    @property
    def sha256(self) -> str:
        """Hash of the graph."""
        return self.metadata.sha256

    @property
    def embedding_size(self) -> int:
        """How many numbers the embedding of a window has."""
        return self.metadata.outputs["embedding"][0]

    def classify(self, values: npt.NDArray[Any], split: Split) -> npt.NDArray[np.float32]:
        """Probabilities (N, 15) in the order of PATTERNS for windows (N, T).

        The current part begins at row `split`; NaN is a gap. Of more than 300 points the last 300 count.
        """
        return self.embed(values, split).probabilities

    def embed(self, values: npt.NDArray[Any], split: Split) -> Embedded:
        """Probabilities and embedding of windows (N, T), as `classify` takes them, from one pass."""
        n = len(values)
        splits = np.broadcast_to(np.asarray(split), (n,))
        found = Embedded(
            np.empty((n, len(PATTERNS)), np.float32), np.empty((n, self.embedding_size), np.float32)
        )
        for start in range(0, n, BATCH):
            inputs = features(values[start : start + BATCH], splits[start : start + BATCH])
            for first in range(0, len(inputs), AT_ONCE):
                rows = slice(start + first, start + min(first + AT_ONCE, len(inputs)))
                feed = inputs.rows(first, first + AT_ONCE).as_feed()
                found.probabilities[rows], found.embedding[rows] = self._session.run(list(OUTPUTS), feed)
        return found


def read_metadata(raw: bytes, origin: str) -> ModelMetadata:
    """What lies beside a graph; raises ModelError where it is no metadata of a shape model."""
    try:
        return ModelMetadata.model_validate_json(raw)
    except ValidationError as error:
        raise ModelError(
            f"{origin}/{METADATA_FILE} is not the metadata of a shape model: {first_problem(error)}",
            "Take the file that was written together with the graph, or make both with `make train`",
        ) from error


def _read(folder: Path) -> tuple[bytes, bytes]:
    try:
        return (folder / GRAPH_FILE).read_bytes(), (folder / METADATA_FILE).read_bytes()
    except OSError as error:
        raise ModelError(
            f"The model in {folder} cannot be read: {error.strerror} ({error.filename})",
            f"Give a folder that holds {GRAPH_FILE} and {METADATA_FILE}, or make one with `make train`",
        ) from error


def _check(origin: str, graph: bytes, metadata: ModelMetadata) -> None:
    digest = hashlib.sha256(graph).hexdigest()
    if digest != metadata.sha256:
        raise ModelError(
            f"{origin}/{GRAPH_FILE} has the hash {digest[:12]}, but its metadata says {metadata.sha256[:12]}",
            "The file is damaged or belongs to another metadata file: copy both again",
        )
    expected: dict[str, Any] = {
        "format": FORMAT,
        "patterns": tuple(p.value for p in PATTERNS),
        "inputs": INPUT_SHAPES,
        "channels": CHANNELS,
        "baseline_channels": BASELINE_CHANNELS,
        "scales": SCALES,
    }
    for field, value in expected.items():
        if getattr(metadata, field) != value:
            raise ModelError(
                f"The model {metadata.version} has the {field} {getattr(metadata, field)!r}, not {value!r}",
                "Train it again with this release (`make train`), or take a model made for it",
            )


def _session(graph: bytes, metadata: ModelMetadata) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    # ONNX Runtime's own errors have no common base below Exception.
    except Exception as error:
        raise ModelError(
            f"The model {metadata.version} is not a graph that ONNX Runtime can run: {error}",
            "Train it again (`make train`), or take another model",
        ) from error
    inputs = {each.name for each in session.get_inputs()}
    outputs = {each.name: tuple(each.shape[1:]) for each in session.get_outputs()}
    if inputs != set(INPUT_SHAPES) or outputs != metadata.outputs or set(outputs) != set(OUTPUTS):
        raise ModelError(
            f"The model {metadata.version} takes {sorted(inputs)} and gives {outputs}, "
            f"not {sorted(INPUT_SHAPES)} and {metadata.outputs} (which should be {' and '.join(OUTPUTS)})",
            "Train it again with this release (`make train`)",
        )
    return session
