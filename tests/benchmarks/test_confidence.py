"""The fit of how sure a report is, and its reliability table."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.confidence import benchmark
from benchmarks.logistic import chances, ece, fit, reliability
from benchmarks.reliability_picture import picture


def test_a_weight_that_would_be_negative_is_zero() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4000, 2))
    right = (rng.random(4000) < chances(features, 0.5, np.array([2.0, -3.0]))).astype(np.float64)
    _, weights = fit(features, right, np.ones(4000))
    assert weights[1] == 0.0
    assert weights[0] > 0.3


def test_known_weights_are_found() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(20_000, 2))
    right = (rng.random(20_000) < chances(features, -0.5, np.array([1.0, 0.5]))).astype(np.float64)
    intercept, weights = fit(features, right, np.ones(20_000))
    assert intercept == pytest.approx(-0.5, abs=0.1)
    assert weights == pytest.approx([1.0, 0.5], abs=0.1)


def test_ece_of_honest_and_of_boastful_chances() -> None:
    rng = np.random.default_rng(2)
    chance = rng.random(20_000)
    right = (rng.random(20_000) < chance).astype(np.float64)
    assert ece(chance, right) < 0.02
    assert ece(np.full(100, 0.99), np.repeat([0.0, 1.0], 50)) == pytest.approx(0.49)
    assert reliability(np.array([1.0]), np.array([1.0])) == [(1.0, 1.0, 1)]


def test_a_data_set_is_judged_by_the_others(tmp_path: Path) -> None:
    rows = [
        {
            "source": s,
            "quiet": False,
            "right": r,
            "is_clear": True,
            "is_own": True,
            "is_felt": True,
            "features": [f, 0.0, 0.0],
        }
        for s, good in (("a", True), ("b", True), ("c", False))
        for f, r in ((6.0, good), (1.0, not good))
        for _ in range(20)
    ]
    kept = tmp_path / "rows.jsonl"
    kept.write_text("".join(json.dumps(row) + "\n" for row in rows))
    drawn = tmp_path / "drawn.svg"
    found = benchmark(Namespace(rows=str(kept), picture=str(drawn), folders=[], every=1))
    by_source = {row["held_out"]: row for row in found["results"]}
    assert by_source["a, incidents"]["n"] == 40
    assert by_source["c, incidents"]["high_right"] == 0.0  # what the others teach is wrong there
    assert drawn.read_text().startswith("<svg")
    assert picture([(0.5, 0.4, 3)], 0.1).count("<circle") == 1
