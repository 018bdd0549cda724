"""Whether anything fails, waits or slows down: only then somebody is called the cause."""

from pathlib import Path

import pytest

from patternwatch.analysis.verdict.confidence import confidence_of
from patternwatch.analysis.verdict.symptoms import is_felt, is_work
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import Window
from tests.analysis.incidents import made_up, recorded, report_of

WINDOW = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
FOUND = report_of(made_up()).findings[0]
BACKUP = Path("examples/incidents_kube/control-backup-s1.parquet")


def finding(category: str, name: str = "usage", peak: float = 9.0, **update: object) -> Finding:
    said = {"category": category, "baseline": 3.0, "peak": peak, "score": 4.5, "labels": {"__name__": name}}
    return FOUND.model_copy(update={"entity": "e0", **said, **update})


@pytest.mark.parametrize(
    ("one", "felt"),
    [
        (finding("cpu"), False),
        (finding("network"), False),
        (finding("traffic"), False),
        (finding("traffic", peak=0.0), True),
        (finding("latency"), True),
        (finding("latency", peak=1.0), False),
        (finding("latency", "pg_stat_activity_max_tx_duration"), False),
        (finding("latency", "redis_aof_current_rewrite_duration_sec"), False),
        (finding("latency", "redis_latest_fork_seconds"), False),
        (finding("latency", "gitlab_merge_request_duration_seconds"), True),
        (finding("saturation", "cassandra_compaction_pending_tasks"), False),
        (finding("error", "compactions_failed_total", derivation="rate"), True),
        (finding("error"), True),
        (finding("availability", peak=1.0), True),
        (finding("error", score=0.4), False),
        (finding("saturation", "db_connections"), False),
        (finding("saturation", "jobs_queue_length"), True),
        (finding("saturation", "jobs_queue_length", peak=0.0), False),
        (finding("saturation", "backup_last_success_timestamp_seconds", derivation="age"), True),
        (finding("saturation", "batch_running", derivation="age_state"), True),
        (finding("disk", "node_filesystem_avail_bytes", peak=0.1), True),
        (finding("disk", "node_filesystem_avail_bytes", peak=1.0), False),
        (finding("other", "bgpPeerState", peak=6.0), True),
        (finding("other", "feature_flag_enabled", peak=1.0), False),
        (finding("other", event="ended"), True),
        (finding("other", event="began"), False),
        (finding("error", event="began", predecessor="cart-0"), True),
    ],
)
def test_what_fails_waits_or_slows_down_is_felt(one: Finding, felt: bool) -> None:
    assert is_felt([finding("cpu"), one]) is felt


def counted(name: str, peak: float, category: str, **labels: str) -> Finding:
    own = {"__name__": name, "index": "shop", **labels}
    return finding(category, peak=peak, labels=own, derivation="rate")


@pytest.mark.parametrize(
    ("queries", "index", "felt"),
    [(9.0, "shop", False), (3.0, "shop", True), (9.0, "logs", True)],
)
def test_more_time_for_as_many_more_answers_is_work(queries: float, index: str, felt: bool) -> None:
    spent = counted("search_query_time_seconds_total", 9.0, "latency")
    assert is_felt([spent, counted("search_query_total", queries, "other", index=index)]) is felt


@pytest.mark.parametrize(
    ("length", "before", "done", "of", "felt"),
    [
        (18.0, 3.0, 6.0, "e0", False),
        (13.0, 0.0, 9.0, "e0", False),  # against one that was served at once
        (18.1, 3.0, 4.0, "e0", True),
        (400.0, 0.0, 9.0, "e0", True),
        (18.0, 3.0, 6.0, "e1", True),
    ],
    ids=["as the work", "from nothing", "farther", "overloaded", "of somebody else"],
)
def test_a_queue_as_much_longer_as_more_is_done_makes_nobody_wait_longer(
    length: float, before: float, done: float, of: str, felt: bool
) -> None:
    queue = finding("saturation", "jobs_queue_length", peak=length, baseline=before)
    work = finding("traffic", "jobs_total", peak=done, baseline=1.0, derivation="rate", entity=of)
    assert is_felt([queue, work]) is felt


@pytest.mark.parametrize(
    ("one", "work"),
    [
        (finding("other", labels={"__name__": "gitlab_runner_jobs", "state": "running"}), True),
        (finding("other", labels={"__name__": "argo_workflows_count", "status": "Running"}), True),
        (finding("other", labels={"__name__": "argo_workflows_count", "status": "Error"}), False),
        (finding("other", "kafka_log_log_logstartoffset"), True),
        (finding("other", "feature_flag_enabled"), True),
        (finding("other", "alertmanager_config_hash"), True),
        (finding("other", "kafka_log_size_limit"), False),
    ],
)
def test_how_many_are_at_work_a_label_may_tell(one: Finding, work: bool) -> None:
    assert is_work(one) is work


@pytest.mark.parametrize(
    ("port", "desired", "felt"),
    [("3", 2.0, False), ("4", 2.0, True), ("3", 1.0, True)],
    ids=["shut down", "another port", "it should be up"],
)
def test_a_port_that_somebody_shuts_down_is_no_trouble(port: str, desired: float, felt: bool) -> None:
    actual = finding("other", baseline=1.0, peak=2.0, labels={"__name__": "ifOperStatus", "ifIndex": "3"})
    by_hand = {"__name__": "ifAdminStatus", "ifIndex": port}
    admin = finding("other", baseline=1.0, peak=desired, labels=by_hand)
    assert is_felt([actual, admin]) is felt
    assert is_work(actual, [actual, admin]) is not felt


def test_what_is_used_up_is_felt() -> None:
    pool = finding("saturation", "hikaricp_connections_active")
    assert not is_felt([pool])
    assert is_felt([pool.model_copy(update={"limit": 9.5})])


@pytest.mark.parametrize(
    ("requests", "of", "entity", "felt"),
    [
        (15.0, "requests_total", "e0", False),
        (12.0, "requests_total", "e0", False),
        (11.9, "requests_total", "e0", True),
        (15.0, "logins_total", "e0", True),
        (15.0, "requests_total", "e1", True),
    ],
    ids=["as the requests", "by noise", "farther", "of something else", "of somebody else"],
)
def test_failures_that_rise_as_the_requests_they_are_of_are_none(
    requests: float, of: str, entity: str, felt: bool
) -> None:
    failed = finding("error", "requests_total", peak=18.0, derivation="rate")
    work = finding("traffic", of, peak=requests, derivation="rate", entity=entity)
    assert is_felt([failed, work]) is felt


def alert(name: str) -> Alert:
    return Alert(
        tenant="t",
        fingerprint="f",
        status="firing",
        labels={"alertname": name},
        starts_at_ms=0,
        received_at_ms=0,
    )


@pytest.mark.parametrize(
    ("name", "how_sure"),
    [
        ("", "low"),
        ("ContainerMemoryUsageHigh", "low"),
        ("HighCpuLoad", "high"),
        ("CheckoutErrors", "high"),
        ("Page", "high"),
    ],
)
def test_who_only_works_more_is_the_cause_where_the_alert_is_about_that(name: str, how_sure: str) -> None:
    first = EntityRank(rank=1, entity="e0", label="service", score=8.0, series=4, top_findings=[])
    about = alert(name) if name else None
    sure = confidence_of([first], [finding("cpu")], WINDOW, 240_000, about)
    assert sure.how_sure == how_sure
    assert ("nothing is seen to fail or slow down" in sure.words) is (how_sure == "low")


def test_a_backup_is_told_and_not_blamed() -> None:
    _, window, series = recorded(BACKUP)
    report = report_of(series, split=window.split_row)
    assert report.entities[0].entity == "postgres"
    assert report.how_sure == "low"
    assert report.verdict.startswith("Nothing is seen to fail or slow down; postgres moved most: ")
