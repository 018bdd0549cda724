"""What Kubernetes states as a fact opens by itself, once; what is usual, done or asked for opens nothing."""

from collections.abc import Callable

import numpy as np
import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mark, Mute
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
POD = {"namespace": "shop", "pod": "mail-5d4f8c7b9-x2xbk", "container": "mail"}
MAIL = {"namespace": "shop", "deployment": "mail"}
RUN = {"namespace": "shop", "job_name": "report-29300000"}
RESTARTS, AVAILABLE, FAILED = "kube_pod_container_status_restarts_total", "available", "kube_job_failed"
OF_RUN = "kube_job_status_active", "kube_job_status_succeeded", "kube_job_status_failed"
LABELS = [
    *SHOP,
    {"__name__": RESTARTS, **POD},
    {"__name__": "kube_deployment_spec_replicas", **MAIL},
    {"__name__": "kube_deployment_status_replicas_available", **MAIL},
    *({"__name__": name, **RUN} for name in OF_RUN),
    {"__name__": "kube_job_failed", "condition": "true", **RUN},
]
RESTARTED, WISHED, LEFT, ACTIVE, DONE, PODS, WHOLE = range(len(SHOP), len(LABELS))
LEARNED, ROWS, BEGIN = 600, 100, 20
Change = Callable[[Values], None]


def rows(seed: int, number: int) -> Values:
    """Quiet rows: one replica, nothing restarted, no run."""
    of_run = np.full((4, number), np.nan)
    return np.vstack([rows_of(SHOP, number, seed), np.zeros((1, number)), np.ones((2, number)), of_run])


def restarts(*at: int) -> Change:
    def change(values: Values) -> None:
        values[RESTARTED, list(at)] = 1000 / STEP_MS

    return change


def away(minutes: int, wished: float = 1.0) -> Change:
    def change(values: Values) -> None:
        values[LEFT, BEGIN : BEGIN + 2 * minutes] = 0
        values[WISHED, BEGIN:] = wished

    return change


def run(*, failed: bool, whole: bool, again: bool = False) -> Change:
    """A run that begins, whose pod fails; whether Kubernetes says so of the whole, or tries again."""

    def change(values: Values) -> None:
        values[[ACTIVE, DONE, PODS], BEGIN:] = np.array([[1], [0], [0]])
        values[[ACTIVE, PODS], BEGIN + 6 :] = np.array([[0], [float(failed)]])
        values[DONE, BEGIN + (12 if again else 6) :] = float(again or not failed)
        values[WHOLE, BEGIN + 6 :] = 1 if whole else np.nan

    return change


def opened(
    change: Change, marks: tuple[Mark, ...] = (), mutes: tuple[Mute, ...] = (), known: Change | None = None
) -> list[tuple[int, str, str]]:
    """When what opened, and why; `known` is done to what is learned."""
    watch, learned = ClusterWatch(AnalysisSettings(), STEP_MS), rows(1, LEARNED)
    if known:
        known(learned)
    watch.learn(_of(learned, slice(None), -LEARNED))
    judged, found = rows(2, ROWS), []
    change(judged)
    for at in range(0, ROWS, 2):
        batch = _of(judged, slice(at, at + 2), at)
        opening = watch.observe(batch, int(batch.times[-1]), mutes, marks).opening
        if opening:
            found.append((at, opening.entity, opening.why))
        if at == ROWS // 2:
            watch = ClusterWatch.restore(watch.snapshot(), AnalysisSettings())
    return found


def _of(values: Values, which: slice, first: int) -> SeriesBatch:
    there = ~np.isnan(values[:, which]).all(axis=1)
    batch = batch_of(LABELS, values[:, which], first)
    how = list(batch.derivation)
    how[RESTARTED] = "rate"
    return SeriesBatch(LABELS, batch.times, batch.values, how).take(np.flatnonzero(there).tolist())


@pytest.mark.parametrize(
    ("change", "at", "entity", "why"),
    [
        (restarts(20, 30, 45), 44, "mail", "container mail of mail-5d4f8c7b9-x2xbk was started 3 times"),
        (away(minutes=40), 24, "mail", "0 replicas are available, usually 1"),
        (run(failed=True, whole=True), 26, "report", "run report-29300000 failed"),
        (run(failed=True, whole=False), 36, "report", "run report-29300000 failed"),
    ],
    ids=["crash loop", "no replica", "failed run", "failed pods of a run"],
)
def test_a_fact_opens_at_once_and_once(change: Change, at: int, entity: str, why: str) -> None:
    [(when, who, reason)] = opened(change)
    assert (when, who) == (at, entity)
    assert why in reason


@pytest.mark.parametrize(
    "change",
    [
        restarts(20, 30),
        restarts(20, 50, 90),
        away(minutes=1),
        away(minutes=40, wished=0.0),
        run(failed=False, whole=False),
        run(failed=True, whole=False, again=True),
    ],
    ids=[
        "two restarts",
        "rare ones",
        "replaced",
        "scaled to zero",
        "run that is done",
        "run that is tried again",
    ],
)
def test_what_is_no_fact_opens_nothing(change: Change) -> None:
    assert opened(change) == []


def test_a_crash_loop_of_all_day_is_known() -> None:
    assert opened(restarts(*range(0, ROWS, 12)), known=restarts(*range(0, LEARNED, 12))) == []


def test_what_people_muted_or_called_noise_is_no_fact() -> None:
    loop = restarts(20, 30, 45)
    assert opened(loop, mutes=(Mute(kind="metric", value=RESTARTS),)) == []
    assert opened(loop, marks=(Mark(entity="mail", metric=RESTARTS, verdict="noise"),) * 2) == []
