"""The generated cluster: the same for a seed, usual without faults, and a fault moves what it should."""

from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.watch.faults import KINDS, RESOURCE_ONLY, Fault, spread
from benchmarks.watch.generated import Day, GeneratedCluster
from benchmarks.watch.metrics import DAY_ROWS, POD_METRICS
from benchmarks.watch.topology import drawn

SERIES, SEED = 400, 5
ROW, LASTS = 1500, 40
AT = slice(ROW, ROW + LASTS)


def first_day(faults: list[Fault] | None = None, seed: int = SEED) -> Day:
    return next(GeneratedCluster(SERIES, seed, faults or []).days(1))


@pytest.fixture(scope="module")
def quiet() -> Day:
    return first_day()


def hurt_service() -> int:
    """The busiest service that another one calls, with more than one pod."""
    of = drawn(SERIES, SEED)
    called = np.isin(np.arange(of.services), of.callee) & (of.replicas > 1)
    return int(np.argmax(np.where(called, of.rate, 0)))


def of_service(day: Day, service: int, metric: int) -> npt.NDArray[np.float32]:
    """Values of a metric, a row each pod of the service."""
    of = drawn(SERIES, SEED)
    return day.values[np.flatnonzero(of.service_of == service) * len(POD_METRICS) + metric]


def number_of(name: str, derivation: str) -> int:
    return next(n for n, m in enumerate(POD_METRICS) if (m.name, m.derivation) == (name, derivation))


def test_the_same_seed_gives_the_same_days_and_another_one_others(quiet: Day) -> None:
    again = first_day()
    np.testing.assert_array_equal(again.values, quiet.values)
    assert (again.labels, again.events, again.renamed) == (quiet.labels, quiet.events, quiet.renamed)
    assert not np.array_equal(first_day(seed=SEED + 1).values[:100], quiet.values[:100], equal_nan=True)


def test_days_go_on_where_the_last_one_ended() -> None:
    one, two = islice(GeneratedCluster(SERIES, SEED).days(2), 2)
    assert two.first == DAY_ROWS
    memory = number_of("container_memory_working_set_bytes", "")
    places = slice(memory, drawn(SERIES, SEED).pods * len(POD_METRICS), len(POD_METRICS))
    ends, begins = one.values[places, -5:], two.values[places, :5]
    whole = ~np.isnan(ends).any(axis=1) & ~np.isnan(begins).any(axis=1)
    assert whole.sum() >= 10
    np.testing.assert_allclose(np.median(ends[whole], axis=1), np.median(begins[whole], axis=1), rtol=0.2)
    changed = sum(a != b for a, b in zip(one.labels, two.labels, strict=True))
    assert changed == len({renamed.pod for renamed in one.renamed}) * len(POD_METRICS) > 0


def test_without_faults_services_answer_and_requests_rarely_fail(quiet: Day) -> None:
    for service in range(drawn(SERIES, SEED).services):
        requests, failed = (of_service(quiet, service, metric) for metric in (5, 6))
        assert np.nansum(failed) <= 0.05 * np.nansum(requests) + 1
        present = np.atleast_1d(np.isfinite(requests).any(axis=0))
        gone = "".join(" " if there else "x" for there in present)
        assert max(map(len, gone.split()), default=0) < 6
    assert np.isfinite(quiet.values[~np.isnan(quiet.values)]).all()
    assert (quiet.values[~np.isnan(quiet.values)] >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_reaches_nothing_before_it_and_nobody_who_has_nothing_to_do_with_it(
    quiet: Day, kind: str
) -> None:
    service = hurt_service()
    day = first_day([Fault(ROW, service, kind, 3.0, LASTS)])
    np.testing.assert_array_equal(day.values[:, :ROW], quiet.values[:, :ROW])
    of = drawn(SERIES, SEED)
    touched = {service, int(of.callee[service]), *(c for hop in of.callers(service) for c in hop)}
    apart = np.flatnonzero(~np.isin(of.service_of, list(touched)))
    assert len(apart)
    for pod in apart.tolist():
        rows = slice(pod * len(POD_METRICS), (pod + 1) * len(POD_METRICS))
        np.testing.assert_array_equal(day.values[rows], quiet.values[rows])


MOVED = (
    ("cpu hog", "container_cpu_usage_seconds_total", "rate", 1.3),
    ("memory leak", "container_memory_working_set_bytes", "", 1.8),
    ("latency", "http_request_duration_seconds", "p99", 2.0),
    ("errors", "http_requests_failed_total", "rate", 5.0),
    ("traffic drop", "http_requests_total", "rate", 1 / 3),
    ("queue", "work_queue_length", "", 5.0),
    ("disk", "http_request_duration_seconds", "p50", 2.0),
    ("cpu wasted", "container_cpu_usage_seconds_total", "rate", 1.3),
    ("memory grown", "container_memory_working_set_bytes", "", 2.5),
    ("files leaked", "process_open_fds", "", 2.0),
    ("network flood", "container_network_transmit_bytes_total", "rate", 2.5),
)


@pytest.mark.parametrize(("kind", "name", "derivation", "times"), MOVED)
def test_a_fault_moves_what_it_should(
    quiet: Day, kind: str, name: str, derivation: str, times: float
) -> None:
    service, metric = hurt_service(), number_of(name, derivation)
    day = first_day([Fault(ROW, service, kind, 3.0, LASTS)])
    hurt, usual = (float(np.nanmean(of_service(d, service, metric)[:, AT])) for d in (day, quiet))
    assert hurt >= times * usual if times > 1 else hurt <= times * usual


@pytest.mark.parametrize("kind", ["kill", "crash loop"])
def test_a_killed_service_has_no_samples_and_its_callers_errors(quiet: Day, kind: str) -> None:
    service = hurt_service()
    day = first_day([Fault(ROW, service, kind, 3.0, LASTS)])
    present = ~np.isnan(of_service(day, service, 0)[:, AT]).all(axis=0)
    assert present.mean() == pytest.approx(0.0 if kind == "kill" else 0.5, abs=0.06)
    caller = drawn(SERIES, SEED).callers(service)[0][0]
    failed = number_of("http_requests_failed_total", "rate")
    hurt, usual = (np.nansum(of_service(d, caller, failed)[:, AT]) for d in (day, quiet))
    assert hurt > usual


@pytest.mark.parametrize("kind", RESOURCE_ONLY)
def test_what_takes_resources_only_is_not_seen_by_users(quiet: Day, kind: str) -> None:
    service = hurt_service()
    day = first_day([Fault(ROW, service, kind, 3.0, LASTS)])
    np.testing.assert_array_equal(of_service(day, service, 6), of_service(quiet, service, 6))
    usual, hurt = (np.nanmedian(of_service(d, service, 7)[:, AT]) for d in (quiet, day))
    assert hurt <= 1.6 * usual


def test_faults_are_of_every_kind_and_size_and_do_not_overlap() -> None:
    of = drawn(SERIES, SEED)
    faults = spread(of, 0, 6 * DAY_ROWS, tuple(KINDS), seed=1)
    assert {fault.kind for fault in faults} == set(KINDS)
    assert len({(fault.kind, fault.size) for fault in faults}) == 4 * len(KINDS)
    assert all(a.row + a.rows + 50 < b.row for a, b in pairwise(faults))
