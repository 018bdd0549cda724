"""Of which series a limit is."""

import numpy as np

from patternwatch.analysis.ranking.known_limits import KnownLimits
from patternwatch.contracts.limits import LimitGroup
from patternwatch.contracts.shard_results import Candidate

POOL = {"__name__": "hikaricp_connections_active", "instance": "a:80", "pool": "main"}


def limits(metric: str, labels: list[str], **values: float) -> LimitGroup:
    return LimitGroup(
        metric=metric, labels=labels, limits={k.replace("__", "\t"): v for k, v in values.items()}
    )


def test_a_use_has_the_limit_under_its_own_labels() -> None:
    groups = [
        limits("hikaricp_connections_max", ["instance", "pool"], **{"a:80__main": 10.0, "a:80__logs": 4.0}),
        limits("hikaricp_connections_max", ["instance", "pool"], **{"b:80__main": 30.0}),
    ]
    for told in (groups, groups[::-1]):
        known = KnownLimits(told)
        assert known.of(POOL, "") == 10.0
        assert known.of({**POOL, "instance": "b:80"}, "") == 30.0
        assert known.of({**POOL, "instance": "c:80"}, "") is None
        assert known.of({**POOL, "__name__": "hikaricp_connections_idle"}, "") is None


def test_a_use_may_have_further_labels() -> None:
    known = KnownLimits([limits("pg_settings_max_connections", ["instance"], **{"pg-1:9187": 200.0})])
    used = {"__name__": "pg_stat_database_numbackends", "instance": "pg-1:9187", "datname": "shop"}
    assert known.of(used, "") == 200.0
    assert known.of({"__name__": used["__name__"], "datname": "shop"}, "") is None


def test_the_limit_that_shares_most_labels_counts() -> None:
    whole = limits("jvm_memory_max_bytes", ["instance"], **{"a:80": 4e9})
    part = limits("jvm_memory_max_bytes", ["area", "instance"], **{"heap__a:80": 2e9})
    used = {"__name__": "jvm_memory_used_bytes", "instance": "a:80"}
    known = KnownLimits([part, whole])
    assert known.of({**used, "area": "heap"}, "") == 2e9
    assert known.of({**used, "area": "nonheap"}, "") == 4e9


def test_the_limit_of_a_container_is_told_by_another_program() -> None:
    own = ["container", "namespace", "pod"]
    known = KnownLimits([limits("kube_pod_container_resource_limits", own, **{"cart__shop__cart-0": 5e8})])
    used = {"__name__": "container_memory_working_set_bytes", "job": "kubelet", "instance": "10.0.0.4:10250"}
    of_pod = {"namespace": "shop", "pod": "cart-0", "container": "cart"}
    assert known.of({**used, **of_pod}, "") == 5e8
    assert known.of(used, "") is None
    of_container, of_none = (
        Candidate(labels=own, derivation="", category="memory", screening_score=1.0, values=np.zeros(3))
        for own in ({**used, **of_pod}, used)
    )
    found = known.of_all([of_container, of_none])
    assert (found.now[0], found.before[0]) == (5e8, 5e8)
    assert np.isnan([found.now[1], found.before[1]]).all()


def test_of_a_limit_that_was_lowered_a_part_is_left() -> None:
    group = limits("process_max_fds", ["job"], cart=64.0, web=64.0)
    known = KnownLimits([group.model_copy(update={"before": {"cart": 256.0}})])
    of = [
        Candidate(
            labels={"__name__": "process_open_fds", "job": job},
            derivation="",
            category="saturation",
            screening_score=1.0,
            values=np.zeros(3),
        )
        for job in ("cart", "web")
    ]
    found = known.of_all(of)
    assert found.now.tolist() == [64.0, 64.0]
    assert found.before.tolist() == [256.0, 64.0]
