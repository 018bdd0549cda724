"""What benchmarks send to a Cortex is as Prometheus' messages say: series are read back as they were."""

import cramjam
import numpy as np

from benchmarks.made_up_series import CHANGED_JOB, made_up
from benchmarks.remote_write import write_request
from patternwatch.cortex.wire import decode_samples


def test_series_come_back_as_they_were_written() -> None:
    labels = {"job": "größe", "__name__": "load"}
    times = [1_700_000_000_000, 1_700_000_015_000]
    message = write_request([(labels, [1.5, -2.0], times)], {"load": "gauge"})
    result = message[: message.index(b"\x1a\x08\x08")]  # the rest tells what metrics are
    # A result of remote read holds series in the same field: prompb's QueryResult, in a ReadResponse.
    read = decode_samples(
        bytes(cramjam.snappy.compress_raw(b"\x0a" + bytes([len(result)]) + result)), 0, 2**62
    )
    assert read.labels == [labels]
    assert read.values.tolist() == [1.5, -2.0]
    assert read.timestamps.tolist() == times


def test_few_targets_of_one_job_change_and_the_others_are_as_without_it() -> None:
    quiet, changed = (list(made_up(200, 40, at)) for at in (40, 30))
    differ = [
        b.labels["job"]
        for a, b in zip(quiet, changed, strict=True)
        if not np.array_equal(a.values[30:], b.values[30:])
    ]
    assert set(differ) == {CHANGED_JOB}
    assert len(differ) == 6
    assert {one.kind for one in changed} == {"counter", "gauge"}
