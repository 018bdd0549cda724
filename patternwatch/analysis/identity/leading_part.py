"""The replica that leads: it alone shows some of the trouble, and of what its like show it shows most.

What one member of a cluster suffers, its like come to feel: the followers of a leader whose disk is slow
commit late as well. So the changed series follow none of them, and still it is one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from patternwatch.analysis.identity.label_shares import ChangedSeries


def leading_part(strong: Sequence[ChangedSeries], label: str) -> str:
    """The value of a label that leads; empty where none does.

    strong  the changed series of an entity that show the trouble most
    label   one that names replicas

    At least one metric has to be its own, and at least one that of others too: else it is all, or chance.

    >>> fsync = ChangedSeries("fsync", {"pod": "zk-1"}, 4.0)
    >>> commit = [ChangedSeries("commit", {"pod": f"zk-{n}"}, 3.0 - abs(n - 1)) for n in range(3)]
    >>> leading_part([fsync, *commit], "pod"), leading_part(commit, "pod")
    ('zk-1', '')
    """
    if not all(one.labels.get(label) for one in strong):
        return ""
    most: dict[str, dict[str, float]] = defaultdict(dict)
    for one in strong:
        told, value = most[one.family], one.labels[label]
        told[value] = max(told.get(value, 0.0), one.score)
    own = {value for told in most.values() if len(told) == 1 for value in told}
    shared = [told for told in most.values() if len(told) > 1]
    if len(own) != 1 or not shared:
        return ""
    (value,) = own
    return value if all(_is_first(value, told) for told in shared) else ""


def _is_first(value: str, told: Mapping[str, float]) -> bool:
    return value in told and told[value] == max(told.values())
