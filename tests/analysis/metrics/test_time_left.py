"""What is renewed is no trouble; what runs out is."""

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.analysis.metrics.categories import category_table
from patternwatch.analysis.metrics.time_left import tells_time_left
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects
from patternwatch.watch.suspects.wishes import unasked
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import World

CLOCK = np.arange(ROWS) * 30.0
DAY = 86_400.0


@pytest.mark.parametrize(
    ("metric", "is_told"),
    [
        ("probe_ssl_earliest_cert_expiry", True),
        ("probe_ssl_last_chain_expiry_timestamp_seconds", True),
        ("x509_cert_not_after", True),
        ("x509_cert_expires_in_seconds", True),
        ("kubelet_certificate_manager_client_ttl_seconds", True),
        ("license_days_until_expiry", True),
        ("upsEstimatedMinutesRemaining", True),
        ("dhcp_lease_remaining_seconds", True),
        ("redis_expired_keys_total", False),
        ("redis_db_keys_expiring", False),
        ("x509_cert_expired", False),
        ("error_budget_remaining_days", False),
        ("throttle_seconds", False),
        ("kubelet_certificate_manager_client_expiration_renew_errors", False),
    ],
)
def test_names_of_a_time_that_is_left(metric: str, is_told: bool) -> None:
    assert tells_time_left(metric) is is_told


def first_score(metric: str, left: npt.NDArray[np.floating]) -> float:
    """The score of whoever moved most, where one of four things has so much time left."""
    world = World()
    world.services(6)
    for n in range(4):
        told = np.asarray(left if n == 2 else (30 + 9 * n) * DAY - CLOCK, dtype=np.float64)
        world.add(metric, told, job="expiry", instance=f"host-{n}:9999")
    return max((entity.score for entity in world.report().entities), default=0.0)


@pytest.mark.parametrize(
    "metric", ["x509_cert_expires_in_seconds", "domain_expiry_seconds", "certificate_days_left"]
)
def test_a_renewal_names_nobody(metric: str) -> None:
    unit = DAY if "days" in metric else 1.0
    left = (48 * DAY - CLOCK + 60 * DAY * (np.arange(ROWS) >= SPLIT + 2)) / unit
    assert first_score(metric, np.floor(left)) < 0.5 * CLEAR_SCORE


def test_a_token_that_nobody_renews_is_told_of() -> None:
    kept = 3600.0 - CLOCK % 1200.0  # renewed with two thirds left
    lost = np.where(np.arange(ROWS) < SPLIT, kept, np.maximum(3600.0 - (CLOCK - CLOCK[SPLIT]) * 3, 0.0))
    assert first_score("vault_token_ttl_seconds", lost) > 0.5 * CLEAR_SCORE


def test_it_is_no_time_that_a_request_takes() -> None:
    labels = {"__name__": "x509_cert_expires_in_seconds"}
    assert category_table({}).category_of(labels, "") == "other"


def test_a_watch_takes_no_renewal_for_evidence() -> None:
    members = Members(AnalysisSettings(), 30_000)
    labels = [{"__name__": "x509_cert_expires_in_seconds", "instance": f"host-{n}:9793"} for n in range(2)]
    slots, _ = members.place(labels, ["", ""])
    score, size = np.full(2, 6.0, np.float32), np.full(2, 60 * DAY, np.float32)
    left = unasked(Suspects(slots, np.array([True, False]), score, size), members)
    assert left.slots.tolist() == [int(slots[1])]
