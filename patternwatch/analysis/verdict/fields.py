"""What the verdict is made of: began, broke, follows, hit, now, stopped, how sure, what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.verdict.confidence import UNKNOWN, Confidence
from patternwatch.analysis.verdict.extent import changed_series
from patternwatch.analysis.verdict.happened import (
    change_in_words,
    metric_in_words,
    now_in_words,
    span_in_words,
)
from patternwatch.analysis.verdict.lead import headline_of
from patternwatch.analysis.verdict.part import share_in_words, where_in_words
from patternwatch.analysis.verdict.parts import entity_part, instant_part, merged_parts, text_part
from patternwatch.analysis.verdict.when import since_alert
from patternwatch.analysis.verdict.words import series_in_words
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.report import MissingShard, SeriesCounts
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.verdicts import VerdictFields, VerdictPart

_NAMED = 4
"""Entities that are named with the number of their series."""
_SHORT_BASELINE = 120
"""Rows of a baseline below which the verdict says that it was short: half of the usual one; words only."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a report found, for its verdict.

    counts      what became of the request's series
    entities    the likeliest cause first
    findings    those that the report shows, strongest first
    onset_ms    where the trouble began, None where nothing was found
    changed     number of series that point at an entity, shown or not
    confidence  how sure the first entity is the cause
    missing     parts of the series that could not be read

    >>> Judged(SeriesCounts(selected=40, analysed=40, flagged=0)).entities
    ()
    """

    counts: SeriesCounts
    entities: Sequence[EntityRank] = ()
    findings: Sequence[Finding] = ()
    onset_ms: int | None = None
    changed: int = 0
    confidence: Confidence = UNKNOWN
    missing: Sequence[MissingShard] = ()

    def lead(self, entity: EntityRank) -> Finding | None:
        """The strongest finding of this entity that the report shows; see `headline_of`."""
        return headline_of(entity, self.findings)

    @property
    def began_ms(self) -> int | None:
        """When the strongest series of the likely cause left its band."""
        lead = self.lead(self.entities[0]) if self.entities else None
        return self.onset_ms if lead is None or lead.onset_ms is None else lead.onset_ms


def verdict_fields(request: AnalysisRequest, judged: Judged) -> VerdictFields:
    """The parts of the verdict; all are empty where nothing was found.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> verdict_fields(request, Judged(SeriesCounts(selected=40, analysed=40, flagged=0))).broke
    []
    """
    stopped = _stopped(judged.counts)
    if not judged.entities or not judged.findings:
        return VerdictFields(stopped=stopped)
    return VerdictFields(
        began=_began(request, judged),
        broke=_broke(judged, judged.entities[0]),
        follows=_follows(judged.entities[0]),
        hit=_hit(judged),
        now=_now(judged),
        stopped=stopped,
        how_sure=[text_part(judged.confidence.words)] if judged.confidence.words else [],
        against=_against(request, judged),
    )


def _began(request: AnalysisRequest, judged: Judged) -> list[VerdictPart]:
    if judged.began_ms is None:
        return []
    relative = since_alert(request, judged.began_ms)
    return merged_parts([instant_part(judged.began_ms), *([text_part(f", {relative}")] if relative else [])])


def _broke(judged: Judged, entity: EntityRank) -> list[VerdictPart]:
    lead = judged.lead(entity)
    what = "several of its metrics changed"
    if lead is not None:
        what = f"{metric_in_words(lead)} {change_in_words(lead)} {span_in_words(lead)}"
    return merged_parts([*_name(entity), text_part(f": {what}{where_in_words(entity, lead)}")])


def _name(entity: EntityRank) -> list[VerdictPart]:
    if entity.entity == UNLABELLED:
        return [text_part("something without an entity label")]
    return [entity_part(entity)]


def _follows(entity: EntityRank) -> list[VerdictPart]:
    told = "; ".join(share_in_words(share) for share in entity.explained_by)
    return [text_part(told)] if told else []


def _hit(judged: Judged) -> list[VerdictPart]:
    parts = [text_part(changed_series(judged.entities, judged.counts, judged.changed))]
    for place, entity in enumerate(judged.entities[:_NAMED]):
        parts += [text_part(", " if place else ": "), *_name(entity), text_part(f" {entity.series:,}")]
    rest = len(judged.entities) - _NAMED
    return merged_parts([*parts, *([text_part(f" and {rest} more")] if rest > 0 else [])])


def _now(judged: Judged) -> list[VerdictPart]:
    """Of the findings that are shown: of the others no values are kept."""
    told = [f for f in judged.findings if f.now is not None]
    if not told:
        return []
    back = sum(f.recovered_ms is not None for f in told)
    parts = [text_part(f"{back:,} of {len(told):,} series shown are back in their band")]
    lead = judged.lead(judged.entities[0])
    if lead is not None and lead.now is not None:
        parts.append(text_part(f"; {metric_in_words(lead)}: {now_in_words(lead)}"))
    return merged_parts(parts)


def _stopped(counts: SeriesCounts) -> list[VerdictPart]:
    if not counts.vanished:
        return []
    return [text_part(f"{series_in_words(counts.vanished)} ended inside the window")]


def _against(request: AnalysisRequest, judged: Judged) -> list[list[VerdictPart]]:
    """The next likely cause unless the first is sure, and what could not be seen."""
    found = []
    if len(judged.entities) > 1 and judged.confidence.how_sure != "high":
        first, second = judged.entities[:2]
        score = f", score {second.score:.2f} beside {first.score:.2f}"
        found.append(merged_parts([*_broke(judged, second), text_part(score)]))
    if not judged.counts.significant:
        found.append([text_part("no single series moved farther than some of so many do by chance")])
    if request.window.split_row < _SHORT_BASELINE:
        rows = f"only {request.window.split_row} rows of baseline"
        found.append([text_part(f"{rows}: little is known of what is normal")])
    if judged.missing:
        found.append([text_part(f"{len(judged.missing)} parts of the series could not be read")])
    return found
