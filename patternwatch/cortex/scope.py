"""A selection that selects nothing, widened: labels may be on alerts and not on the series.

Prometheus adds `external_labels` to alerts and to what it sends away, never to the series that it stores
itself (Prometheus configuration, "global"): `cluster`, `replica` or `prometheus` of an alert select nothing
there. Thanos and Mimir show them on every series, so the same alert may be about either.
"""

from collections.abc import Sequence
from itertools import combinations

from patternwatch.contracts.errors import NoSeriesError, SourceLimitError
from patternwatch.contracts.matchers import Matcher, Matchers, format_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.cortex.source import SeriesSource


async def widened(source: SeriesSource, request: AnalysisRequest, everything: Matchers) -> AnalysisRequest:
    """The request over a selection that selects something, with a note that says what was dropped.

    request     one whose matchers select nothing
    everything  the tenant's whole selection, the last resort

    Labels that select nothing by themselves are dropped first. An alert's scope is widened as far as it
    takes. A selector that a person or a watch named only loses labels that no series of the tenant has;
    where a label has other values, the value is wrong, and looking at something else would mislead.
    Raises NoSeriesError where there is no such selection, and what the source raises.
    """
    asked = [m for m in request.matchers if not m.matches({})]
    others = [m for m in request.matchers if m.matches({})]
    kept = [m for m in asked if await _selects(source, request, (m,))]
    if request.alert is None:
        await _refuse_wrong_values(source, request, [m for m in asked if m not in kept], everything)
    chosen = await _first_that_selects(source, request, kept, others)
    if not chosen:
        chosen = (*everything, *others)
        if (request.alert is None and kept) or not await _selects(source, request, chosen):
            raise _nothing(request)
    dropped = [m for m in request.matchers if m not in chosen]
    if not dropped:
        raise _nothing(request)
    note = _note(dropped, chosen, of_alert=request.alert is not None)
    return request.model_copy(update={"matchers": chosen, "notes": [*request.notes, note]})


async def _first_that_selects(
    source: SeriesSource, request: AnalysisRequest, kept: Sequence[Matcher], others: Sequence[Matcher]
) -> Matchers:
    """The most of these matchers that together select something; for a typed selector all of them or none."""
    least = 1 if request.alert is not None else len(kept)
    for number in range(len(kept), max(least, 1) - 1, -1):
        for some in combinations(kept, number):
            chosen = (*some, *others)
            if chosen != request.matchers and await _selects(source, request, chosen):
                return chosen
    return ()


async def _refuse_wrong_values(
    source: SeriesSource, request: AnalysisRequest, dropped: Sequence[Matcher], everything: Matchers
) -> None:
    for matcher in dropped:
        if matcher.name == "__name__":
            raise _nothing(request)
        named = Matcher(name=matcher.name, op="!=", value="")
        if await _selects(source, request, (*everything, named)):
            raise NoSeriesError(
                f"No series match {format_selector(request.matchers)} in this window: there are series with "
                f"the label {matcher.name}, but none with {matcher}",
                "Correct the value, or leave the label out if it is an external label (on alerts only)",
            )


async def _selects(source: SeriesSource, request: AnalysisRequest, matchers: Matchers) -> bool:
    try:
        return bool(await source.count(request.tenant, matchers, request.window))
    except SourceLimitError:
        return True  # too many to count at once


def _nothing(request: AnalysisRequest) -> NoSeriesError:
    return NoSeriesError(
        f"No series match {format_selector(request.matchers)} in this window, nor with a label left out",
        "Check the label values, the tenant and the time; an external label is on alerts, not on series",
    )


def _note(dropped: Sequence[Matcher], chosen: Matchers, *, of_alert: bool) -> str:
    said = " and ".join(str(m) for m in dropped)
    advice = "; take it out of analysis.scope_labels if it is one" if of_alert else ""
    return (
        f"No series match with {said}: an external label is on alerts, not on the series that a Prometheus "
        f"stores itself{advice}. This analysis looks at {format_selector(chosen)} instead."
    )
