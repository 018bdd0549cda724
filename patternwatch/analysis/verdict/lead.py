"""The finding that stands for an entity, in the verdict and in how sure it is."""

from collections.abc import Iterable

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
