"""The rules of SimpleRCA as a peer: which series alarm, and which service goes first."""

import numpy as np

from benchmarks.simple_rca import services_by_alarms, severities


def test_a_metric_alarms_three_deviations_from_its_mean_in_either_direction() -> None:
    baseline = [9.0, 11.0] * 4  # mean 10, deviation 1
    rows = np.array([[*baseline, 13.0, 13.0], [*baseline, 7.0, 7.0], [*baseline, 12.9, 12.9]])
    np.testing.assert_allclose(severities(rows, 8, ["cpu"] * 3), [1.0, 1.0, 2.9 / 3])


def test_a_latency_alarms_at_three_times_its_95th_percentile_and_only_upwards() -> None:
    rows = np.array([[2.0] * 8 + [6.0] * 2, [2.0] * 8 + [5.9] * 2, [2.0] * 8 + [0.1] * 2])
    assert (severities(rows, 8, ["latency"] * 3) >= 1.0).tolist() == [True, False, False]


def test_gaps_and_flat_series() -> None:
    rows = np.array([[5.0] * 8 + [5.0] * 2, [5.0] * 8 + [6.0] * 2, [np.nan] * 10, [5.0] * 8 + [np.nan] * 2])
    assert (severities(rows, 8, ["cpu"] * 4) >= 1.0).tolist() == [False, True, False, False]
    assert np.isfinite(severities(rows, 8, ["latency"] * 4)).all()


def test_the_service_with_most_alarms_goes_first() -> None:
    services = ["cart", "web", "web", "mail", "mail"]
    assert services_by_alarms(services, np.array([9.0, 1.0, 1.5, 1.0, 1.6])) == ["mail", "web", "cart"]
    assert services_by_alarms(["a", "b", "c"], np.array([0.5, 0.9, 0.0])) == ["b", "a", "c"]
