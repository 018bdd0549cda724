"""An episode as an alert of Alertmanager's API."""

from typing import Any
from urllib.parse import quote

from patternwatch.contracts.alarm_settings import EPISODE_ALERT, AlarmSettings
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.instants import instant
from patternwatch.contracts.watches import Watch

_TICKS_ALIVE = 4
"""Ticks after which an alert ends that nobody sends any more: as Prometheus does it."""
_MIN_ALIVE_MS = 300_000


def alarm_of(watch: Watch, episode: Episode, at_ms: int, settings: AlarmSettings) -> dict[str, Any]:
    """The alert for `POST /api/v2/alerts`, at this tick.

    Its labels stay the same as long as the episode lasts, so that Alertmanager knows it again. An open one
    ends by itself some ticks from now, unless it is sent again. Source: Alertmanager, "API v2", and what
    Prometheus sends (`notifier`, 4 times the interval).

    >>> from patternwatch.contracts.watches import make_watch
    >>> watch = make_watch("default", "shop", "up")
    >>> episode = Episode(
    ...     tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=120_000,
    ...     last_seen_ms=120_000, open=True, since_ms=60_000, why="cart: errors rise",
    ... )
    >>> alert = alarm_of(watch, episode, 120_000, AlarmSettings(page_url="https://pw.example"))
    >>> alert["labels"]["entity"], alert["startsAt"], alert["endsAt"]
    ('cart', '1970-01-01T00:01:00Z', '1970-01-01T00:07:00Z')
    >>> alert["generatorURL"]
    'https://pw.example/t/default/reports/e1'
    """
    alive_ms = max(round(_TICKS_ALIVE * watch.interval_s * 1000), _MIN_ALIVE_MS)
    alert: dict[str, Any] = {
        "labels": {
            **settings.labels,
            "alertname": EPISODE_ALERT,
            "tenant": episode.tenant,
            "watch": episode.watch,
            "entity": episode.cause,
        },
        "annotations": {
            "summary": f"{episode.cause} of {episode.watch} is not as ever",
            "description": episode.why,
        },
        "startsAt": instant(episode.began_ms),
        "endsAt": instant(at_ms + alive_ms if episode.open else max(episode.last_seen_ms, episode.opened_ms)),
    }
    if settings.page_url:
        tenant, report = quote(episode.tenant, safe=""), quote(episode.report_id, safe="")
        alert["generatorURL"] = f"{settings.page_url.rstrip('/')}/t/{tenant}/reports/{report}"
    return alert
