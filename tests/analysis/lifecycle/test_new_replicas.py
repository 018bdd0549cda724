"""New replicas judged against the old ones: bad releases are found, healthy ones and scaling are quiet."""

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT, request_of, results_of
from tests.analysis.lifecycle.worlds import Hurt, World, kinds, pod, troubles

BORN = SPLIT - 8


def rolled_out(hurt: Hurt, pods: int = 3, apart: int = 2) -> World:
    """A service of which each old pod ends a row after the new one began."""
    world = World()
    world.services(6)
    for n in range(pods):
        turn = BORN + apart * n
        world.replica(pod("search", n), gone=turn + 1)
        world.replica(pod("search", n, template="77d8c9f5bd"), hurt, born=turn)
    return world


def test_a_bad_release_is_found_by_what_its_new_pods_measure() -> None:
    report = rolled_out({"http_request_duration_seconds": 10.0, "http_requests_errors_total": 30.0}).report()
    assert report.entities[0].entity == "search"
    assert report.entities[0].score > CLEAR_SCORE
    first = report.findings[0]
    assert (first.event, first.predecessor[:17]) == ("began", "search-5d4f8c7b9-")
    assert "77d8c9f5bd" in first.labels["pod"]
    (told,) = [e for e in first.evidence if e.detector == "life"]
    assert f"before that stand the values of {first.predecessor}" in told.text
    assert np.isfinite(first.points[:BORN]).all()
    assert kinds(report) == ["rollout"]
    assert "It began with its new replicas: search was rolled out: 3 of 3 replicas ended" in report.verdict
    assert (report.entities[0].ended, report.entities[0].began) == (15, 15)


def test_a_release_of_which_one_series_is_bad_is_found() -> None:
    report = rolled_out({"http_requests_errors_total": 40.0}).report()
    assert report.entities[0].entity == "search"
    assert {f.labels["__name__"] for f in report.findings if f.score > 1.0} == {"http_requests_errors_total"}


@pytest.mark.parametrize("pods", [1, 3, 12])
def test_a_healthy_release_is_quiet(pods: int) -> None:
    report = rolled_out(None, pods).report()
    assert kinds(report) == ["rollout"]
    assert not report.entities or report.entities[0].score < CLEAR_SCORE
    assert report.no_all_clear == ""


def of_task(labels: tuple[str, str], age: int, number: int) -> dict[str, str]:
    """A task of Amazon ECS, Nomad or Docker Swarm: an id, and a definition that its like have as well."""
    task, definition = labels
    own = {"job": "tasks", "service": "search", "instance": f"10.4.{age}.{number}:8080"}
    return {**own, task: f"{age}f3{number}", definition: f"search:{41 + age}"}


@pytest.mark.parametrize(
    "labels",
    [
        ("ecs_task_id", "ecs_task_definition"),
        ("task_arn", "task_revision"),
        ("ec2_instance_id", "task_revision"),
        ("alloc_id", "version"),
        ("dockerswarm_task_id", "container_label_com_docker_swarm_task_name"),
    ],
)
def test_new_tasks_are_judged_as_new_pods_are(labels: tuple[str, str]) -> None:
    for hurt in (None, {"http_requests_errors_total": 40.0}):
        world = World()
        world.services(6)
        for n in range(3):
            turn = BORN + 2 * n
            world.replica(of_task(labels, 0, n), gone=turn + 1)
            world.replica(of_task(labels, 1, n), hurt, born=turn)
        first = [(e.entity, e.score >= CLEAR_SCORE) for e in world.report().entities[:1]]
        assert first == [("search", True)] if hurt else (not first or not first[0][1])


def renewed_machines(hurt: Hurt, before: int = 6) -> World:
    """An application on four machines that a cloud numbers; two are replaced, each `before` rows after."""
    world = World()
    world.services(6)
    for n in range(6):
        ends, born = BORN + 8 * n + before, BORN + 8 * (n - 4)
        own = {"instance_id": f"i-0{n}f3", "group": "web", "zone": "a"}
        life = {"born": born if n > 3 else 0, "gone": ends if n < 2 else ROWS}
        world.replica({"job": "web", "instance": f"10.5.1.{n}:8080", **own}, hurt if n > 3 else None, **life)
        for name in ("node_load1", "node_memory_MemAvailable_bytes"):
            row = world.add(name, 5.0 + world.rng.normal(size=ROWS), job="node", instance=f"10.5.1.{n}:9100")
            row[: life["born"]] = row[life["gone"] :] = np.nan
    return world


def test_a_machine_that_another_one_had_begun_for_was_replaced() -> None:
    report = renewed_machines(None).report()
    assert not troubles(report)
    assert not report.entities or report.entities[0].score < CLEAR_SCORE
    assert "10.5.1.0 was replaced: another machine had begun before it ended" in [
        event.text.partition(" at ")[0] for event in report.events
    ]


def test_a_machine_for_which_another_one_comes_afterwards_is_lost() -> None:
    lost = troubles(renewed_machines(None, before=-2).report())
    assert {"10.5.1.0"} <= {event.entity for event in lost}


def test_new_instances_are_judged_by_twins_that_differ_in_a_label_of_their_own() -> None:
    bad = renewed_machines({"http_requests_errors_total": 40.0}).report()
    assert bad.entities[0].entity == "web"
    assert bad.entities[0].score > CLEAR_SCORE
    assert bad.findings[0].predecessor.startswith("10.5.1.")


def test_less_memory_in_a_new_process_is_no_news() -> None:
    report = rolled_out({"process_resident_memory_bytes": 0.5}).report()
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_the_first_minutes_of_a_new_pod_are_not_judged() -> None:
    world = rolled_out(None)
    for labels, values in zip(world.labels, world.values, strict=True):
        if "77d8c9f5bd" in labels.get("pod", "") and labels["__name__"] == "process_cpu_seconds_total":
            values[np.flatnonzero(~np.isnan(values))[:4]] *= 8.0
    report = world.report()
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_replicas_that_differ_among_each_other_may_differ_from_the_new_one() -> None:
    world = World()
    world.services(6)
    for n, level in enumerate((10.0, 20.0, 31.0)):
        world.add("queue_entries", level + 0.5 * world.rng.normal(size=ROWS), **pod("worker", n))
    for n, level in ((5, 25.0), (6, 40.0)):
        world.add("queue_entries", level + 0.5 * world.rng.normal(size=ROWS), **pod("worker", n))[:BORN] = (
            np.nan
        )
    report = world.report()
    assert not report.entities or report.entities[0].score < CLEAR_SCORE
    world.values[-1] += 300.0
    report = world.report()
    assert report.entities[0].entity == "worker"
    assert report.findings[0].peak > 300.0


def test_an_autoscaler_that_adds_replicas_is_quiet() -> None:
    world = World()
    world.services(6)
    world.service("web", pods=3)
    for n in range(3, 8):
        world.replica(pod("web", n), born=BORN + n)
    own = {"deployment": "web", "namespace": "shop", "job": "kube-state-metrics", "instance": "k:80"}
    for name in ("kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"):
        world.add(name, np.where(np.arange(ROWS) < BORN, 3.0, 8.0), **own)
    report = world.report()
    assert kinds(report) == ["scaled_out"]
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_errors_that_only_the_new_pods_count_are_found() -> None:
    world = rolled_out(None)
    for n in range(3):
        row = world.add(
            "http_requests_total",
            20.0 + world.rng.normal(size=ROWS),
            code="500",
            **pod("search", n, "77d8c9f5bd"),
        )
        row[: BORN + 2 * n] = np.nan
    batch = world.batch()
    batch.derivation[:] = ["rate" if own["__name__"] == "http_requests_total" else "" for own in batch.labels]
    (result,) = results_of(request_of(batch), batch)
    found = [c for c in result.candidates if c.labels.get("code") == "500" and not c.event]
    assert len(found) == 3
    assert all((c.values[100:BORN] == 0.0).all() for c in found)


@pytest.mark.parametrize("shards", [4, 16])
def test_one_shard_or_many_say_the_same(shards: int) -> None:
    world = rolled_out({"http_request_duration_seconds": 10.0})
    assert encode(world.report(shards)) == encode(world.report())


def cron_job(failing: str, metric: str = "kube_job_status_failed") -> World:
    """Runs of a CronJob, five minutes each, which are told of for longer; the last one is `failing`."""
    world, told = World(), {"job": "kube-state-metrics", "instance": "10.0.9.9:8080", "namespace": "shop"}
    world.services(6)
    last = SPLIT - 30
    for run, begin in enumerate(range(last % 60, last + 1, 60)):
        job, fails = {**told, "job_name": f"mail-2871{run:02d}40"}, failing if begin == last else ""
        world.add("kube_job_status_succeeded", steps(begin, begin + 30, 0.0 if fails else 1.0), **job)
        failed = {"": 0.0, "counted": 3.0, "by reason": 0.0}[fails]
        world.add(metric, steps(begin, begin + 30, failed), **job)
        if fails == "by reason":
            world.values[-1][SPLIT:] = np.nan
            job["reason"] = "BackoffLimitExceeded"
            world.add(metric, steps(SPLIT, SPLIT, 1.0), **job)
    return world


def steps(born: int, row: int, after: float) -> npt.NDArray[np.float64]:
    """Nothing, then 0, then from `row` on another value."""
    values = np.zeros(ROWS)
    values[row:], values[:born] = after, np.nan
    return values


@pytest.mark.parametrize("metric", ["kube_job_status_failed", "kube_job_failed", "export_rows_failed"])
@pytest.mark.parametrize("failing", ["counted", "by reason"])
def test_a_run_of_a_cron_job_that_fails_where_the_ones_before_did_not_is_found(
    failing: str, metric: str
) -> None:
    report = cron_job(failing, metric).report()
    assert (report.entities[0].entity, report.entities[0].kind) == ("mail", "cronjob")
    first = report.findings[0]
    assert (first.labels["__name__"], first.predecessor[:9]) == (metric, "mail-2871")
    assert report.entities[0].score > 2.5  # one series, of which six rows in ten are left to judge
    assert "is seen to fail" not in report.verdict


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"workflow": "mail-2871{run:02d}40"}, ("argo_workflow_status", {"phase": "Failed"})),
        ({"exported_job": "mail", "run_id": "r{run}"}, ("batch_exit_code", {})),
        ({"dag_id": "mail", "run_id": "scheduled__{run}"}, ("dag_run_failed_tasks", {})),
        ({"service": "mail", "pipelinerun": "mail-run-{run}"}, ("pipelinerun", {"status": "failed"})),
    ],
)
def test_a_run_is_one_by_whatever_label_names_it(
    own: dict[str, str], told: tuple[str, dict[str, str]], fails: bool
) -> None:
    world, (metric, outcome) = World(), told
    world.services(6)
    last = SPLIT - 30
    for run, begin in enumerate(range(last % 60, last + 1, 60)):
        labels = {label: value.format(run=run) for label, value in own.items()}
        world.add(metric, steps(begin, begin, float(fails and begin == last)), **labels, **outcome)
    report = world.report()
    assert [e.entity for e in report.entities if e.entity == "mail"] == ["mail"] * fails
    if fails:
        assert report.findings[0].predecessor, "it is compared with an older run"


@pytest.mark.parametrize("fails", [True, False])
def test_a_job_that_runs_for_the_first_time_is_held_against_none(fails: bool) -> None:
    world, told = World(), {"job": "kube-state-metrics", "instance": "10.0.9.9:8080", "namespace": "shop"}
    world.services(6)
    for name, born in (("seed-v1", 0), ("reindex-2", 0), ("migrate-v42", SPLIT - 2)):
        own = {**told, "job_name": name}
        is_ours = name == "migrate-v42"
        world.add("kube_job_status_active", steps(born, born, float(is_ours)), **own)
        world.add("kube_job_status_failed", steps(born, SPLIT, 3.0 * (fails and is_ours)), **own)
    report = world.report()
    if not fails:
        assert not report.entities or report.entities[0].score < CLEAR_SCORE
        return
    assert report.entities[0].entity == "migrate-v42"
    assert "kube job status failed shifted up from 0 to 3 at " in report.verdict
    assert report.entities[0].score > 2.5  # one series, as above
    assert "and judged against none" in report.findings[0].evidence[-1].text


def test_a_run_of_a_cron_job_that_goes_on_is_no_news() -> None:
    report = cron_job("").report()
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_a_release_of_many_pods_sends_few_candidates() -> None:
    batch = rolled_out(None, pods=60, apart=0).batch()
    (result,) = results_of(request_of(batch), batch)
    assert sum(bool(c.event) for c in result.candidates) <= 6
    assert troubles(rolled_out(None, pods=60, apart=0).report()) == []
