"""What a watch saw began when it saw it, whatever else moved long before."""

import numpy as np

from patternwatch.analysis.ranking.best_onset import evaluate_onsets
from patternwatch.contracts.episodes import EpisodeSpan
from tests.analysis.incidents import SETTINGS, SPLIT, made_up, request_of, results_of


def test_a_trouble_that_a_watch_saw_is_none_of_long_before() -> None:
    series = made_up(services=20, quiet=True)
    owners = np.array([own["service"] for own in series.labels])
    for name in ("service-1", "service-2", "service-3", "service-4"):
        series.values[owners == name, SPLIT - 150 :] += 40.0
    series.values[owners == "service-5", SPLIT:] += 8.0
    request = request_of(series)
    watched = request.model_copy(
        update={"episode": EpisodeSpan(entity="service-5", since_ms=request.window.split_ms)}
    )
    results = results_of(request, series)
    alerted, seen = (
        evaluate_onsets(request.window, results, SETTINGS, request=r) for r in (request, watched)
    )
    assert abs(alerted.onset - (SPLIT - 150)) <= 1
    assert (seen.onset, seen.ranked[0].entity.name) == (SPLIT, "service-5")
