"""The verdict where things ended: that comes first, and no all-clear is said over it."""

from collections.abc import Sequence

from patternwatch.analysis.verdict import clock
from patternwatch.analysis.verdict.parts import merged_parts, text_part
from patternwatch.analysis.verdict.words import some_of
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.lives import LOST, LifeEvent
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.verdicts import VerdictFields, VerdictPart

_FIRST = ("scrape_gap", "node_lost")
"""What explains the ends of several workloads is said before any one of them."""
_BESIDE = {
    "rollout": "It began with its new replicas: ",
    "replaced": "",
    "restarted": "",
    "scaled_out": "",
    "relabelled": "",
}
"""Said after the verdict where it befell the likeliest cause, as is a loss that did not lead to it."""
_NEAR_MS = 120_000
"""Between two things that may belong together; judgement, words only."""
_MAX_TOLD = 3
"""Ends that are told one by one."""


def with_events(
    parts: Sequence[VerdictPart],
    events: Sequence[LifeEvent],
    entities: Sequence[EntityRank],
    findings: Sequence[Finding],
    gaps: str,
    judged: bool = True,
) -> list[VerdictPart]:
    """The verdict's parts with what ended and what could not be judged.

    parts     the verdict without it
    events    what ended or began
    entities  the likeliest cause first
    findings  strongest first
    gaps      why the report is no all-clear, see `gaps_in_words`; empty where nothing stands against it
    judged    whether anything was judged: where nothing was, the verdict says so

    >>> quiet = [VerdictPart(text="Nothing abnormal found.")]
    >>> parts = with_events(quiet, [], [], [], "12 of 12 series ended")
    >>> "".join(part.text for part in parts)
    '12 of 12 series ended. Of the rest: nothing abnormal found.'
    """
    body = list(parts)
    first = [_sentence(e) for e in events if e.kind in _FIRST]
    if entities and findings:
        lead = [f for f in findings if f.entity == entities[0].entity][:1]
        own = [e for e in events if e.entity == entities[0].entity]
        is_told = bool(lead) and _tells_of(lead[0])
        ended = [e for e in own if e.kind == "ended" or (is_told and (e.kind in LOST or _is_scaled_away(e)))]
        if ended:
            body = [*_parts(ended[0]), text_part(_tail(parts))]
            body += [_beside(e, []) for e in own if _is_exit(e)][:1]
        else:
            told = [e for e in own if e.kind in _BESIDE or _is_loss(e)]
            told.sort(key=lambda e: not _is_exit(e))  # that one says why
            body += [_beside(e, lead) for e in told][:1]
            body += [_beside(e, []) for e in events if _may_be_missed(e, entities[0], lead)][:1]
        if not ended and entities[0].score < CLEAR_SCORE:
            body += [_beside(e, []) for e in events if _is_exit(e) and e.entity != entities[0].entity][:1]
    elif not first and (ended := [*filter(_is_loss, events), *filter(_is_exit, events)]):
        first = [_sentence(ended[0])]
    if not judged and gaps:
        return merged_parts([*first, *body, text_part(f" {gaps}.")])
    if gaps and not (entities and findings):
        first.append(text_part(f"{gaps}. "))
        body = [text_part("Of the rest: "), *_lower(body)]
    return merged_parts([*first, *body])


def fields_with_events(fields: VerdictFields, events: Sequence[LifeEvent], gaps: str) -> VerdictFields:
    """The verdict's fields with what stopped, and what could not be judged.

    >>> told = fields_with_events(VerdictFields(), [], "12 of 12 series ended")
    >>> [part.text for parts in told.against for part in parts]
    ['12 of 12 series ended']
    """
    stopped = [e.text for e in events if e.is_trouble]
    words = some_of(stopped, _MAX_TOLD)
    against = [*fields.against, *([[text_part(gaps)]] if gaps else [])]
    update = {"against": against} | ({"stopped": [text_part(words)]} if stopped else {})
    return fields.model_copy(update=update)


def _tells_of(finding: Finding) -> bool:
    """Whether the finding itself shows that something ended, or that scrapes of it fail."""
    return finding.event == "ended" or finding.labels.get("__name__") == "up"


def _is_loss(event: LifeEvent) -> bool:
    """Whether something of one entity was lost."""
    return event.kind in LOST and event.is_trouble


def _is_scaled_away(event: LifeEvent) -> bool:
    return event.kind == "scaled_in" and event.series == event.of_series


def _is_exit(event: LifeEvent) -> bool:
    """Whether a container ended by itself or was killed, and was started again in its place."""
    return event.kind == "restarted" and event.is_trouble


def _may_be_missed(event: LifeEvent, first: EntityRank, lead: Sequence[Finding]) -> bool:
    """Whether a workload was scaled to nothing about when the trouble of another one began.

    By its specification, which may have been a mistake: nothing but others' trouble tells.
    """
    began = next((f.onset_ms for f in lead if f.onset_ms is not None), None)
    return (
        _is_scaled_away(event)
        and event.entity != first.entity
        and began is not None
        and abs(began - event.at_ms) <= _NEAR_MS
    )


def _sentence(event: LifeEvent) -> VerdictPart:
    """Its words as a sentence; what an operator called a thing keeps its letters."""
    text = event.text
    is_name = bool(event.entity) and text.startswith(event.entity)
    return text_part(f"{text if is_name else text[0].upper() + text[1:]}. ")


def _beside(event: LifeEvent, lead: Sequence[Finding]) -> VerdictPart:
    intro = _BESIDE.get(event.kind, "") if lead and lead[0].event == "began" else ""
    return text_part(f" {intro}{event.text}.")


def _parts(event: LifeEvent) -> list[VerdictPart]:
    """The event's words with the entity and the time as parts of their own."""
    text, time = event.text, clock(event.at_ms)
    parts = []
    if text.startswith(event.entity):
        parts.append(VerdictPart(kind="entity", text=event.entity))
        text = text.removeprefix(event.entity)
    before, found, after = text.partition(time)
    parts.append(text_part(before))
    return (
        [*parts, VerdictPart(kind="instant", text=time, ms=event.at_ms), text_part(after)] if found else parts
    )


def _tail(parts: Sequence[VerdictPart]) -> str:
    """How much changed, as the verdict says at its end."""
    _, found, tail = parts[-1].text.rpartition("; ")
    return f"; {tail}" if found else "."


def _lower(parts: Sequence[VerdictPart]) -> list[VerdictPart]:
    text = parts[0].text
    return [parts[0].model_copy(update={"text": text[:1].lower() + text[1:]}), *parts[1:]]
