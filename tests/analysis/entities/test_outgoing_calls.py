"""Of those whose answers fail, the cause is the one whose own calls do not, where a tracer tells of both."""

import numpy as np
import pytest

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.entities.outgoing_calls import asked_in_vain
from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

SERVED, ASKED = {"span_kind": "SPAN_KIND_SERVER"}, {"span_kind": "SPAN_KIND_CLIENT"}


def named(*told: tuple[str, dict[str, str], float], category: str = "error") -> dict[str, dict[str, str]]:
    entities = [Entity(name, "service_name") for name, _, _ in told]
    return asked_in_vain(entities, [own for _, own, _ in told], [category] * len(told), [s for *_, s in told])


def test_all_who_ask_in_vain_have_it_from_the_one_who_does_not() -> None:
    chain = [("web", SERVED, 4.4), ("web", ASKED, 4.5), ("cart", SERVED, 4.6), ("cart", ASKED, 4.5)]
    assert named(*chain, ("tax", SERVED, 4.4)) == {"error": {"cart": "tax", "web": "tax"}}
    # the trouble lies outside, or nobody tells which of two it is
    assert named(*chain) == {}
    assert named(*chain, ("tax", SERVED, 4.4), ("mail", SERVED, 4.4)) == {}
    # a stranger with a little of it is not meant
    assert named(*chain, ("tax", SERVED, 1.4)) == {}


def test_who_asks_in_vain_and_answers_all_the_same_passes_nothing_on() -> None:
    assert named(("web", SERVED, 4.4), ("web", ASKED, 1.0), ("tax", SERVED, 4.4)) == {}
    assert named(("mail", ASKED, 4.0), ("tax", SERVED, 4.4)) == {}


def test_latency_is_passed_on_from_a_larger_part() -> None:
    told = [("web", SERVED, 4.0), ("web", ASKED, 2.5), ("tax", SERVED, 4.0)]
    assert named(*told) == {"error": {"web": "tax"}}
    assert named(*told, category="latency") == {}
    assert named(*told, category="cpu") == {}


def test_another_cluster_is_not_meant() -> None:
    entities = [Entity("web", "s", cluster="north")] * 2 + [Entity("tax", "s", cluster="south")]
    assert asked_in_vain(entities, [SERVED, ASKED, SERVED], ["error"] * 3, [4.0] * 3) == {}


@pytest.mark.parametrize("by_tracer", [True, False])
def test_the_one_at_the_end_of_the_calls_is_first_in_a_report(by_tracer: bool) -> None:
    def span(service: str, kind: str, status: str) -> dict[str, str]:
        told = {"span_kind": f"SPAN_KIND_{kind}"} if by_tracer else {"side": kind}
        return {"__name__": "calls_total", "service_name": service, "status_code": status, **told}

    spans = [("web", "SERVER"), ("web", "CLIENT"), ("cart", "SERVER"), ("cart", "CLIENT"), ("tax", "SERVER")]
    spans += [("mail", "SERVER"), ("stock", "SERVER"), ("stock", "CLIENT")]
    labels = [span(*own, status) for own in spans for status in ("STATUS_CODE_ERROR", "STATUS_CODE_UNSET")]
    rng = np.random.default_rng(3)
    rates = np.tile([[0.2], [20.0]], (len(spans), 1)) * (1.0 + 0.1 * rng.normal(size=(len(labels), ROWS)))
    rates[np.arange(0, 10, 2), SPLIT:] *= np.array([[50.0], [50.0], [55.0], [55.0], [50.0]])

    def told() -> Report:
        series = batch(labels, rates)
        whole = report_of(series)
        assert encode(report_of(series, 3)) == encode(whole)
        return whole

    entities = told().entities
    passed_on = {e.entity: e.passed_on for e in entities}
    if by_tracer:
        assert entities[0].entity == "tax"
        assert passed_on == {"tax": {}, "cart": {"error": "tax"}, "web": {"error": "tax"}}
    else:
        assert not any(passed_on.values())
