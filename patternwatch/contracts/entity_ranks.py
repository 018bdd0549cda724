"""The entities of a report, first the one that is most likely the cause."""

from pydantic import Field

from patternwatch.contracts.base import Part


class EntityPart(Part):
    """The part of an entity that hurts: one pod of twenty, one node, one version.

    >>> EntityPart(label="pod", value="cart-5f6585d649-fnmft", of=20, kind="pod").of
    20
    """

    label: str
    """The label that names it."""
    value: str
    of: int = 0
    """How many such parts the entity has; 0 where that is not known."""
    kind: str = ""
    """What it is in a word: `pod`, `instance`, `node`, `version`, `zone` and so on."""
    leads: bool = False
    """Whether others of them show some of the trouble as well, and each less of it."""


class LabelShare(Part):
    """A label value that the changed series of an entity share and its unchanged ones lack.

    Only unchanged series of the same metrics are compared.

    >>> share = LabelShare(
    ...     label="version", value="v2", changed=12, of_changed=12, unchanged=1, of_unchanged=200
    ... )
    >>> share.changed / share.of_changed
    1.0
    """

    label: str
    value: str
    changed: int
    """Changed series with this value."""
    of_changed: int
    """Changed series with this label."""
    unchanged: int
    of_unchanged: int


class EntityRank(Part):
    """One service (or workload, job, instance): how likely it is the cause.

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1, 4])
    >>> cart.entity, cart.score
    ('cart', 5.2)
    """

    rank: int
    entity: str
    label: str
    """The label that names it."""
    score: float
    series: int
    """How many of its series are among the findings."""
    top_findings: list[int]
    """Ranks of its strongest findings."""
    callers: list[str] = Field(default_factory=list)
    """Who calls it, as the labels of series tell; entities of this report first, by rank, at most 20."""
    callees: list[str] = Field(default_factory=list)
    """Whom it calls, likewise."""
    passed_on: dict[str, str] = Field(default_factory=dict)
    """Metric category of its trouble -> the callee that shows the same trouble, so that it counts in part."""
    kind: str = ""
    """What it is: `deployment`, `statefulset`, `cronjob`, `workload`, `node`, `service`, `zone` and so on."""
    cluster: str = ""
    namespace: str = ""
    ended: int = 0
    """Series of it that ended inside the window, whether as intended or not."""
    began: int = 0
    """Series of it that began inside the window."""
    through: list[str] = Field(default_factory=list)
    """Of a node, zone, region, data center or rack that is found through its workloads: those of which what
    lies there changed or ended, others not. Of a host that is down: the machines on it. Of a workload that is
    new: the nodes that got busy with it."""
    part: EntityPart | None = None
    """The part of it that hurts, where the trouble follows one; None where all of it does."""
    explained_by: list[LabelShare] = Field(default_factory=list)
    """What its changed series share and its unchanged ones lack, the clearest first; at most 3."""
    follows: str = ""
    """Both in words; empty where its trouble follows nothing."""
