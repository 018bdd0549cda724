"""A canary that is a workload of its own is judged against the track that it runs beside."""

import numpy as np
import pytest

from patternwatch.analysis.lifecycle.tracks import application
from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import SPLIT
from tests.analysis.lifecycle.worlds import Hurt, World, pod

BORN = SPLIT - 2
LATE = {"http_request_duration_seconds": 12.0}


def beside(stable: str, new: str, hurt: Hurt, shards: int = 1) -> Report:
    world = World()
    world.services(6)
    for n in range(3):
        world.replica(pod(stable, n))
    world.replica(pod(new, 0), hurt, born=BORN)
    return world.report(shards)


@pytest.mark.parametrize(
    ("stable", "new"),
    [
        ("catalogue", "catalogue-canary"),
        ("catalogue-primary", "catalogue"),
        ("catalogue-primary", "catalogue-canary"),
        ("catalogue-stable", "catalogue-preview"),
        ("catalogue-blue", "catalogue-green"),
        ("catalogue-v1", "catalogue-v2"),
    ],
)
def test_a_bad_track_goes_first(stable: str, new: str) -> None:
    report = beside(stable, new, LATE)
    assert report.entities[0].entity == new
    assert report.entities[0].score > CLEAR_SCORE
    assert report.findings[0].predecessor.startswith(f"{stable}-")


@pytest.mark.parametrize("new", ["catalogue-canary", "catalogue-v2", "ledger"])
def test_a_healthy_track_and_a_new_workload_are_quiet(new: str) -> None:
    report = beside("catalogue", new, None)
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_another_workload_with_like_series_is_no_track() -> None:
    report = beside("catalogue", "catalogue-cache", LATE)
    assert not any(f.predecessor for f in report.findings)


def test_a_track_that_has_a_past_is_judged_by_it() -> None:
    world = World()
    world.services(6)
    world.replica(pod("catalogue", 0))
    world.replica(pod("catalogue-canary", 0))
    world.values[-4] *= 12.0  # its latency always was so
    world.replica(pod("catalogue-canary", 1), {"http_request_duration_seconds": 12.0}, born=BORN)
    report = world.report()
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_what_a_mesh_tells_of_a_canary_under_names_and_versions_of_its_own() -> None:
    world = World()
    world.services(6)
    for n, (name, version, level) in enumerate((("cart", "v1", 20.0), ("cart-canary", "v2", 900.0))):
        row = world.add(
            "istio_request_duration_milliseconds_avg",
            level + 0.05 * level * world.rng.normal(size=300),
            job="envoy-stats", reporter="destination", source_workload="web",
            source_workload_namespace="shop", destination_workload=name,
            destination_workload_namespace="shop", destination_version=version,
            destination_service=f"{name}.shop.svc.cluster.local", namespace="shop", pod=f"{name}-{n}",
        )  # fmt: skip
        row[: n * BORN] = np.nan
    report = world.report()
    assert report.entities[0].entity == "cart-canary"
    assert report.findings[0].baseline == pytest.approx(20.0, rel=0.1)


@pytest.mark.parametrize("shards", [4, 16])
def test_one_shard_or_many_say_the_same(shards: int) -> None:
    told = encode(beside("catalogue", "catalogue-canary", LATE, shards))
    assert told == encode(beside("catalogue", "catalogue-canary", LATE))


def test_only_words_of_the_table_are_tracks() -> None:
    for name in ("canary", "v2", "cart-primary-db", "reviews-v2x"):
        assert application(name) == name
    assert application("shop.cart_green") == "shop.cart"
