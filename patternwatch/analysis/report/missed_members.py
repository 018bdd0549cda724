"""The member of a cluster that its peers miss: each of them names it in a label of its own series.

Who is cut off, or answers no more, often tells nothing of it, or that all others are away. That several peers
miss the same member, and nobody else, says which one it is.
"""

from collections import defaultdict
from collections.abc import Iterable

from patternwatch.analysis.identity.knowledge import host_of
from patternwatch.analysis.identity.label_names import INSTANCE
from patternwatch.contracts.findings import Finding

_PEER_LABELS = frozenset(
    (
        *("to", "remote", "remote_name", "remote_node", "target_node", "follower"),
        *("peer", "peer_id", "peer_name", "member", "member_id", "member_idx", "member_name"),
    )
)
"""Labels, in lower case, by which a member names another: etcd's `To` and `Remote`, Erlang's `peer`, Raft's
`peer_id` (Consul, Vault), `member_idx` of mongodb_exporter, Hashicorp's memberlist."""
_TELLERS = 2
"""Peers from which on they are right about it; one that misses another may be cut off itself."""
_TROUBLE = ("error", "availability", "health")
"""Categories of what a peer tells of one that it does not reach."""


def missed_member(findings: Iterable[Finding]) -> str:
    """The member that at least two others miss, and more than miss any other; empty where there is none.

    findings  those of one job that show its trouble

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="failures", labels={"instance": "etcd-0:2379", "To": "etcd-1"},
    ...     expression="failures", entity="etcd", category="error", score=5.0, pattern="level_shift_up",
    ...     pattern_type=1, evidence=[], pattern_probability=0.9, direction="up", baseline=0.0, peak=9.0,
    ...     points=[0.0, 9.0],
    ... )
    >>> other = finding.model_copy(update={"labels": {"instance": "etcd-2:2379", "To": "etcd-1"}})
    >>> missed_member([finding, other]), missed_member([finding])
    ('etcd-1', '')
    """
    tellers: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        teller = next((finding.labels[name] for name in INSTANCE if finding.labels.get(name)), "")
        if finding.category in _TROUBLE and teller:
            for label, value in finding.labels.items():
                if label.lower() in _PEER_LABELS and host_of(value) != host_of(teller):
                    tellers[host_of(value)].add(teller)
    by_number = sorted(((len(those), name) for name, those in tellers.items()), reverse=True)
    (most, member), (next_most, _) = (*by_number, (0, ""), (0, ""))[:2]
    return member if most >= _TELLERS and most > next_most else ""
