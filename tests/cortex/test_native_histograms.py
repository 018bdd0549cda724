"""Native histograms by remote read and as JSON, against their slow twins and against PromQL's rules."""

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.analysis.series.promql import display_name, expression
from patternwatch.contracts.errors import DecodeError
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.derive import derive
from patternwatch.cortex.matrix import NATIVE_HISTOGRAM, matrix_series
from patternwatch.cortex.native_histograms import GAUGE_HISTOGRAM, NATIVE_LABEL, NativeSeries, with_native
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.raw import ragged
from patternwatch.cortex.wire import decode_samples
from patternwatch.cortex.wire.snappy_block import unsnappy
from tests.cortex.wire_twin import MESSAGES, STALE, Series, chunk_message, frame, read_response, snappy

EVER = (0, 1 << 60)
STEP_MS = 30_000
Histogram = dict[str, Any]
Observed = Sequence[float] | np.ndarray


def histogram(
    observed: Observed, schema: int = 3, floats: bool = False, zero: float = 1e-9, **more: Any
) -> Histogram:
    """The fields of a histogram of these values, counted one by one."""
    counts: dict[str, dict[int, int]] = {"positive": {}, "negative": {}}
    zeros = 0
    for value in observed:
        if abs(value) <= zero:
            zeros += 1
        else:
            index = math.ceil(math.log2(abs(value)) * 2.0**schema - 1e-12)
            side = counts["positive" if value > 0 else "negative"]
            side[index] = side.get(index, 0) + 1
    out: Histogram = {"schema": schema, "sum": float(np.sum(observed)), "zero_threshold": zero, **more}
    out["count_float" if floats else "count_int"] = len(observed)
    out["zero_count_float" if floats else "zero_count_int"] = zeros
    for name, side in counts.items():
        ordered = sorted(side)
        starts = [
            (index - 1 - before) if n else index
            for n, (before, index) in enumerate(zip([0, *ordered], ordered, strict=False))
        ]
        out[f"{name}_spans"] = [{"offset": offset, "length": 1} for offset in starts]
        values = [side[index] for index in ordered]
        if floats:
            out[f"{name}_counts"] = values
        else:
            out[f"{name}_deltas"] = np.diff(values, prepend=0).tolist()
    return out


def custom(observed: Observed, bounds: Sequence[float], **more: Any) -> Histogram:
    places = np.searchsorted(bounds, observed)
    counts = np.bincount(places, minlength=len(bounds) + 1)
    return {
        "schema": -53,
        "sum": float(np.sum(observed)),
        "count_int": len(observed),
        "custom_values": list(bounds),
        "positive_spans": [{"offset": 0, "length": len(counts)}],
        "positive_deltas": np.diff(counts, prepend=0).tolist(),
        **more,
    }


def answer(series: Iterable[tuple[dict[str, str], Sequence[tuple[int, Histogram]]]]) -> bytes:
    message = MESSAGES["ReadResponse"]()
    result = message.results.add()
    for labels, samples in series:
        out = result.timeseries.add()
        for name, value in sorted(labels.items()):
            out.labels.add(name=name, value=value)
        for time, fields in samples:
            out.histograms.add(timestamp=time, **fields)
    return snappy(message.SerializeToString())


def read(samples: Sequence[tuple[int, Histogram]], step_ms: int = 0) -> NativeSeries:
    (found,) = decode_samples(answer([({"__name__": "h"}, samples)]), *EVER, step_ms).native
    return found


def growing(parts: Sequence[Observed], **options: Any) -> list[tuple[int, Histogram]]:
    """A sample each 30 s, each with all that was observed so far."""
    so_far = [np.concatenate(parts[: n + 1]) for n in range(len(parts))]
    return [(STEP_MS * (n + 1), histogram(each, **options)) for n, each in enumerate(so_far)]


def naive_quantile(observed: Observed, quantile: float, schema: int) -> float:
    """PromQL's rule for positive values: within a bucket they lie exponentially."""
    width = 2.0**-schema
    indexes = np.sort(np.ceil(np.log2(observed) / width - 1e-12))
    wanted = quantile * len(indexes)
    index = indexes[max(math.ceil(wanted - 1e-9) - 1, 0)]
    below, inside = (indexes < index).sum(), (indexes == index).sum()
    return float(2.0 ** (width * (index - 1 + (wanted - below) / inside)))


@pytest.mark.parametrize("schema", [-4, -1, 0, 1, 3, 5, 8])
@pytest.mark.parametrize("floats", [False, True])
def test_quantiles_are_those_of_what_was_observed_between_two_samples(schema: int, floats: bool) -> None:
    rng = np.random.default_rng(schema + 9)
    parts = [np.exp(rng.normal(n, 1.0, 200)) for n in range(4)]
    found = read(growing(parts, schema=schema, floats=floats))
    assert found.labels == {"__name__": "h"}
    assert found.timestamps.tolist() == [30_000, 60_000, 90_000, 120_000]
    assert found.samples[0].tolist() == [200.0, 400.0, 600.0, 800.0]
    np.testing.assert_allclose(found.samples[1], np.cumsum([part.sum() for part in parts]))
    assert np.isnan(found.samples[2:, 0]).all()
    for row, quantile in ((2, 0.5), (3, 0.99)):
        wanted = [naive_quantile(part, quantile, schema) for part in parts[1:]]
        np.testing.assert_allclose(found.samples[row, 1:], wanted, rtol=1e-9)


@given(
    st.lists(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30), min_size=2, max_size=4),
    st.integers(-4, 8),
)
@settings(max_examples=60, deadline=None)
def test_any_observations(parts: list[list[float]], schema: int) -> None:
    found = read(growing([np.array(part) for part in parts], schema=schema))
    wanted = [naive_quantile(np.array(part), 0.5, schema) for part in parts[1:]]
    np.testing.assert_allclose(found.samples[2, 1:], wanted, rtol=1e-9)


def test_negative_and_zero_observations() -> None:
    nothing = (1, histogram([]))
    negative = read([nothing, (2, histogram([-8.0, -8.0, -2.0], schema=0))])
    assert negative.samples[2, 1] == pytest.approx(-8.0 * (0.5**0.75))  # three quarters of the bucket of two
    both = read([nothing, (2, histogram([-8.0] + [0.0] * 8 + [8.0], schema=0, zero=0.5))])
    assert both.samples[2, 1] == pytest.approx(0.0)  # the middle of the zero bucket
    zeros = read([nothing, (2, histogram([0.0] * 10, zero=0.5))])
    assert zeros.samples[2, 1] == pytest.approx(0.25)  # nothing lies below zero
    exact = read([nothing, (2, histogram([0.0] * 10, zero=0.0))])
    assert exact.samples[2, 1] == pytest.approx(0.0)


def test_custom_buckets_are_read_as_classic_ones() -> None:
    bounds = [0.1, 0.5, 1.0]
    parts = np.array([0.05, 0.3, 0.3, 0.3]), np.array([0.05, 0.3, 0.3, 0.3, 0.4, 0.4, 0.05, 0.7])
    found = read([(1, custom(parts[0], bounds)), (2, custom(parts[1], bounds))])
    # new: one up to 0.1, two up to 0.5, one up to 1
    assert found.samples[2, 1] == pytest.approx(0.1 + 0.4 * (2 - 1) / 2)
    beyond = read([(1, custom([], bounds)), (2, custom([7.0, 8.0], bounds))])
    assert beyond.samples[2, 1] == 1.0  # the highest bound, as of a +Inf bucket
    below = read([(1, custom([], [-1.0, 1.0])), (2, custom([-3.0, -2.0], [-1.0, 1.0]))])
    assert below.samples[2, 1] == -1.0
    first = read([(1, custom([], bounds)), (2, custom([0.05, 0.06], bounds))])
    assert first.samples[2, 1] == pytest.approx(0.05)


def test_custom_buckets_without_their_bounds_are_not_made_up() -> None:
    sample = custom([0.05, 0.3], [0.1, 0.5]) | {"custom_values": []}
    decoded = decode_samples(answer([({"__name__": "h"}, [(1, sample), (2, sample)])]), *EVER)
    assert (decoded.native, decoded.untold) == ((), ("h",))


def test_a_counter_that_was_reset_began_at_zero() -> None:
    before, after = np.full(50, 0.1), np.full(20, 3.0)
    for hint in (0, 1):
        found = read([(1, histogram(before)), (2, histogram(after, reset_hint=hint))])
        assert found.samples[2, 1] == pytest.approx(naive_quantile(after, 0.5, 3))
    both = np.concatenate([before, after])
    hinted = read([(1, histogram(before)), (2, histogram(both, reset_hint=1))])
    assert hinted.samples[2, 1] == pytest.approx(naive_quantile(both, 0.5, 3))
    unseen = read([(1, histogram(before)), (2, histogram(np.full(90, 3.0)))])  # more than before, elsewhere
    assert unseen.samples[2, 1] == pytest.approx(naive_quantile(np.full(90, 3.0), 0.5, 3))


def test_a_change_of_resolution_meets_in_the_coarser_one() -> None:
    rng = np.random.default_rng(1)
    old, new = np.exp(rng.normal(0, 1, 300)), np.exp(rng.normal(2, 1, 300))
    both = np.concatenate([old, new])
    found = read(
        [(1, histogram(old, schema=4)), (2, histogram(both, schema=1)), (3, histogram(both, schema=4))]
    )
    assert found.samples[2, 1] == pytest.approx(naive_quantile(new, 0.5, 1))
    assert np.isnan(found.samples[2, 2])  # nothing was observed


def test_the_last_sample_of_a_step_counts_and_stale_markers_end_nothing() -> None:
    parts = [np.full(10, 1.0), np.full(10, 1.0), np.full(10, 5.0), np.full(10, 5.0)]
    samples = [
        (time + 30_000, each)
        for time, (_, each) in zip((0, 15_000, 30_000, 45_000), growing(parts), strict=True)
    ]
    found = read([*samples, (80_000, {"sum": STALE})], STEP_MS)
    assert found.timestamps.tolist() == [30_000, 60_000, 75_000]
    assert found.samples[0].tolist() == [10.0, 30.0, 40.0]


def as_json(fields: Histogram, observed: Observed) -> dict[str, Any]:
    width = 2.0 ** -fields["schema"]
    indexes = np.ceil(np.log2(observed) / width - 1e-12).astype(int)
    buckets = [
        [0, str(2.0 ** (width * (i - 1))), str(2.0 ** (width * i)), str(int((indexes == i).sum()))]
        for i in np.unique(indexes)
    ]
    return {"count": str(len(observed)), "sum": str(fields["sum"]), "buckets": buckets}


def test_json_says_the_same() -> None:
    rng = np.random.default_rng(2)
    parts = [np.exp(rng.normal(n, 1.0, 100)) for n in range(4)]
    samples = growing(parts)
    told = [
        [time / 1000, as_json(each, np.concatenate(parts[: n + 1]))] for n, (time, each) in enumerate(samples)
    ]
    by_json = matrix_series([{"metric": {"__name__": "h", "a": "b"}, "histograms": told}], {}, STEP_MS)
    by_wire = with_native(ragged([], [], [], []), [read(samples)])
    assert [labels[NATIVE_LABEL] for labels in by_json.labels] == ["count", "p50", "p99", "sum"]
    assert by_json.timestamps.tolist() == by_wire.timestamps.tolist()
    np.testing.assert_allclose(by_json.values, by_wire.values, rtol=1e-9)


def test_json_of_custom_buckets_and_of_the_zero_bucket() -> None:
    rows = [[3, "-1e-09", "1e-09", "4"], [0, "0.5", "1", "4"]]
    told = [[1, {"count": "0", "sum": "0"}], [2, {"count": "8", "sum": "3", "buckets": rows}]]
    custom_rows = [[0, "-Inf", "0.1", "1"], [0, "0.1", "0.7", "2"], [0, "0.7", "+Inf", "1"]]
    other = [[1, {"count": "0", "sum": "0"}], [2, {"count": "4", "sum": "3", "buckets": custom_rows}]]
    raw = matrix_series(
        [{"metric": {"__name__": n}, "histograms": t} for n, t in (("h", told), ("i", other))], {}
    )
    found = {
        (own["__name__"], own[NATIVE_LABEL]): raw.values[k]
        for own, k in zip(raw.labels, raw.offsets, strict=False)
    }
    assert found["h", "p50"] == pytest.approx(1e-9)
    assert found["h", "p99"] == pytest.approx(0.5 * 2**0.98)
    assert found["i", "p50"] == pytest.approx(0.1 + 0.6 / 2)
    assert found["i", "p99"] == pytest.approx(0.7)


def test_they_become_what_classic_histograms_become_and_count_once_beside_those() -> None:
    rng = np.random.default_rng(3)
    native = read(growing([np.exp(rng.normal(0, 0.3, 60)) for _ in range(12)]))
    window = Window(start_ms=60_000, split_ms=90_000, end_ms=360_000, step_ms=STEP_MS)
    batch = derive(with_native(ragged([], [], [], []), [native]), window)
    assert (batch.derivation, batch.native) == (["count_rate", "mean", "p50", "p99"], frozenset(range(4)))
    assert batch.labels == [{"__name__": "h"}] * 4
    assert batch.values[0].tolist() == [2.0] * 11
    assert (abs(batch.values[1:3] - 1.0) < 0.3).all()
    assert batch.skipped == {}
    assert batch.take([2]).native == {0}

    times = native.timestamps
    names = [("h_count", None), ("h_sum", None), ("h_bucket", "1"), ("h_bucket", "+Inf")]
    labels = [{"__name__": name} | ({"le": le} if le else {}) for name, le in names]
    classic = ragged(
        labels, ["histogram"] * 4, [times] * 4, [native.samples[0] * f for f in (3.0, 1.0, 1.5, 3.0)]
    )
    both = derive(with_native(classic, [native]), window)
    assert (both.derivation, both.native) == (["count_rate", "mean", "p50", "p99"], frozenset())
    assert both.values[0].tolist() == [6.0] * 11
    half = derive(with_native(classic.matching((Matcher(name="le", op="=", value=""),)), [native]), window)
    assert (half.derivation, len(half.native)) == (["count_rate", "mean", "p50", "p99"], 4)


def test_gauge_histograms_are_left_out_by_name() -> None:
    gauge = read([(1, histogram([1.0], reset_hint=3)), (2, histogram([2.0], reset_hint=3))])
    raw = with_native(ragged([], [], [], []), [gauge])
    assert (len(raw), raw.skipped) == (0, {GAUGE_HISTOGRAM: {"h": 1}})


def test_an_idle_histogram_has_no_quantiles_and_nothing_is_lost() -> None:
    native = read([(STEP_MS * n, histogram([1.0, 2.0])) for n in range(1, 13)])
    window = Window(start_ms=60_000, split_ms=90_000, end_ms=360_000, step_ms=STEP_MS)
    batch = derive(with_native(ragged([], [], [], []), [native]), window)
    assert (batch.derivation, batch.skipped) == (["count_rate", "mean"], {})


class Server:
    """Answers remote read with chunks where it may, and remembers what it was asked for."""

    def __init__(self, samples: bytes, matrix: list[dict[str, Any]] | None = None) -> None:
        self.samples, self.matrix = samples, matrix
        self.reads: list[tuple[list[int], list[str]]] = []
        self.queries: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/read"):
            return self.read(request.content)
        if "metadata" in request.url.path:
            return httpx.Response(200, json={"data": {}})
        self.queries.append(parse_qs(request.content.decode())["query"][0])
        if self.matrix is None:
            return httpx.Response(400, content=b"not here")
        return httpx.Response(
            200, content=json.dumps({"data": {"resultType": "matrix", "result": self.matrix}})
        )

    def read(self, body: bytes) -> httpx.Response:
        asked = MESSAGES["ReadRequest"]()
        asked.ParseFromString(unsnappy(body).tobytes())
        kinds = list(asked.accepted_response_types)
        self.reads.append((kinds, [m.value for m in asked.queries[0].matchers if m.name == "__name__"]))
        if 1 in kinds:
            one = chunk_message({"__name__": "h"}, [[(1, 1.0)]], kind=2)
            other = chunk_message({"__name__": "up"}, [[(1, 1.0), (2, 1.0)]])
            return httpx.Response(
                200,
                content=frame(one) + frame(other),
                headers={"Content-Type": "application/x-streamed-protobuf"},
            )
        return httpx.Response(200, content=self.samples, headers={"Content-Type": "application/x-protobuf"})


async def asked_of(server: Server) -> Any:
    source = PrometheusSource(SourceSettings(url="http://fake"), httpx.MockTransport(server))
    raw = await source.samples("t", (Matcher(name="job", op="=", value="a"),), 0, 600_000)
    assert source.remote_read_kind == "STREAMED_XOR_CHUNKS"
    await source.close()
    return raw


async def test_chunks_of_histograms_are_asked_for_as_samples_those_only() -> None:
    samples = growing([np.full(10, 2.0)] * 3)
    server = Server(answer([({"__name__": "h"}, samples)]))
    raw = await asked_of(server)
    assert server.reads == [([1, 0], []), ([0], ["h"])]
    assert [labels.get(NATIVE_LABEL, "") for labels in raw.labels] == ["count", "p50", "p99", "sum", ""]
    assert (raw.skipped, server.queries) == ({}, [])


async def test_a_server_whose_samples_lack_them_is_asked_by_json() -> None:
    told = [
        [30.0 * n, {"count": str(8 * n), "sum": "3", "buckets": [[0, "1", "2", str(8 * n)]]}] for n in (1, 2)
    ]
    server = Server(snappy(read_response([])), [{"metric": {"__name__": "h"}, "histograms": told}])
    raw = await asked_of(server)
    assert server.queries == ['{job="a",__name__="h"}[600001ms]']
    assert [labels.get(NATIVE_LABEL, "") for labels in raw.labels] == ["count", "p50", "p99", "sum", ""]
    assert raw.skipped == {}


async def test_histograms_that_nobody_gives_are_told_by_name() -> None:
    raw = await asked_of(Server(snappy(read_response([]))))
    assert [labels["__name__"] for labels in raw.labels] == ["up"]
    assert raw.skipped == {NATIVE_HISTOGRAM: {"h": 1}}


def test_ordinary_answers_are_not_walked_twice() -> None:
    decoded = decode_samples(snappy(read_response([Series({"__name__": "m"}, [(1, 2.0)])])), *EVER)
    assert (decoded.metrics, decoded.native) == ((), ())


WHOLE = unsnappy(answer([({"__name__": "h"}, growing([np.array([0.1, 2.0, 9.0])] * 3))])).tobytes()


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=4))
@settings(max_examples=300, deadline=None)
def test_flipped_bytes_are_an_error_or_sound(changes: list[tuple[int, int]]) -> None:
    body = bytearray(WHOLE)
    for place, byte in changes:
        body[place] = byte
    try:
        decoded = decode_samples(snappy(bytes(body)), *EVER)
    except DecodeError as error:
        assert 0 <= error.at <= len(body)
    else:
        for one in decoded.native:
            assert one.samples.shape == (4, len(one.timestamps))


def test_promql_reads_native_histograms_in_its_own_way() -> None:
    labels = {"__name__": "wait_seconds", "job": "a"}
    rate = 'rate(wait_seconds{job="a"}[120s])'
    shown = {d: expression(labels, d, STEP_MS, native=True) for d in ("count_rate", "mean", "p50", "p99")}
    assert shown == {
        "count_rate": f"histogram_count({rate})",
        "mean": f"histogram_sum({rate}) / histogram_count({rate})",
        "p50": f"histogram_quantile(0.5, {rate})",
        "p99": f"histogram_quantile(0.99, {rate})",
    }
    assert display_name(labels, "count_rate", native=True) == "histogram_count(rate(wait_seconds))"
