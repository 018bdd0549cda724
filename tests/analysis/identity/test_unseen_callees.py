"""Who has no series of its own is named by those who call it, unless their own calls speak against them."""

import numpy as np
import pytest

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.identity.unseen_callees import with_unseen_callees
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Vector
from patternwatch.contracts.settings import AnalysisSettings
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of


def calls(caller: str, callee: str, hurt: bool, seed: int) -> tuple[list[dict[str, str]], list[Vector]]:
    """Errors and latency of one's calls to another."""
    rng = np.random.default_rng(seed)
    labels = [
        {"__name__": name, "service": caller, "peer": callee} for name in ("call_errors", "call_latency_p95")
    ]
    steps = np.where(np.arange(ROWS) >= SPLIT, 8.0 if hurt else 1.0, 1.0)
    return labels, [steps * (10 + rng.normal(size=ROWS)) for _ in labels]


def report(edges: dict[tuple[str, str], bool], services: tuple[str, ...] = ()) -> Report:
    """Of these calls, hurt or not, and of services that tell something of themselves."""
    labels: list[dict[str, str]] = []
    values: list[Vector] = []
    for seed, (edge, hurt) in enumerate(edges.items()):
        more_labels, more_values = calls(*edge, hurt, seed)
        labels += more_labels
        values += more_values
    for seed, name in enumerate(services, 100):
        labels.append({"__name__": "cpu_usage", "service": name})
        values.append(10 + np.random.default_rng(seed).normal(size=ROWS))
    return report_of(batch(labels, np.array(values)))


BANK = {
    ("checkout", "bank"): True,
    ("payment", "bank"): True,
    ("checkout", "cart"): False,
    ("web", "checkout"): False,
}


def test_the_callee_that_nobody_scrapes_is_the_cause() -> None:
    first = report(BANK, ("checkout", "payment", "cart", "web")).entities[0]
    assert (first.entity, first.label, first.callers) == ("bank", "peer", ["checkout", "payment"])


def test_one_upstream_of_a_proxy_is_the_cause_and_not_the_proxy() -> None:
    upstreams = {("gateway", f"upstream-{n}"): n == 2 for n in range(4)}
    assert report(upstreams, ("gateway",)).entities[0].entity == "upstream-2"


def test_who_fails_at_all_that_it_asks_keeps_its_trouble() -> None:
    edges = {("checkout", name): True for name in ("bank", "cart", "mail")}
    assert report(edges, ("checkout", "cart", "mail")).entities[0].entity == "checkout"


def test_calls_to_somebody_who_is_seen_are_the_caller_s_series() -> None:
    names = [e.entity for e in report(BANK, ("bank", "checkout", "payment", "cart")).entities]
    assert set(names[:2]) == {"checkout", "payment"}


@pytest.mark.parametrize(
    ("category", "told"), [("error", "bank"), ("health", "bank"), ("traffic", "cart"), ("cpu", "cart")]
)
def test_how_much_is_asked_and_its_cost_are_the_caller_s(category: str, told: str) -> None:
    scope = Scope([], AnalysisSettings())
    labels = {"__name__": "calls_total", "service": "cart", "peer": "bank"}
    subjects, callers, _ = with_unseen_callees([labels], [category], [scope.subject_of(labels)], scope)
    assert (subjects[0].name, callers) == (told, ["cart" if told == "bank" else ""])


def test_the_backend_that_hurts_of_an_upstream_is_told_by_the_proxy_before_it() -> None:
    backends = [("store", f"10.7.0.{n}:80") for n in range(1, 5)] + [("mail", "10.8.0.1:80")]
    labels = [
        {"__name__": name, "job": "nginx-vts", "peer": upstream, "backend": backend}
        for name in ("upstream_errors", "upstream_latency_p95")
        for upstream, backend in backends
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own["backend"] == "10.7.0.2:80":
            values[i, SPLIT:] *= 8.0
    found = report_of(batch(labels, values))
    first = found.entities[0]
    assert (first.entity, first.label) == ("store", "peer")
    [share] = first.explained_by
    assert (share.label, share.value, share.changed, share.unchanged) == ("backend", "10.7.0.2:80", 2, 0)
    assert "for backend 10.7.0.2:80" in found.verdict
