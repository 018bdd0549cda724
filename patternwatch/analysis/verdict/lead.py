"""The finding that stands for an entity, in the verdict and in how sure it is."""

from collections.abc import Iterable, Sequence

from patternwatch.analysis.identity.explanations import AS_STRONG
from patternwatch.analysis.metrics.categories import CATEGORIES, work_first
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding


def lead_of(entity: EntityRank, findings: Iterable[Finding]) -> Finding | None:
    """The strongest finding of this entity, else of what it was found through; None without any.

    findings  those that the report shows, strongest first

    >>> node = EntityRank(rank=1, entity="n3", label="node", score=5.2, series=3, top_findings=[])
    >>> lead_of(node, []) is None
    True
    """
    through = None
    for finding in findings:
        if finding.entity == entity.entity:
            return finding
        if through is None and finding.entity in entity.through:
            through = finding
    return through


def headline_of(entity: EntityRank, findings: Sequence[Finding]) -> Finding | None:
    """The finding that the verdict tells of this entity: of several that are as strong, one of failures.

    Whatever was flat at nothing before is as strong as the other: that requests fail is told, not that a
    connection takes two milliseconds now; of several failures one that says where. Of what came or went,
    what the workload did or took.

    findings  those that the report shows, strongest first

    >>> node = EntityRank(rank=1, entity="n3", label="node", score=5.2, series=3, top_findings=[])
    >>> headline_of(node, []) is None
    True
    """
    lead = lead_of(entity, findings)
    if lead is None:
        return lead
    equals = [f for f in findings if f.entity == lead.entity and f.score >= AS_STRONG * lead.score]
    if lead.is_life:
        lives = (f for f in equals if f.event == lead.event)
        return min(lives, key=lambda f: (f.baseline == 0.0, work_first(f.category)))
    failures = [f for f in equals if f.is_life or CATEGORIES[f.category].is_trouble]
    followed = (f for f in failures if any(f.labels.get(s.label) == s.value for s in entity.explained_by))
    return next(followed, failures[0] if failures else lead)
