"""Folding examples into a model, and comparing it with the one that serves."""

from pathlib import Path
from typing import Any

import pytest

from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.contracts.codec import encode
from patternwatch.training import train
from patternwatch.training.datasets import read_labelled
from patternwatch.training.labelled_examples import write_labelled
from tests.classifier.labelled_examples import example, noise, shift
from tests.cli.test_commands import patternwatch


def test_train_gives_the_corrections_to_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: dict[str, Any] = {}
    monkeypatch.setattr(train, "main", called.update)
    kept = tmp_path / "examples.jsonl"
    examples = [example(shift(1), "level_shift_up"), example(noise(1), "normal"), example(shift(2), "own")]
    theirs = example(shift(3), "normal", tenant="b")
    kept.write_bytes(b"\n".join(encode(each) for each in [*examples, theirs]))
    runs, out = tmp_path / "runs", tmp_path / "model"
    done = patternwatch(
        "train", "--labels", str(kept), "--tenant", "a", "--out", str(out), "--runs", str(runs)
    )
    assert done.exit_code == 0, done.output
    assert "2 corrections of 3 examples" in done.output
    assert called == {"out": out, "runs": runs, "real": runs / "labelled.npz"}
    assert len(read_labelled(called["real"]).windows) == 2


def test_two_models_are_compared_and_the_second_recommended_or_not(tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.npz"
    taught = [example(shift(n), "level_shift_up") for n in range(20)] + [
        example(noise(n), "normal") for n in range(20)
    ]
    write_labelled(taught, labelled)
    done = patternwatch("models", "compare", "", str(SHIPPED), str(labelled))
    assert done.exit_code == 0, done.output
    assert "40 windows of 40 groups" in done.output
    assert "promote: the second is as good" in done.output
    refused = patternwatch("models", "compare", "", str(tmp_path), str(labelled))
    assert (refused.exit_code, "cannot be read" in refused.output) == (2, True)
