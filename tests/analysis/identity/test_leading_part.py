"""A member of a cluster that suffers itself, and what its like feel of it."""

import numpy as np
import pytest

from patternwatch.analysis.identity.label_shares import ChangedSeries
from patternwatch.analysis.identity.leading_part import leading_part
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of


def changed(*told: tuple[str, str, float]) -> list[ChangedSeries]:
    """Series by metric, pod and score."""
    return [ChangedSeries(family, {"pod": pod} if pod else {}, score) for family, pod, score in told]


COMMITS = (("commit", "a", 3.0), ("commit", "b", 3.4), ("commit", "c", 2.8))


@pytest.mark.parametrize(
    ("told", "leads"),
    [
        ((("fsync", "b", 4.0), *COMMITS), "b"),
        ((("fsync", "b", 4.0), ("fsync", "b", 3.9), *COMMITS), "b"),
        ((("fsync", "a", 4.0), *COMMITS), ""),  # another one shows more of what all show
        ((("fsync", "b", 4.0), ("cpu", "c", 2.5), *COMMITS), ""),  # each has something of its own
        ((("fsync", "b", 4.0), ("cpu", "a", 2.5), ("cpu", "c", 2.5), *COMMITS), ""),
        ((("fsync", "b", 4.0),), ""),  # nothing that others show
        (COMMITS, ""),
        ((("fsync", "b", 4.0), ("queue", "", 3.0), *COMMITS), ""),  # of the whole
    ],
)
def test_who_leads(told: tuple[tuple[str, str, float], ...], leads: str) -> None:
    assert leading_part(changed(*told), "pod") == leads


def cluster(fsync: float) -> Report:
    """Three members that all commit late, one of them most; its disk is slower by `fsync`."""
    labels, rows = [], []
    noise = np.random.default_rng(3)
    for n in range(3):
        own = {"job": "zookeeper", "instance": f"zk-{n}.example:7000"}
        slow = {"fsync_seconds": fsync if n == 1 else 1.0, "commit_seconds": 14.0 if n == 1 else 5.0}
        for name in ("fsync_seconds", "commit_seconds", "znodes", "load"):
            values = 10.0 + 0.3 * noise.normal(size=ROWS)
            values[SPLIT:] *= slow.get(name, 1.0)
            labels.append({"__name__": name, **own})
            rows.append(values)
    return report_of(batch(labels, np.array(rows)))


def test_the_member_that_leads_is_named_with_the_others_in_mind() -> None:
    first = cluster(40.0).entities[0]
    assert first.entity == "zookeeper/zk-1.example"
    assert first.part is not None
    assert first.part.leads
    assert "most of all in 1 of 3 instances (zk-1.example:7000)" in cluster(40.0).verdict
    assert cluster(1.0).entities[0].part is None
