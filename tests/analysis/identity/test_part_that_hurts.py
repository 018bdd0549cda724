"""A report names the part of an entity that the trouble follows, in one shard as in many."""

import numpy as np
import pytest

from patternwatch.analysis.identity.pod_parts import counted_by_parts
from patternwatch.contracts.codec import encode
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.label_counts import LabelCount
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

METRICS = ("cpu_usage", "latency_seconds", "http_errors", "heap_bytes")
HURT = ("latency_seconds", "http_errors")


def pods(workload: str, number: int, **labels: str) -> list[dict[str, str]]:
    """The series of some pods of a Deployment, each with an address of its own."""
    return [
        {
            "__name__": metric,
            "job": workload,
            "namespace": "shop",
            "pod": f"{workload}-5f6585d649-fnm{'bcdfghjklmnpqrstvwxz'[n % 20]}{'bcdfg'[n // 20]}",
            "instance": f"10.2.7.{n}:8080",
            **labels,
        }
        for n in range(number)
        for metric in METRICS
    ]


def hurt(labels: list[dict[str, str]], where: dict[str, str], also: int = 0) -> Report:
    """The report where two metrics of the series with these labels shift, and of `also` others one."""
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    others = 0
    for i, own in enumerate(labels):
        if own["__name__"] not in HURT:
            continue
        if where.items() <= own.items():
            values[i, SPLIT:] += 40.0
        elif others < also and own["__name__"] == HURT[0] and own["job"] == "cart":
            values[i, SPLIT:] += 40.0
            others += 1
    return concluded(batch(labels, values))


def concluded(series: SeriesBatch) -> Report:
    whole = report_of(series)
    assert encode(report_of(series, 4)) == encode(whole)
    return whole


def first(report: Report) -> EntityRank:
    assert report.entities[0].entity == "cart"
    return report.entities[0]


def test_one_pod_of_twenty() -> None:
    labels = [*pods("cart", 20), *pods("web", 20), *pods("db", 3)]
    report = hurt(labels, {"pod": "cart-5f6585d649-fnmgb"})
    part = first(report).part
    assert part
    assert (part.label, part.value, part.of) == ("pod", "cart-5f6585d649-fnmgb", 20)
    assert "in 1 of its 20 pods (cart-5f6585d649-fnmgb)" in report.verdict
    told = "".join(p.text for p in report.verdict_fields.broke)
    assert "in 1 of its 20 pods" in told
    [share] = first(report).explained_by
    assert (share.label, share.changed, share.of_changed, share.unchanged) == ("pod", 2, 2, 0)
    assert share.of_unchanged == 38
    follows = "".join(p.text for p in report.verdict_fields.follows)
    assert follows == 'pod="cart-5f6585d649-fnmgb": both series that changed, none of 38 others like them'
    assert first(report).follows == f"in 1 of its 20 pods (cart-5f6585d649-fnmgb); {follows}"


def test_one_version_of_several_pods_and_not_its_first_pod() -> None:
    labels = [*pods("cart", 8, version="v1"), *pods("web", 8, version="v1")]
    for own in labels:
        if own["job"] == "cart" and own["instance"] in ("10.2.7.3:8080", "10.2.7.6:8080", "10.2.7.7:8080"):
            own["version"] = "v2"
    report = hurt(labels, {"version": "v2"}, also=1)
    part = first(report).part
    assert part
    assert (part.kind, part.value, part.of) == ("version", "v2", 2)
    assert "in version v2" in report.verdict
    share = first(report).explained_by[0]
    assert (share.value, share.changed, share.of_changed) == ("v2", 6, 7)
    assert (share.unchanged, share.of_unchanged) == (0, 9)


@pytest.mark.parametrize("label", ["topology_kubernetes_io_zone", "az"])
def test_one_zone(label: str) -> None:
    labels = [
        *(own for zone in "abc" for own in pods("cart", 9, **{label: zone})[12 * "abc".index(zone) :][:12]),
        *pods("web", 9),
    ]
    report = hurt(labels, {label: "b", "job": "cart"})
    part = first(report).part
    assert part
    assert (part.label, part.value, part.of) == (label, "b", 3)
    assert "in zone b" in report.verdict


def test_a_label_that_names_no_part_explains_too() -> None:
    labels = [
        {**own, "handler": handler} for own in pods("cart", 4) for handler in ("/list", "/pay", "/login")
    ]
    report = hurt([*labels, *pods("web", 4)], {"handler": "/pay", "job": "cart"})
    assert first(report).part is None
    [share] = first(report).explained_by
    assert (share.label, share.value, share.changed, share.of_changed) == ("handler", "/pay", 8, 8)
    assert (share.unchanged, share.of_unchanged) == (0, 16)


def test_where_it_is_is_told_beside_what_in_it_hurts() -> None:
    """One of four processors in one of three pods: a quarter of a pod is no part, but it lies there."""
    gpus = [{**own, "gpu_id": f"{own['pod'][-2]}-{n}"} for own in pods("cart", 3) for n in range(4)]
    report = hurt([*gpus, *pods("web", 6)], {"gpu_id": "c-2", "job": "cart"})
    part = first(report).part
    assert part
    assert (part.kind, part.value, part.of) == ("pod", "cart-5f6585d649-fnmcb", 3)
    assert " in 1 of its 3 pods (" in report.verdict
    assert " for gpu_id c-2 at " in report.verdict


def test_of_equal_failures_the_verdict_tells_one_that_says_where() -> None:
    labels = [{"__name__": "store_degraded_groups", "job": "cart", "instance": "mgr:1", "pool": "2"}]
    for n in range(12):
        own = {"job": "cart", "instance": "mgr:1", "disk": f"osd.{n}"}
        labels += [{"__name__": name, **own} for name in ("osd_up", "osd_recovery_errors")]
    labels += pods("web", 6)
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own["job"] == "cart":
            up, lost = own["__name__"] == "osd_up", own.get("disk") == "osd.7"
            values[i] = float(up)
            values[i, SPLIT:] = 1.0 if up and not lost else 0.0 if lost else 310.0
    report = concluded(batch(labels, values))
    assert report.entities[0].entity == "cart"
    assert " osd up shifted down from 1 to 0 (-100 %) for disk osd.7 at " in report.verdict


def test_what_hurts_as_a_whole_has_no_part() -> None:
    report = hurt([*pods("cart", 6), *pods("web", 6)], {"job": "cart"})
    assert first(report).part is None
    assert first(report).explained_by == []


def test_half_of_the_pods_are_no_part() -> None:
    labels = [*pods("cart", 4), *pods("web", 4)]
    for own in labels:
        own["side"] = "left" if own["instance"] < "10.2.7.2" else "right"
    report = hurt(labels, {"side": "left", "job": "cart"})
    assert first(report).part is None
    assert [share.value for share in first(report).explained_by] == ["left"]


def test_labels_of_the_one_who_tells_are_no_parts() -> None:
    """Two exporters tell of the same workload: the one whose series changed is not a part of it."""
    labels = [
        {"__name__": f"kube_deployment_{name}_errors", "deployment": workload, "namespace": "shop"}
        | {"job": "ksm", "instance": f"10.9.0.{n}:8080", "pod": f"kube-state-metrics-{n}", "node": f"n{n}"}
        for workload in ("cart", "web")
        for n in range(4)
        for name in ("restart", "start")
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own["deployment"] == "cart" and own["node"] == "n2":
            values[i, SPLIT:] += 40.0
    report = concluded(batch(labels, values))
    assert (first(report).part, first(report).explained_by) == (None, [])


def test_one_series_is_no_sign_of_a_part() -> None:
    labels = [*pods("cart", 20), *pods("web", 20)]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[1, SPLIT:] += 40.0
    report = concluded(batch(labels, values))
    assert first(report).part is None
    assert " for pod cart-5f6585d649-fnmbb at " in report.verdict


def queues(hurt: str, metrics: tuple[str, ...] = ("queue_depth", "queue_consumers")) -> Report:
    """The report of a broker's queues, of which one is hurt, beside a metric of the broker itself."""
    names = ("mails", "orders", "thumbs", "events")
    labels = [
        {"__name__": name, "job": "cart", "instance": f"{n}:80", "queue": queue, "queue_id": queue[::-1]}
        for name in metrics
        for queue in names
        for n in range(2)
    ]
    labels += [{"__name__": "connections", "job": "cart", "instance": f"{n}:80"} for n in range(2)]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own.get("queue") == hurt:
            values[i, SPLIT:] += 40.0
    return concluded(batch(labels, values))


@pytest.mark.parametrize("metrics", [("queue_depth",), ("queue_depth", "queue_consumers")])
def test_the_verdict_names_what_tells_the_strongest_series_from_its_like(metrics: tuple[str, ...]) -> None:
    report = queues("thumbs", metrics)
    share = first(report).explained_by[0]
    assert (share.label, share.value, share.unchanged) == ("queue", "thumbs", 0)
    assert " for queue thumbs at " in report.verdict
    assert " for queue thumbs" in "".join(part.text for part in report.verdict_fields.broke)


def test_two_labels_of_which_none_tells_alone_are_named_together() -> None:
    labels = [
        {"__name__": "backlog", "job": "cart", "instance": "a:80", "topic": topic, "group": group}
        for topic in ("orders", "users")
        for group in ("billing", "search")
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[1, SPLIT:] += 40.0
    report = concluded(batch(labels, values))
    assert " for topic orders and group search at " in report.verdict
    assert [(s.label, s.unchanged, s.of_unchanged) for s in first(report).explained_by] == [
        ("topic", 1, 3),
        ("group", 1, 3),
    ]


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        (
            ["/system.slice/redis.service", "/system.slice/ssh.service"],
            " for id /system.slice/redis.service at ",
        ),
        (["/docker/0123", "/docker/4567"], ""),
    ],
)
def test_a_control_group_is_named_where_it_is_a_service_of_systemd(ids: list[str], named: str) -> None:
    labels = [
        {"__name__": f"box_{what}", "job": "cart", "instance": "a:80", "id": own}
        for what in ("cpu", "memory")
        for own in ids
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[::2, SPLIT:] += 40.0
    verdict = concluded(batch(labels, values)).verdict
    assert named in verdict if named else " for " not in verdict


def test_the_verdict_names_nothing_where_all_of_its_like_changed() -> None:
    assert " for " not in queues("").verdict
    labels = [{"__name__": "depth", "job": "cart", "queue": name} for name in ("mails", "orders")]
    labels += [{"__name__": "depth", "job": "web", "queue": name} for name in ("mails", "orders")]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[:2, SPLIT:] += 40.0
    assert " for " not in concluded(batch(labels, values)).verdict


def test_what_else_changed_follows_another_label_than_the_strongest_series() -> None:
    peers = [
        {"__name__": f"peer_{what}", "job": "cart", "instance": f"{n}:80", "member": str(m)}
        for what in ("state", "health")
        for n in range(2)
        for m in range(4)
    ]
    own = [{"__name__": "up", "job": "cart", "instance": f"{n}:80"} for n in range(3)]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(peers) + len(own), ROWS))
    for i, one in enumerate(peers):
        values[i, SPLIT:] += 40.0 * (one["member"] == "2")
    values[-1, SPLIT:] = 0.0
    values[-3:, :SPLIT] = 1.0
    values[-3:-1] = 1.0
    shares = first(concluded(batch(peers + own, values))).explained_by
    assert [(share.label, share.value) for share in shares] == [("member", "2"), ("instance", "2:80")]


@pytest.mark.parametrize("label", ["version", "app_kubernetes_io_version", "track"])
def test_what_only_the_labels_of_pods_tell_is_a_part_too(label: str) -> None:
    labels = [*pods("cart", 8), *pods("web", 8)]
    names = list(dict.fromkeys(own["pod"] for own in labels if own["job"] == "cart"))
    told = {"__name__": "kube_pod_labels", "job": "kube-state-metrics", "namespace": "shop"}
    labels += [
        {**told, "pod": name, f"label_{label}": "v2" if n > 5 else "v1"} for n, name in enumerate(names)
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own["__name__"] == "kube_pod_labels":
            values[i] = 1.0
        elif own["__name__"] in HURT and own["pod"] in names[6:]:
            values[i, SPLIT:] += 40.0
    report = concluded(batch(labels, values))
    part = first(report).part
    assert part
    assert (part.label, part.value, part.of) == (label, "v2", 2)
    share = first(report).explained_by[0]
    assert (share.changed, share.of_changed, share.unchanged, share.of_unchanged) == (4, 4, 0, 12)


def test_labels_of_pods_explain_nothing_where_some_pods_are_not_told() -> None:
    counted = {"pod": LabelCount(series=4, distinct=4, values={"a": 1})}
    assert counted_by_parts(counted, {"a": {"version": "v1"}, "b": {"version": "v2"}}) == counted
    uneven = {"pod": LabelCount(series=3, distinct=2, values={"a": 2})}
    assert counted_by_parts(uneven, {"a": {"version": "v1"}, "b": {"version": "v2"}}) == uneven


@pytest.mark.parametrize(("users", "is_said"), [(("acme",), True), (("acme", "blue"), False)])
def test_who_asks_for_more_is_named_though_all_wait(users: tuple[str, ...], is_said: bool) -> None:
    own = {"job": "scheduler", "instance": "scheduler:8080"}
    labels = [{"__name__": name, **own} for name in ("queue_duration_seconds", "request_duration_seconds")]
    labels += [{"__name__": "process_cpu_seconds", **own}, {"__name__": "scheduler_errors", **own}]
    labels += [
        {"__name__": "queue_length", **own, "user": user} for user in ("acme", "blue", "corp", "delta")
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    moved = [n for n, one in enumerate(labels) if one.get("user", "acme") in users]
    values[moved, SPLIT:] += 40.0
    values[:4, SPLIT:] += 40.0  # what is told of all who ask moved farther
    report = concluded(batch(labels, values))
    assert ("of what is told by user only that of acme" in report.verdict) is is_said
    shares = [(share.label, share.value) for share in report.entities[0].explained_by]
    assert shares == ([("user", "acme")] if is_said else [])
