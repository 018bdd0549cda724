"""Which series ended or began inside a window: what scans send of it, and what the report says of it."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from patternwatch.contracts.descriptions import without_examples

LifeEventKind: TypeAlias = Literal[
    "ended",
    "part_ended",
    "exporter_ended",
    "node_lost",
    "scrape_gap",
    "scaled_in",
    "scaled_out",
    "rollout",
    "replaced",
    "restarted",
    "job_finished",
    "came_and_went",
    "relabelled",
    "usual",
    "began",
    "data_begins",
]
"""What happened to a workload's series; see `LifeEvent`."""
ENDED: tuple[LifeEventKind, ...] = ("ended", "part_ended")
"""All of a workload, or some of its replicas, stopped, and nothing came in their place."""
LOST: tuple[LifeEventKind, ...] = (*ENDED, "exporter_ended")
"""The same, or one that tells of it stopped."""
EventName: TypeAlias = Literal["", "ended", "began"]
"""What a finding's series did, where it did not only move."""

EntityKey: TypeAlias = tuple[str, str, str, str]
"""Tenant, cluster, namespace and name; each of the first three is empty where no label tells."""


_CONFIG = ConfigDict(extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples)


class _Part(BaseModel):
    model_config = ConfigDict(**_CONFIG, frozen=True)


class LifeFacts(_Part):
    """What kube-state-metrics, or a cloud's exporter, says about what was intended.

    >>> LifeFacts(desired=[(("", "", "shop", "cart"), 3, 0)], finished=["backup-28"]).finished
    ['backup-28']
    """

    desired: list[tuple[EntityKey, int, int]] = Field(default_factory=list)
    """Workloads with the replicas that they should have, at first and at last."""
    finished: list[str] = Field(default_factory=list)
    """Jobs that succeeded, by name."""
    machines: list[tuple[EntityKey, int, int]] = Field(default_factory=list)
    """Groups of machines with how many they should have, likewise."""


class Restart(_Part):
    """A process, container or machine that was started anew, by a series that tells of its start or its end.

    >>> Restart(labels={"__name__": "process_start_time_seconds", "job": "cart"}, row=243, at_ms=0).row
    243
    """

    labels: dict[str, str]
    row: int
    """The first row that knows of it."""
    at_ms: int
    """When it began, as it says itself; of one that tells how long it is up, the time of the row."""
    is_exit: bool = False
    """Whether the one before ended by itself or was killed."""
    reason: str = ""
    """Why the one before ended, where this says only that: `OOMKilled`."""


class LifeEvent(_Part):
    """One thing that ended, began or was replaced, in words an operator uses.

    >>> event = LifeEvent(
    ...     kind="ended", entity="payment", at_ms=0, series=6, of_series=6, replicas=1, of_replicas=1,
    ...     text="payment ended", is_trouble=True,
    ... )
    >>> event.kind, event.is_trouble
    ('ended', True)
    """

    kind: LifeEventKind
    """`ended`: all of it stopped. `part_ended`: some of its replicas stopped, and nothing came in their
    place. `exporter_ended`: one scrape job tells no more of something that others still tell of.
    `node_lost`: every pod of a node stopped. `scrape_gap`: much that is unrelated stopped together: its
    scraper, or the way from it. `scaled_in`, `scaled_out`: as intended. `rollout`: all replicas were
    replaced. `replaced`: some were. `restarted`: started anew in their place. `job_finished`: made to end.
    `came_and_went`: some began and soon ended beside others, which are all still there. `relabelled`: the
    same replicas under other labels. `usual`: as often before. `began`: all of it is new. `data_begins`: much
    that is unrelated began together: the samples do, not what they tell of."""
    entity: str
    """The entity that it happened to; of a node or a scraper, its name."""
    at_ms: int
    until_ms: int | None = None
    """When the last of it happened, where that is later."""
    series: int
    """How many series ended, or began."""
    of_series: int
    """Of how many that there were."""
    replicas: int
    of_replicas: int
    names: list[str] = Field(default_factory=list)
    """The first few of these replicas; of a node or a scraper, the workloads."""
    text: str
    is_trouble: bool
