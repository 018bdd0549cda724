"""The recorded incidents in examples/ keep what their README promises."""

from pathlib import Path

import pytest

from patternwatch.cortex.bundle import read_bundle
from testbed.bundle_table import BundleFacts, table_lines
from testbed.faults.registry import FAULTS

FOLDER = Path(__file__).parents[2] / "examples" / "incidents"
BUNDLES = sorted(FOLDER.glob("*.parquet"))


def test_there_are_incidents_of_at_least_six_faults() -> None:
    faults = {BundleFacts.read(path).fault for path in BUNDLES}
    assert len(faults & FAULTS.keys()) >= 6


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_bundle_is_long_wide_and_small_enough(path: Path) -> None:
    facts = BundleFacts.read(path)
    assert facts.series >= 300
    assert facts.before >= 300
    assert facts.after >= 90
    assert facts.megabytes <= 3


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_bundle_names_its_truth_among_its_series(path: Path) -> None:
    incident, series = read_bundle(path)
    fault = (incident.model_extra or {})["fault"]
    assert incident.source == "testbed"
    assert incident.licence == "Apache-2.0"
    assert incident.truth is not None
    if fault == "none":
        assert incident.truth.services == []
        return
    assert incident.truth.services == [FAULTS[fault].culprit]
    assert incident.truth.series
    for labels in incident.truth.series:
        assert labels in series.labels
        assert labels["service"] == FAULTS[fault].culprit


def test_every_series_carries_the_four_labels() -> None:
    assert BUNDLES
    for path in BUNDLES:
        _, series = read_bundle(path)
        for labels in series.labels:
            assert {"cluster", "job", "instance", "service"} <= labels.keys()


def test_the_readme_holds_the_table_of_these_bundles() -> None:
    lines, text = table_lines(FOLDER), (FOLDER / "README.md").read_text()
    assert len(lines) > len(BUNDLES)
    assert [line for line in lines if line not in text] == []


def test_no_series_tells_of_the_recording_machines_folders_or_kernel() -> None:
    assert BUNDLES
    for path in BUNDLES:
        _, series = read_bundle(path)
        values = {value for labels in series.labels for name, value in labels.items() if name != "route"}
        assert not [value for value in values if value.startswith("/tmp") or "Linux " in value]
