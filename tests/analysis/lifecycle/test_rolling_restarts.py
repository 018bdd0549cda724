"""What replicas tell of one another while they are restarted in turn, and what goes beyond it."""

import numpy as np
import pytest

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.restarts import Anew
from patternwatch.analysis.lifecycle.rolling_restarts import (
    Rolling,
    only_while_rolling,
    roles_moved,
    rolling_restarts,
)
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Vector
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.shard_results import Candidate
from tests.analysis.incidents import ROWS, START_MS
from tests.analysis.lifecycle.worlds import ROW, World, kinds

TURNS = (244, 254, 264)
SCOPE = Scope([], AnalysisSettings())
IN_TURN = {("kafka", f"kafka-{n}"): Anew(row, 0) for n, row in enumerate(TURNS)}


def missing(until: int = 0) -> Vector:
    """Partitions that lack a copy at each step, and from the last one until a row."""
    values = np.zeros(ROWS)
    for row in TURNS:
        values[row - 3 : row + 4] = 12.0
    values[TURNS[-1] : until] = 12.0
    return values


def told(values: Vector, derivation: str = "", category: str = "error", job: str = "kafka") -> bool:
    labels = {"__name__": "kafka_server_underreplicated_partitions", "job": job}
    one = Candidate(
        labels=labels,
        derivation=derivation,
        category=category,
        screening_score=2.0,
        values=values.astype(np.float32),
    )
    return only_while_rolling(one, rolling_restarts(IN_TURN), SCOPE)


def test_partitions_that_lack_a_copy_at_each_step_are_the_restarts() -> None:
    assert told(missing())
    assert not told(missing(), job="orders")


def test_pods_that_others_replace_in_turn_are_a_rolling_update_too() -> None:
    in_turn = {("agent", f"agent-{n}"): row for n, row in enumerate(TURNS)}
    assert rolling_restarts({}, in_turn) == {"agent": Rolling(TURNS[0] - 6, TURNS[-1] + 6)}
    at_once = dict.fromkeys(in_turn, TURNS[0])
    assert rolling_restarts({}, at_once) == {}, "all pods that end together are no update in turn"
    assert rolling_restarts(IN_TURN, {("kafka", "kafka-9"): 10}) == rolling_restarts(IN_TURN)


@pytest.mark.parametrize("until", [280, ROWS])
def test_what_outlives_the_last_step_is_trouble(until: int) -> None:
    assert not told(missing(until))


def test_what_users_feel_is_trouble_at_each_step() -> None:
    assert not told(missing(), derivation="rate")
    assert not told(missing(), category="latency")


def test_nobody_knows_that_it_is_over_right_after_the_last_step() -> None:
    assert not told(missing()[: TURNS[-1] + 8])
    assert told(missing()[: TURNS[-1] + 9])


def test_restarts_at_once_or_of_what_was_killed_are_no_rolling_update() -> None:
    assert rolling_restarts(IN_TURN) == {"kafka": Rolling(238, 270)}
    assert not rolling_restarts({key: Anew(250, 0) for key in IN_TURN})
    killed = {key: anew._replace(is_exit=key[1] == "kafka-1") for key, anew in IN_TURN.items()}
    assert not rolling_restarts(killed)


def rolled(steps_back: int) -> Report:
    """Three brokers restarted in turn; each says so of its partitions while another one is away.

    steps_back  rows after each step from which on no partition lacks a copy
    """
    world, rows = World(), np.arange(ROWS)
    world.services(6)
    turns = [ROW + 12 * n for n in range(3)]
    for n, began in enumerate(turns):
        labels = {"job": "kafka", "instance": f"kafka-{n}:9404"}
        started = np.where(rows >= began, START_MS / 1000 + 10.0 * began - 3.0, 1_759_000_000.0)
        world.add("process_start_time_seconds", started, **labels)
        for metric in ("underreplicatedpartitions", "underminisrpartitioncount"):
            lacking = np.zeros(ROWS)
            for other in turns:
                if other != began:
                    lacking[other - 3 : other + steps_back] = 12.0
            world.add(f"kafka_server_replicamanager_{metric}", lacking, **labels)
    return world.report()


def test_a_rolling_restart_names_nobody_once_all_are_back() -> None:
    report = rolled(steps_back=3)
    assert kinds(report) == ["restarted"]
    assert [f.name for f in report.findings if f.labels.get("job") == "kafka"] == []


def test_partitions_that_still_lack_a_copy_are_a_finding() -> None:
    report = rolled(steps_back=ROWS)
    assert report.entities[0].entity == "kafka"


def followed(pod: str, before: float, after: float, row: int, category: str = "saturation") -> Candidate:
    """How many follow a replica, until a row and from it on."""
    values = np.repeat(np.array([before, after], dtype=np.float32), (row, ROWS - row))
    labels = {"__name__": "redis_connected_slaves", "job": "kafka", "pod": pod}
    return Candidate(labels=labels, derivation="", category=category, screening_score=2.0, values=values)


@pytest.mark.parametrize(
    ("has_now", "category", "is_role"),
    [
        (2.0, "saturation", True),
        (4.0, "saturation", False),
        (0.0, "saturation", False),
        (2.0, "error", False),
    ],
    ids=["the role", "more than it", "none", "a trouble"],
)
def test_a_role_that_moved_while_all_were_restarted_is_the_restarts(
    has_now: float, category: str, is_role: bool
) -> None:
    gave_up, has = followed("kafka-0", 2, 0, 244, category), followed("kafka-1", 0, has_now, 262, category)
    rollings = rolling_restarts(IN_TURN)
    assert (len(roles_moved([gave_up, has], rollings, SCOPE)) == 2) is is_role
    assert not roles_moved([gave_up, has], {}, SCOPE)


@pytest.mark.parametrize(("has_now", "is_quiet"), [(2.0, True), (9.0, False)])
def test_a_rolling_restart_after_which_another_one_is_master_names_nobody(
    has_now: float, is_quiet: bool
) -> None:
    world = World()
    world.services(6)
    for n, row in enumerate(TURNS):
        own = {"job": "redis", "pod": f"redis-{n}", "namespace": "shop"}
        world.replica(own)
        started = world.add("process_start_time_seconds", START_MS / 1000 - 1e6, **own)
        started[row:] = START_MS / 1000 + 10.0 * row - 3.0
        world.add(
            "redis_connected_slaves",
            np.repeat([2.0 * (n == 2), has_now * (n == 0)], (row, ROWS - row)),
            **own,
        )
    strongest = max((e.score for e in world.report(split=250).entities), default=0.0)
    assert (strongest < CLEAR_SCORE) is is_quiet


@pytest.mark.parametrize(("has_now", "is_quiet"), [(2.0, True), (9.0, False)])
def test_a_leader_restarted_alone_gives_its_role_to_another_one(has_now: float, is_quiet: bool) -> None:
    world = World()
    world.services(6)
    for n in range(3):
        own = {"job": "zookeeper", "instance": f"zk-{n}.example:7000"}
        world.replica(own)
        started = world.add("process_start_time_seconds", START_MS / 1000 - 1e6, **own)
        followers = world.add("zk_synced_followers", 2.0 if n == 1 else 0.0, **own)
        if n == 1:
            started[ROW:] = START_MS / 1000 + 10.0 * ROW - 3.0
            followers[ROW:] = 0.0
            world.end(ROW, ROW + 2, **own)
        if n == 2:
            followers[ROW - 1 :] = has_now
    strongest = max((e.score for e in world.report(split=ROW - 2).entities), default=0.0)
    assert (strongest < CLEAR_SCORE) is is_quiet
