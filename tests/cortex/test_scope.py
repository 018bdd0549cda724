"""A selection that selects nothing is widened, with a note; or refused in words about external labels."""

from collections.abc import Sequence

import numpy as np
import pytest

from patternwatch.contracts.errors import NoSeriesError, SourceLimitError
from patternwatch.contracts.matchers import format_selector, parse_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.cortex.scope import widened
from patternwatch.testing.fake_source import FakeSource
from tests.fakes.messages import a_request, an_alert

EVERYTHING = parse_selector('{__name__=~".+"}')
SHOP = [
    {"__name__": "up", "job": job, "namespace": space}
    for job, space in (("cart", "shop"), ("payment", "shop"), ("node", "infra"))
]
REDIS = {"__name__": "redis_up", "job": "redis", "namespace": "infra", "cluster": "cache-1"}


def source_of(labels: Sequence[dict[str, str]]) -> FakeSource:
    return FakeSource(labels, np.ones((len(labels), 300)))


async def of_alert(scope: str, labels: Sequence[dict[str, str]] = SHOP) -> AnalysisRequest:
    request = a_request(matchers=parse_selector(scope), alert=an_alert())
    return await widened(source_of(labels), request, EVERYTHING)


async def typed(selector: str, labels: Sequence[dict[str, str]] = SHOP) -> AnalysisRequest:
    request = a_request(matchers=parse_selector(selector), trigger="manual", alert=None)
    return await widened(source_of(labels), request, EVERYTHING)


@pytest.mark.parametrize(
    ("scope", "taken"),
    [
        ('{cluster="prod-1"}', '{__name__=~".+"}'),
        ('{cluster="prod-1",namespace="shop"}', '{namespace="shop"}'),
        ('{cluster="prod-1",prometheus="monitoring/k8s",namespace="shop"}', '{namespace="shop"}'),
        ('{cluster="prod-1",namespace="moon"}', '{__name__=~".+"}'),
    ],
)
async def test_an_alerts_scope_loses_the_labels_that_select_nothing(scope: str, taken: str) -> None:
    found = await of_alert(scope)
    assert format_selector(found.matchers) == taken
    (note,) = found.notes
    assert 'cluster="prod-1"' in note
    assert "external label" in note
    assert taken in note


async def test_a_label_that_means_something_else_on_the_series_is_dropped() -> None:
    found = await of_alert('{namespace="shop",cluster="cache-1"}', [*SHOP, REDIS])
    assert format_selector(found.matchers) == '{namespace="shop"}'


async def test_what_an_alert_notes_already_stays() -> None:
    request = a_request(matchers=parse_selector('{a="b"}'), alert=an_alert(), notes=["first"])
    assert (await widened(source_of(SHOP), request, EVERYTHING)).notes[0] == "first"


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ('{cluster="prod-1"}', '{__name__=~".+"}'),
        ('{cluster="prod-1",job="cart"}', '{job="cart"}'),
        ('up{cluster=~"prod-.*",job!="cart"}', '{__name__="up",job!="cart"}'),
        ('{cluster="prod-1",job!="cart"}', '{__name__=~".+",job!="cart"}'),
    ],
)
async def test_a_typed_selector_loses_labels_that_no_series_has(selector: str, taken: str) -> None:
    found = await typed(selector)
    assert format_selector(found.matchers) == taken
    assert "external label" in found.notes[0]
    assert "scope_labels" not in found.notes[0]


@pytest.mark.parametrize("selector", ['{cluster="prod-1"}', '{cluster="prod-1",namespace="shop"}'])
async def test_a_typed_value_that_no_series_has_is_refused_where_there_are_others(selector: str) -> None:
    with pytest.raises(NoSeriesError, match='label cluster, but none with cluster="prod-1".*external label'):
        await typed(selector, [*SHOP, REDIS])


@pytest.mark.parametrize("selector", ["down", '{job="cart",namespace="infra"}'])
async def test_typed_labels_that_exist_are_never_dropped(selector: str) -> None:
    with pytest.raises(NoSeriesError, match="No series match"):
        await typed(selector)


async def test_nothing_helps_where_the_tenant_has_no_series() -> None:
    for ask in (of_alert, typed):
        with pytest.raises(NoSeriesError, match='No series match {cluster="prod-1"}'):
            await ask('{cluster="prod-1"}', [])


async def test_too_many_series_to_count_are_some() -> None:
    source = FakeSource(SHOP, np.ones((3, 300)))
    request = a_request(matchers=parse_selector('{cluster="x",job="cart"}'), alert=an_alert())
    source.failures.extend([SourceLimitError("too many"), SourceLimitError("too many")])
    found = await widened(source, request, EVERYTHING)
    assert found.matchers == parse_selector('{job="cart"}')
