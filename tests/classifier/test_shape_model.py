import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.contracts.errors import ModelError
from patternwatch.contracts.patterns import PATTERNS, Pattern

ARTIFACT_LIMIT = 1_500_000


@pytest.fixture(scope="module")
def model() -> ShapeModel:
    return ShapeModel.load()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("shapes.onnx", "shapes.json"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def named(model: ShapeModel, values: np.ndarray, split: int = 240) -> list[Pattern]:
    return [PATTERNS[k] for k in model.classify(np.atleast_2d(values), split).argmax(axis=1)]


def noise(rows: int = 300) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(rows)


def test_drawn_by_hand_each_plain_shape_gets_its_name(model: ShapeModel) -> None:
    rows = np.arange(300)
    shapes = {
        Pattern.SUDDEN_INCREASE: 20.0 * (rows >= 296),
        Pattern.LEVEL_SHIFT_UP: 20.0 * (rows >= 260),
        Pattern.STEADY_INCREASE: 20.0 * np.clip((rows - 245) / 54, 0, 1),
        Pattern.SINGLE_SPIKE: 30.0 * np.isin(rows, [270, 271]),
        Pattern.TRANSIENT_LEVEL_SHIFT_UP: 20.0 * ((rows >= 255) & (rows < 280)),
        Pattern.MULTIPLE_SPIKES: 30.0 * np.isin(rows, [250, 265, 280]),
    }
    for pattern, shape in shapes.items():
        assert named(model, noise() + shape) == [pattern]
        assert named(model, noise() - shape) == [pattern.mirrored]
    assert named(model, noise() * np.where(rows >= 245, 8, 1)) == [Pattern.FLUCTUATIONS]
    assert named(model, noise()) == [Pattern.NORMAL]


@pytest.mark.parametrize(
    ("rows", "split"), [(300, 190), (300, 260), (300, 262), (120, 80), (600, 560), (130, 90)]
)
def test_the_split_and_the_length_of_the_window_may_vary(model: ShapeModel, rows: int, split: int) -> None:
    shift = 25.0 * (np.arange(rows) >= rows - 40)
    assert named(model, noise(rows) + shift, split) == [Pattern.LEVEL_SHIFT_UP]


def test_windows_without_information_are_normal(model: ShapeModel) -> None:
    values = np.stack([np.zeros(300), np.full(300, 1e9), np.full(300, np.nan), np.full(300, np.inf)])
    assert named(model, values) == [Pattern.NORMAL] * 4


def test_probabilities_sum_to_one_in_float32(model: ShapeModel) -> None:
    values = np.random.default_rng(2).standard_normal((7, 300))
    values[3, 100:200] = np.nan
    found = model.classify(values, 240)
    assert found.shape == (7, len(PATTERNS))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_answers_do_not_depend_on_the_batch(model: ShapeModel) -> None:
    values = np.random.default_rng(3).standard_normal((1100, 300))
    together = model.classify(values, 250)
    for k in (0, 511, 512, 1099):
        np.testing.assert_allclose(together[k], model.classify(values[k : k + 1], 250)[0], atol=1e-5)
    assert model.classify(np.empty((0, 300)), 240).shape == (0, len(PATTERNS))


def test_the_embedding_comes_with_the_same_probabilities(model: ShapeModel) -> None:
    values = np.random.default_rng(4).standard_normal((600, 300))
    found = model.embed(values, 240)
    np.testing.assert_array_equal(found.probabilities, model.classify(values, 240))
    assert found.embedding.shape == (600, model.embedding_size)
    assert found.embedding.dtype == np.float32
    assert np.isfinite(found.embedding).all()


def test_windows_of_one_shape_lie_close_together_in_the_embedding(model: ShapeModel) -> None:
    rng, rows = np.random.default_rng(5), np.arange(300)
    shift, spike = 20.0 * (rows >= 260), 20.0 * np.isin(rows, [270, 271])
    values = rng.standard_normal((20, 300)) + np.repeat([shift, spike], 10, axis=0)
    found = model.embed(values, 240).embedding
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    alike = unit @ unit.T
    assert min(alike[:10, :10].min(), alike[10:, 10:].min()) > alike[:10, 10:].max()


def test_each_window_may_have_a_split_of_its_own(model: ShapeModel) -> None:
    values = np.random.default_rng(6).standard_normal((3, 300))
    together = model.classify(values, np.array([200, 240, 280]))
    for k, split in enumerate((200, 240, 280)):
        np.testing.assert_allclose(together[k], model.classify(values[k : k + 1], split)[0], atol=1e-5)


def test_the_shipped_artifact_is_small_and_has_a_card(model: ShapeModel) -> None:
    assert sum(p.stat().st_size for p in SHIPPED.glob("shapes.*")) <= ARTIFACT_LIMIT
    assert model.version == f"{model.metadata.name}-{model.metadata.sha256[:12]}"
    assert model.metadata.sha256[:12] in (SHIPPED / "MODEL_CARD.md").read_text()


def test_a_given_folder_is_served(copied: Path, model: ShapeModel) -> None:
    assert ShapeModel.load(copied).version == model.version


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read.*make train"):
        ShapeModel.load(tmp_path)


def test_a_graph_that_is_not_the_one_described_is_refused(copied: Path) -> None:
    (copied / "shapes.onnx").write_bytes((copied / "shapes.onnx").read_bytes() + b"\0")
    with pytest.raises(ModelError, match="has the hash"):
        ShapeModel.load(copied)


def test_metadata_that_is_none_is_refused(copied: Path) -> None:
    (copied / "shapes.json").write_text('{"format": 1}')
    with pytest.raises(ModelError, match="is not the metadata"):
        ShapeModel.load(copied)


@pytest.mark.parametrize(
    ("field", "value"),
    [("patterns", ["normal"]), ("inputs", {"series": [5, 60]}), ("format", 1), ("scales", ["gaps"])],
)
def test_a_model_for_another_taxonomy_or_other_inputs_is_refused(
    copied: Path, field: str, value: object
) -> None:
    facts = json.loads((copied / "shapes.json").read_text())
    (copied / "shapes.json").write_text(json.dumps(facts | {field: value}))
    with pytest.raises(ModelError, match=f"has the {field}"):
        ShapeModel.load(copied)


def with_graph(folder: Path, graph: bytes) -> Path:
    (folder / "shapes.onnx").write_bytes(graph)
    facts = json.loads((folder / "shapes.json").read_text())
    (folder / "shapes.json").write_text(json.dumps(facts | {"sha256": hashlib.sha256(graph).hexdigest()}))
    return folder


def test_a_graph_that_cannot_run_is_refused(copied: Path) -> None:
    with pytest.raises(ModelError, match="not a graph"):
        ShapeModel.load(with_graph(copied, b"not onnx"))


def test_a_graph_with_other_names_is_refused(copied: Path) -> None:
    graph = onnx.load(copied / "shapes.onnx")
    old = graph.graph.output[0].name
    graph.graph.output[0].name = "scores"
    for node in graph.graph.node:
        node.output[:] = ["scores" if name == old else name for name in node.output]
    with pytest.raises(ModelError, match="gives"):
        ShapeModel.load(with_graph(copied, graph.SerializeToString()))


def test_serving_starts_without_what_is_slow_to_import() -> None:
    rooms = ("api", "streams", "analysis", "classifier", "classifier.model", "cortex", "detectors", "cli")
    program = (
        "import importlib, pkgutil, sys\n"
        f"for room in {rooms}:\n"
        "    package = importlib.import_module('patternwatch.' + room)\n"
        "    for found in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        if not found.name.endswith('.__main__'):\n"
        "            importlib.import_module(found.name)\n"
        "slow = {'torch', 'onnx', 'matplotlib', 'river', 'scipy.stats'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
