"""Which series are the subject's own, and which of those the fault moved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from testbed.kube.faults.model import KubeFault, Plan, Subject
from testbed.kube.names import SAFE

LAST_SEEN_S = 5.0
"""A series whose last sample is older at the window's end has ended."""


def is_of(labels: Mapping[str, str], subject: Subject) -> bool:
    """Whether a series tells of a subject.

    >>> is_of({"namespace": "shop", "pod": "cart-gk4jnlkbf7-fh26m"}, Subject("Deployment", "cart", "shop"))
    True
    """
    if subject.kind == "Node":
        own = labels.get("node") == subject.name
        return own and labels.get("job") in ("node-exporter", "kubelet", "kube-state-metrics")
    if subject.kind == "Load":
        return labels.get("job") == subject.name or labels.get("pod", "").startswith("frontend-")
    if labels.get("namespace") != subject.namespace:
        return False
    named = {labels.get("deployment"), labels.get("statefulset")}
    claim = labels.get("persistentvolumeclaim", "").startswith(f"data-{subject.name}-")
    pod = re.fullmatch(rf"{subject.name}-([0-9]|[{SAFE}]{{10}}-[{SAFE}]{{5}})", labels.get("pod", ""))
    return subject.name in named or claim or pod is not None


def changed(values: Sequence[tuple[float, str]], at: float, end: float) -> bool:
    """Whether a series ended, began or took another value from the fault on."""
    if values[-1][0] < end - LAST_SEEN_S or values[0][0] > at:
        return True
    return len({value for time, value in values if time >= at - 1}) > 1


async def moved_series(
    client: httpx.AsyncClient, fault: KubeFault, plan: Plan, times: tuple[float, float, float]
) -> list[dict[str, str]]:
    """Labels of the subject's series that the fault names and that moved from its instant on."""
    start, at, end = times
    names = "|".join(fault.moves)
    query = f'{{__name__=~"{names}"}}[{int(end - start)}s]'
    answer = await client.get("/api/v1/query", params={"query": query, "time": end})
    answer.raise_for_status()
    rows: list[Any] = answer.json()["data"]["result"]
    return [
        row["metric"]
        for row in rows
        if is_of(row["metric"], plan.subject) and changed(row["values"], at, end)
    ]
