"""After the warm-up nothing is left to compile: not for an analysis, not for an answer of a source."""

import asyncio
import gc
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher
from structlog.testing import capture_logs

from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier
from patternwatch.classifier.model import ShapeModel
from patternwatch.cli.analyze import Asked, _run
from patternwatch.cli.demo import INCIDENT
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex import warmup as decoding
from patternwatch.cortex.bundle import read_bundle
from patternwatch.cortex.ring_buffer import RingBuffer
from patternwatch.cortex.wire import decode_chunks, decode_samples
from patternwatch.detectors import DETECTORS, RIVER, SELF_HISTORY
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.warmup import loaded, set_aside, warm_up
from tests.cortex.wire_twin import MESSAGES, snappy

ROOT = Path(__file__).resolve().parents[2]
WIRE = ROOT / "tests" / "fixtures" / "wire"
FOR_EVER_MS = 2**62


def classifier() -> FewShotClassifier:
    return FewShotClassifier(EmbeddingSpace(ShapeModel.load()))


def test_the_warm_up_makes_findings_with_all_their_evidence() -> None:
    report = warm_up(classifier(), AnalysisSettings())
    asked = {evidence.detector for finding in report.findings for evidence in finding.evidence}
    # A window of 300 rows holds no history to compare with.
    assert asked >= {d.name for d in DETECTORS if d not in RIVER and d is not SELF_HISTORY}
    assert all(finding.pattern for finding in report.findings)


def test_the_garbage_collector_passes_over_what_was_loaded() -> None:
    gc.unfreeze()  # another test may have set all aside before
    try:
        set_aside()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
    finally:
        gc.unfreeze()


async def test_a_worker_whose_decoding_cannot_be_warmed_up_says_so_and_becomes_ready() -> None:
    def fails() -> None:
        raise OSError("no space left on device")

    with capture_logs() as logged:
        async with asyncio.timeout(30):
            await loaded(fails)
    assert [event["event"] for event in logged] == ["worker.warm_up.failed"]


@pytest.mark.parametrize("source", ["http", "bundle"])
def test_nothing_is_compiled_after_it(source: str) -> None:
    command = [sys.executable, "-m", "tests.streams.test_warmup", source]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "late: []\n"), done.stderr


def compiled() -> set[tuple[str, str]]:
    """Every kernel of ours with each signature that it was compiled for, or loaded from the cache."""
    modules = [module for name, module in sys.modules.items() if name.startswith("patternwatch.")]
    kernels = {k for module in modules for k in vars(module).values() if isinstance(k, Dispatcher)}
    return {(kernel.py_func.__qualname__, str(s)) for kernel in kernels for s in kernel.signatures}


def compiled_late(source: str) -> list[tuple[str, str]]:
    """What a real analysis and real answers need beyond the warm-up; in a process that did nothing else."""
    is_http = source == "http"
    (decoding.warm_up if is_http else decoding.warm_up_derivation)()
    warm_up(classifier(), AnalysisSettings())
    before = compiled()
    assert len(before) > 5, "the kernels are found"
    asyncio.run(_run(str(INCIDENT), Asked(), WorkerSettings(), []))
    if not is_http:
        return sorted(compiled() - before)
    incident, raw = read_bundle(INCIDENT)
    kept = RingBuffer(300, incident.step_ms)
    kept.add(raw, incident.at_ms - incident.at_ms % incident.step_ms)
    kept.batch(incident.at_ms - 60 * incident.step_ms)
    decode_samples((WIRE / "prometheus_samples.bin").read_bytes(), 0, FOR_EVER_MS)
    decode_samples(native_histograms(), 0, FOR_EVER_MS, 30_000)
    decode_chunks((WIRE / "prometheus_chunks.bin").read_bytes(), 0, FOR_EVER_MS)
    return sorted(compiled() - before)


def native_histograms() -> bytes:
    """An answer of two histograms, the later one with a bucket more."""
    message = MESSAGES["ReadResponse"]()
    series = message.results.add().timeseries.add()
    series.labels.add(name="__name__", value="wait_seconds")
    for time_ms, length in ((30_000, 1), (60_000, 2)):
        spans = [{"offset": 0, "length": length}]
        fields = {
            "count_int": length,
            "sum": 1.5,
            "positive_spans": spans,
            "positive_deltas": [1] + [0] * (length - 1),
        }
        series.histograms.add(timestamp=time_ms, **fields)
    return snappy(message.SerializeToString())


if __name__ == "__main__":
    print(f"late: {compiled_late(sys.argv[1])}")  # noqa: T201
