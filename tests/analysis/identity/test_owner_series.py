"""What kube-state-metrics says about owners and nodes names entities, in one shard as in many."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from patternwatch.analysis.identity.owner_series import owners_told
from patternwatch.analysis.identity.owners_in_scope import owners_in_scope
from patternwatch.analysis.identity.subject import subject_of
from patternwatch.contracts.codec import encode
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.report import Report
from patternwatch.contracts.subject import Key
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

METRICS = ("cpu_usage", "latency_seconds", "http_errors")
KSM = {"job": "kube-state-metrics", "instance": "10.9.0.1:8080"}


def told(**labels: str) -> list[OwnerLink]:
    own = {**KSM, "namespace": "shop", **labels}
    return owners_told([own], [subject_of(own)])


def report(labels: list[dict[str, str]], facts: list[dict[str, str]], hurt: dict[str, str]) -> Report:
    """The report where the series with these labels shift; the facts are flat, or left out by the source."""
    info = tuple(own for own in facts if own["__name__"].endswith("_info"))
    facts = [own for own in facts if own not in info]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels) + len(facts), ROWS))
    values[len(labels) :] = 1.0
    for i, own in enumerate(labels):
        if hurt.items() <= own.items():
            values[i, SPLIT:] += 40.0
    series = replace(batch(labels + facts, values), facts=info)
    whole = report_of(series)
    assert encode(report_of(series, 4)) == encode(whole)
    return whole


def pods(names: list[str], **labels: str) -> list[dict[str, str]]:
    return [
        {"__name__": metric, "job": "pods", "namespace": "shop", "pod": name, **labels}
        for name in names
        for metric in METRICS
    ]


def test_pods_of_names_that_tell_nothing_are_their_owners() -> None:
    names = ["alpha", "beta", "gamma"]
    owner = {**KSM, "__name__": "kube_pod_owner", "namespace": "shop", "owner_kind": "CloneSet"}
    facts = [{**owner, "pod": name, "owner_name": "cart"} for name in names]
    found = report(pods(names) + pods(["web-0", "db-0"]), facts, {"pod": "beta"})
    assert (found.entities[0].entity, found.entities[0].kind) == ("cart", "cloneset")
    assert {f.subject.name for f in found.findings if f.subject.pod == "beta"} == {"cart"}


@pytest.mark.parametrize("labels", [{}, {"job": ""}], ids=["under one job", "by pods alone"])
def test_one_pod_of_those_that_something_owns_is_the_part_that_hurts(labels: dict[str, str]) -> None:
    names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
    owner = {**KSM, "__name__": "kube_pod_owner", "namespace": "shop", "owner_kind": "CloneSet"}
    facts = [{**owner, "pod": name, "owner_name": "cart"} for name in names]
    facts += [{**owner, "pod": "other", "owner_name": "mail"}]
    found = report(pods([*names, "other", "web-0", "db-0"], **labels), facts, {"pod": "beta"})
    assert found.entities[0].entity == "cart"
    part = found.entities[0].part
    assert part is not None
    assert (part.kind, part.value, part.of) == ("pod", "beta", 6)
    (share,) = [share for share in found.entities[0].explained_by if share.label == "pod"]
    assert (share.changed, share.unchanged, share.of_unchanged) == (3, 0, 15)


def test_the_owner_of_the_owner_is_named() -> None:
    pod = {**KSM, "__name__": "kube_pod_owner", "namespace": "shop", "pod": "blue-one"}
    maker = {**KSM, "__name__": "kube_replicaset_owner", "namespace": "shop", "replicaset": "blue"}
    facts = [
        {**pod, "owner_kind": "ReplicaSet", "owner_name": "blue"},
        {**maker, "owner_kind": "Rollout", "owner_name": "cart"},
    ]
    found = report(pods(["blue-one", "web-0", "db-0"]), facts, {"pod": "blue-one"})
    assert (found.entities[0].entity, found.entities[0].kind) == ("cart", "rollout")


def test_what_made_the_maker_is_told_where_the_makers_name_says_it() -> None:
    pod = {"__name__": "kube_pod_owner", "pod": "blue"}
    for kind, name, workload in (
        ("ReplicaSet", "cart-5f6585d649", ("deployment", "cart")),
        ("Job", "backup-28711240", ("cronjob", "backup")),
        ("StatefulSet", "ring-5f6585d649", ("statefulset", "ring-5f6585d649")),
        ("Job", "migrate-schema", ("job", "migrate-schema")),
    ):
        [link] = told(**pod, owner_kind=kind, owner_name=name)
        assert (link.kind, link.name) == workload
    assert told(**pod, owner_name="cart") == told(**pod, owner_kind="Rollout") == []


def test_a_pod_tells_its_nodes_name_for_the_address_of_its_host() -> None:
    pod = {"__name__": "kube_pod_info", "pod": "cart-blue", "host_ip": "10.0.1.4"}
    links = told(**pod, exported_node="worker-4", node="n")
    assert [(link.key[-1], link.kind, link.name) for link in links] == [("10.0.1.4", "node", "worker-4")]
    assert told(**pod) == []


def test_nothing_is_sent_of_what_names_tell() -> None:
    pod = {"__name__": "kube_pod_owner", "pod": "cart-5f6585d649-fnmft"}
    assert told(**pod, owner_kind="ReplicaSet", owner_name="cart-5f6585d649") == []
    assert told(__name__="kube_pod_owner", pod="db-0", owner_kind="StatefulSet", owner_name="db") == []
    assert told(__name__="kube_pod_owner", pod="lone", owner_kind="<none>", owner_name="<none>") == []
    assert told(__name__="kube_pod_owner", pod="etcd-n1", owner_kind="Node", owner_name="n1") == []
    job = {"__name__": "kube_job_owner", "job_name": "backup-28711240"}
    assert told(**job, owner_kind="CronJob", owner_name="backup") == []


def test_the_labels_of_a_pod_without_owner_name_it() -> None:
    [link] = told(__name__="kube_pod_labels", pod="lone", label_app="cart", label_tier="front")
    assert (link.key[-1], link.name) == ("lone", "cart")
    assert told(__name__="kube_pod_labels", pod="cart-5f6585d649-fnmft", label_app="other") == []


def test_a_name_that_pods_of_two_owners_share_stays() -> None:
    key = ("", "", "ci", "build")
    links = [OwnerLink(key=key, kind="taskrun", name=name) for name in ("compile", "test")]
    assert owners_in_scope(links) == {}


def test_the_owner_of_owners_up_to_four_times_is_the_one() -> None:
    names = ["pod", "set", "rollout", "app", "team", "company", "world"]
    links = [OwnerLink(key=("", "", "a", name), kind=f"of-{name}", name=by) for name, by in pairwise(names)]
    found = owners_in_scope(links)
    assert found[Key("", "", "a", "rollout")] == ("of-company", Key("", "", "a", "world"))
    assert found[Key("", "", "a", "pod")] == ("of-team", Key("", "", "a", "company"))
    assert found[Key("", "", "a", "company")] == ("of-company", Key("", "", "a", "world"))


def test_owners_in_a_circle_end() -> None:
    links = [
        OwnerLink(key=("", "", "a", name), kind="x", name=other) for name, other in (("p", "q"), ("q", "p"))
    ]
    assert set(owners_in_scope(links)) == {Key("", "", "a", "p"), Key("", "", "a", "q")}


def test_a_node_is_called_as_its_cluster_calls_it() -> None:
    node = [
        {"__name__": f"node_{name}", "job": "node-exporter", "instance": f"10.0.1.{n}:9100"}
        for name in ("load1", "procs_blocked", "memory_errors")
        for n in (4, 5, 6)
    ]
    info = {**KSM, "__name__": "kube_node_info", "namespace": "monitoring"}
    facts = [{**info, "node": f"worker-{n}", "internal_ip": f"10.0.1.{n}"} for n in (4, 5, 6)]
    found = report(node, facts, {"instance": "10.0.1.5:9100"})
    assert (found.entities[0].entity, found.entities[0].kind) == ("worker-5", "node")
    assert found.findings[0].subject.node == "worker-5"


def test_the_name_of_a_node_stands_as_it_is_and_not_as_an_address() -> None:
    [link] = told(__name__="kube_node_info", node="ip-10-0-1-4.ec2.internal", internal_ip="10.0.1.4")
    assert (link.key[-1], link.name) == ("10.0.1.4", "ip-10-0-1-4.ec2.internal")
