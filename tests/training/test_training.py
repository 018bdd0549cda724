import json
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from patternwatch.classifier.features import features
from patternwatch.classifier.metrics import NONE, score
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.contracts.errors import BundleError, ModelError
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.training import export as export_module
from patternwatch.training import loop as loop_module
from patternwatch.training.calibration import fit_temperature, probabilities
from patternwatch.training.card import write_card
from patternwatch.training.config import FineTuneConfig, GeneratorConfig, NetConfig, TrainConfig
from patternwatch.training.data import Data, prepare, soft_targets
from patternwatch.training.datasets import OWN_FILE, group_holdout, read_labelled
from patternwatch.training.export import FULL_PRECISION, export, graph_of
from patternwatch.training.generator import generate
from patternwatch.training.learning_curves import draw_curves
from patternwatch.training.loop import predict, train
from patternwatch.training.net import Ensemble, ShapeNet, parameters_of
from patternwatch.training.optimizer import tensors
from patternwatch.training.quantization import MIN_AGREEMENT, agreement
from patternwatch.training.train import ship, train_all
from patternwatch.training.windows import Windows

TINY = TrainConfig(
    epochs=2,
    batch=32,
    networks=2,
    jobs=1,
    fine_tuning=FineTuneConfig(steps=3),
    generator=GeneratorConfig(windows=128, validation_windows=64),
    net=NetConfig(channels=(4, 6, 8, 8), squeezed=4, hidden=16, dropout=0.0),
)

MIN_RECALL = {"other": 0.3, "normal": 0.75}
"""What the shipped model must reach on generated windows, which are hard on purpose; 0.5 elsewhere."""


@pytest.fixture(scope="module")
def windows() -> Windows:
    return generate(160, 8, TINY.generator)


def labelled_file(path: Path, windows: Windows, **changes: npt.ArrayLike) -> Path:
    n = len(windows)
    names = np.array([p.value for p in PATTERNS] + [""])
    fields: dict[str, npt.ArrayLike] = {
        "values": windows.values,
        "split": 240,
        "label": names[windows.label],
        "alt_label": names[windows.second],
        "source": np.where(np.arange(n) % 2 == 0, "nab", "elsewhere"),
        "group": np.array([f"g{k // 4}" for k in range(n)]),
        "redistribute": np.where(np.arange(n) % 3 == 0, "no", "yes"),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in (fields | changes).items():
            with archive.open(f"{name}.npy", "w") as file:
                np.save(file, array)
    return path


def test_a_tiny_network_overfits_one_batch(windows: Windows) -> None:
    torch.manual_seed(0)
    batch = windows.take(np.arange(32))
    net = ShapeNet(TINY.net.model_copy(update={"channels": (8, 12, 16, 16), "hidden": 32}))
    inputs, wanted = tensors(features(batch.values, batch.split), "cpu"), torch.from_numpy(batch.label)
    optimiser = torch.optim.Adam(net.parameters(), lr=8e-3)
    for _ in range(100):
        loss = nn.functional.cross_entropy(net(*inputs), wanted)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert loss.item() < 0.1


def test_networks_side_by_side_answer_with_the_mean_of_their_logits(windows: Windows) -> None:
    nets = [ShapeNet(TINY.net).eval() for _ in range(3)]
    together = predict(Ensemble(nets), windows)
    np.testing.assert_allclose(together, np.mean([predict(net, windows) for net in nets], axis=0), atol=1e-5)


def test_an_offset_makes_normal_less_likely_and_nothing_else(windows: Windows) -> None:
    nets = [ShapeNet(TINY.net).eval()]
    moved = predict(Ensemble(nets, -0.5), windows) - predict(Ensemble(nets), windows)
    expected = np.where(np.array(PATTERNS) == Pattern.NORMAL, -0.5, 0.0)
    np.testing.assert_allclose(moved, np.broadcast_to(expected, moved.shape), atol=1e-5)


def test_targets_share_between_two_labels_and_sum_to_one() -> None:
    two = Windows(np.zeros((2, 300), np.float32), np.array([240, 240]), np.array([2, 3]), np.array([5, NONE]))
    wanted = soft_targets(two, TINY.model_copy(update={"smoothing": 0.0}))
    assert wanted[0, 2] == pytest.approx(0.7)
    assert wanted[0, 5] == pytest.approx(0.3)
    assert wanted[1, 3] == 1
    np.testing.assert_allclose(soft_targets(two, TINY).sum(axis=1), 1, rtol=1e-5)


def small_data(windows: Windows) -> Data:
    learnt, judged = windows.take(np.arange(100)), windows.take(np.arange(100, 160))
    return Data(learnt, judged, windows.take(np.arange(40)), judged, 0, ["nab: 40 windows, MIT"])


def test_a_run_trains_calibrates_and_ships_a_model_that_serves(windows: Windows, tmp_path: Path) -> None:
    data = small_data(windows)
    runs = train_all(TINY, data)
    for run in runs:
        assert [row["epoch"] for row in run.history] == [0, 1, 2]
        assert run.history[1]["training_loss"] < run.history[0]["training_loss"]
    ship(TINY, data, runs, tmp_path)
    served = ShapeModel.load(tmp_path).classify(windows.values[:9], 240)
    same = Windows(windows.values[:9], np.full(9, 240), windows.label[:9], windows.second[:9])
    logits = np.mean([predict(run.net, same) for run in runs], axis=0)
    logits[:, PATTERNS.index(Pattern.NORMAL)] += TINY.normal_offset
    full = ShapeModel.load(tmp_path / FULL_PRECISION).classify(windows.values[:9], 240)
    temperature = json.loads((tmp_path / "shapes.json").read_text())["temperature"]
    np.testing.assert_allclose(full, probabilities(logits, temperature), atol=1e-4)
    np.testing.assert_allclose(served, full, atol=0.05)
    assert "nab: 40 windows, MIT" in (tmp_path / "MODEL_CARD.md").read_text()
    draw_curves([run.history for run in runs], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_training_twice_gives_the_same_network(windows: Windows) -> None:
    once, twice = (train(TINY.model_copy(update={"epochs": 1}), small_data(windows)).net for _ in range(2))
    for ours, theirs in zip(once.parameters(), twice.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_training_stops_when_validation_no_longer_improves(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TINY.model_copy(update={"epochs": 9, "patience": 2})
    monkeypatch.setattr(loop_module, "predict", lambda _, some, __: np.zeros((len(some), 15), np.float32))
    assert len(train(config, small_data(windows)).history) == 3 + 1


def test_our_own_labelled_windows_are_always_learnt_from(windows: Windows, tmp_path: Path) -> None:
    config = TINY.model_copy(update={"generator": TINY.generator.model_copy(update={"recorded_share": 0.0})})
    alone = prepare(config, None)
    more = prepare(config, labelled_file(tmp_path / "w.npz", windows))
    own = read_labelled(OWN_FILE)
    assert len(alone.labelled) + len(alone.judged) == len(own)
    free = int(np.count_nonzero((np.arange(len(windows)) % 2 == 0) & (np.arange(len(windows)) % 3 != 0)))
    assert len(more.labelled) + len(more.judged) == len(own) + free
    assert more.sources == [f"nab: {free} windows, MIT", f"testbed: {len(own)} windows, Apache-2.0"]


def test_an_export_that_answers_differently_is_refused(
    windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "CLOSE", -1.0)
    proof = features(windows.values[:4], 240)
    with pytest.raises(ModelError, match="answers differently"):
        export(Ensemble([ShapeNet(TINY.net)]), 1.0, tmp_path, proof, proof, {})


def tiny_net(seed: int) -> ShapeNet:
    torch.manual_seed(seed)
    return ShapeNet(TINY.net)


def test_eight_bits_that_name_otherwise_are_refused(windows: Windows) -> None:
    proof = features(windows.values, windows.split)
    one, other = (graph_of(Ensemble([tiny_net(seed)])) for seed in (0, 1))
    assert agreement(one, one, proof) == 1
    with pytest.raises(ModelError, match="8 bits"):
        agreement(one, other, proof)


def test_the_shipped_model_names_in_eight_bits_as_in_thirty_two(windows: Windows) -> None:
    served, full = ShapeModel.load(SHIPPED), ShapeModel.load(SHIPPED / FULL_PRECISION)
    some = generate(600, 77, GeneratorConfig(recorded_share=0.0))
    ours, theirs = (model.embed(some.values, some.split) for model in (served, full))
    agreed = ours.probabilities.argmax(axis=1) == theirs.probabilities.argmax(axis=1)
    assert np.mean(agreed) >= MIN_AGREEMENT
    norms = np.linalg.norm(ours.embedding, axis=1) * np.linalg.norm(theirs.embedding, axis=1)
    assert np.median((ours.embedding * theirs.embedding).sum(axis=1) / norms) > 0.99


def test_temperature_restores_the_confidence_that_the_hits_deserve() -> None:
    rng = np.random.default_rng(0)
    honest = rng.standard_normal((4000, len(PATTERNS))) * 2
    drawn = np.array([rng.choice(len(PATTERNS), p=p) for p in probabilities(honest, 1.0)])
    assert fit_temperature(honest * 3, np.eye(len(PATTERNS))[drawn]) == pytest.approx(3, rel=0.1)


def test_labelled_windows_are_read_and_only_free_sources_may_be_shipped(
    windows: Windows, tmp_path: Path
) -> None:
    read = read_labelled(labelled_file(tmp_path / "w.npz", windows))
    np.testing.assert_array_equal(read.windows.label, windows.label)
    np.testing.assert_array_equal(read.windows.second, windows.second)
    n = np.arange(len(windows))
    np.testing.assert_array_equal(read.shippable, (n % 2 == 0) & (n % 3 != 0))
    assert set(read.take(read.shippable).source) == {"nab"}


def test_files_that_are_no_labelled_windows_are_refused(windows: Windows, tmp_path: Path) -> None:
    odd = np.array(["sideways"] * len(windows))
    with pytest.raises(BundleError, match="sideways"):
        read_labelled(labelled_file(tmp_path / "odd.npz", windows, label=odd))
    (tmp_path / "no.npz").write_text("no")
    with pytest.raises(BundleError, match="is not a file of labelled windows"):
        read_labelled(tmp_path / "no.npz")


def test_groups_never_straddle_training_and_validation() -> None:
    group = np.array([f"g{k % 30}" for k in range(300)])
    back = group_holdout(group, 0.2, np.random.default_rng(1))
    assert 0.1 < back.mean() <= 0.2
    assert not set(group[back]) & set(group[~back])


def test_the_network_is_of_the_size_that_was_planned() -> None:
    assert parameters_of(ShapeNet(NetConfig())) < 300_000


def test_the_shipped_model_names_clear_examples_of_every_class() -> None:
    config = GeneratorConfig(recorded_share=0.0)
    held_out = generate(3000, 987_654, config)
    clear = held_out.take(np.flatnonzero((held_out.second == NONE) & (held_out.split == 240)))
    named = ShapeModel.load().classify(clear.values, 240).argmax(axis=1)
    for number, pattern in enumerate(PATTERNS):
        mine = clear.label == number
        assert np.mean(named[mine] == number) >= MIN_RECALL.get(pattern.value, 0.5), pattern


def test_the_shipped_model_names_our_labelled_windows() -> None:
    own = read_labelled(OWN_FILE).windows
    found = score(ShapeModel.load().classify(own.values, own.split), own.label, own.second)
    assert found.alt_acc > 0.9
    assert found.notable_called_normal < 0.05


def test_the_shipped_card_is_what_the_program_writes(tmp_path: Path) -> None:
    (tmp_path / "shapes.json").write_bytes((SHIPPED / "shapes.json").read_bytes())
    write_card(tmp_path)
    assert (tmp_path / "MODEL_CARD.md").read_text() == (SHIPPED / "MODEL_CARD.md").read_text()
