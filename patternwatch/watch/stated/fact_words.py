"""Facts in words, for the sentence of an opening."""

from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.members import told_states
from patternwatch.watch.members.members import Members
from patternwatch.watch.stated.crash_loops import WITHIN_S
from patternwatch.watch.suspects.suspects import Suspects


def facts_in_words(facts: Suspects, entity: int, members: Members, level: Floats32) -> list[str]:
    """A sentence for each fact of an entity.

    level  by slot: what is usual

    >>> import numpy as np
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> restarts = {"__name__": "kube_pod_container_status_restarts_total", "pod": "cart-0"}
    >>> slots, _ = members.place([{**restarts, "container": "web"}], ["rate"])
    >>> facts = Suspects(slots, np.array([True]), np.float32([8.0]), np.float32([0.0025]))
    >>> facts_in_words(facts, 0, members, np.zeros(len(members), dtype=np.float32))
    ['container web of cart-0 was started 3 times within 20 minutes']
    """
    mine = members.entity[facts.slots] == entity
    return [
        _in_words(members, slot, size, float(level[slot]))
        for slot, size in zip(facts.slots[mine].tolist(), facts.size[mine].tolist(), strict=True)
    ]


def _in_words(members: Members, slot: int, size: float, usual: float) -> str:
    labels, state = members.labels[slot], int(members.states[slot])
    if state == told_states.RESTARTS:
        what = f"container {labels.get('container', '')} of {labels.get('pod', '')}"
        return f"{what} was started {size * WITHIN_S:.0f} times within {WITHIN_S / 60:.0f} minutes"
    if state == told_states.NOTHING:
        return f"{members.pods[members.pod[slot]][1]} fails most of its requests, its like does not"
    if state == told_states.AVAILABLE:
        return f"{usual - size:.0f} replicas are available, usually {usual:.0f}"
    if state == told_states.NODE_READY:
        return f"machine {labels.get('node', '')} is not ready, and nobody drained it"
    if state == told_states.UNAVAILABLE:
        return f"new replicas do not become available: {size:.0f}"
    return f"run {labels.get('job_name', '')} failed"
