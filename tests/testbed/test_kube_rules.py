"""What the controller of the Kubernetes testbed decides."""

import random
from itertools import count

from testbed.kube.names import SAFE, suffix, template_hash
from testbed.kube.rules import BACKOFF_MAX_S, PodView, backoff_s, choose_node, decide
from testbed.kube.workloads import STATEFULSET, Workload, workloads


def workload(replicas: int = 3, version: str = "v1", kind: str = "Deployment") -> Workload:
    return Workload(kind, "shop", "cart", replicas, (), version)


def pods(*states: str) -> list[PodView]:
    """`v1+` is a ready pod of version v1, `v2-` one of v2 that is not ready; later ones are younger."""
    return [PodView(f"cart-{n}", state[:2], state[2] == "+", float(n)) for n, state in enumerate(states)]


def test_missing_pods_are_made() -> None:
    assert decide(workload(), pods("v1+")).create == 2
    assert decide(workload(), pods("v1+", "v1+", "v1-")).create == 0


def test_a_scale_in_takes_pods_that_are_not_ready_first_and_then_the_youngest() -> None:
    assert decide(workload(1), pods("v1+", "v1-", "v1+")).delete == ("cart-1", "cart-2")


def test_a_rolling_update_makes_one_pod_more_and_takes_none_before_it_is_ready() -> None:
    begun = decide(workload(version="v2"), pods("v1+", "v1+", "v1+"))
    assert (begun.create, begun.delete) == (1, ())
    waiting = decide(workload(version="v2"), pods("v1+", "v1+", "v1+", "v2-"))
    assert (waiting.create, waiting.delete) == (0, ())
    ready = decide(workload(version="v2"), pods("v1+", "v1+", "v1+", "v2+"))
    assert (ready.create, ready.delete) == (0, ("cart-0",))


def test_a_rolling_update_ends_with_all_pods_new_and_never_fewer_ready_than_wanted() -> None:
    wanted, names = workload(version="v2"), count(9)
    now = pods("v1+", "v1+", "v1+")
    for _ in range(20):
        decision = decide(wanted, now)
        now = [pod for pod in now if pod.name not in decision.delete]
        assert sum(pod.ready for pod in now) >= wanted.replicas
        now = [PodView(pod.name, pod.version, True, pod.born) for pod in now]
        now += [PodView(f"cart-{next(names)}", "v2", False, 99.0) for _ in range(decision.create)]
    assert [pod.version for pod in now] == ["v2"] * 3


def test_a_broken_old_pod_goes_first_in_a_rolling_update() -> None:
    assert decide(workload(version="v2"), pods("v1-", "v1+", "v1+")).delete == ("cart-0",)


def test_a_statefulset_replaces_one_at_a_time_and_makes_no_pod_more() -> None:
    decision = decide(workload(2, "v2", STATEFULSET), pods("v1+", "v1+"))
    assert (decision.create, decision.delete) == (0, ("cart-0",))


def test_pods_are_spread_over_nodes() -> None:
    assert choose_node(["a", "b", "c"], same=["a", "b"], all_pods=["a", "b", "c", "c"]) == "c"
    assert choose_node(["a", "b"], same=[], all_pods=["a"]) == "b"


def test_the_pause_before_a_restart_doubles_up_to_its_limit() -> None:
    pauses = [backoff_s(n) for n in range(1, 9)]
    assert pauses[1] == 2 * pauses[0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == BACKOFF_MAX_S


def test_generated_names_have_the_letters_of_kubernetes_and_repeat_by_seed() -> None:
    first, second = suffix(random.Random(3)), suffix(random.Random(3))
    assert first == second
    assert set(first + template_hash("cart", "v1")) <= set(SAFE)


def test_the_cluster_has_two_applications_with_stores_of_their_own() -> None:
    loads = workloads()
    assert {load.namespace for load in loads} >= {"shop", "media"}
    assert {load.name for load in loads if load.kind == STATEFULSET} == {"postgres", "redis", "stream"}
    programs = {one.program for load in loads for one in load.containers}
    assert programs >= {"shop", "media", "postgres", "redis"}
    assert all(
        2 <= load.replicas <= 4 for load in loads if load.kind == "Deployment" and load.name != "coredns"
    )
