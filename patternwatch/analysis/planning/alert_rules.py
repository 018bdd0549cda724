"""Which alerts start an analysis by themselves, and why the others do not."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from patternwatch.contracts.alarm_settings import EPISODE_ALERT
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.matchers import Matcher, Matchers, parse_selector
from patternwatch.contracts.settings import AnalysisSettings

_CONSTANT = re.compile(r"\s*vector\s*\(\s*[\d.]+\s*\)\s*")
_UNITS = ((86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))


def why_not_analysed(alert: Alert, settings: AnalysisSettings, now_ms: int) -> str:
    """Why an alert that came in now starts no analysis by itself; empty where it starts one or is resolved.

    >>> alert = Alert(
    ...     tenant="default", fingerprint="f1", status="firing", starts_at_ms=1_760_000_000_000,
    ...     labels={"alertname": "HighLatency"}, received_at_ms=1_760_000_000_000,
    ... )
    >>> why_not_analysed(alert, AnalysisSettings(), 1_760_000_010_000)
    ''
    >>> why_not_analysed(alert, AnalysisSettings(), 1_760_000_000_000 - 7_200_000)
    'its start lies 2 h in the future: check the clocks and time zones of the sender and of this machine'
    """
    if alert.status != "firing":
        return ""
    if not settings.analyze_alerts:
        return "alerts start no analysis by themselves (analysis.analyze_alerts is off)"
    if kind := _kind_without_analysis(alert, settings):
        return kind
    ahead_ms = alert.starts_at_ms - now_ms
    if ahead_ms > settings.max_clock_skew_s * 1000:
        return (
            f"its start lies {duration(ahead_ms)} in the future: check the clocks and time zones of the "
            "sender and of this machine"
        )
    if -ahead_ms > settings.max_alert_age_s * 1000:
        bar = duration(round(settings.max_alert_age_s * 1000))
        return (
            f"it began {duration(-ahead_ms)} ago, more than {bar} (analysis.max_alert_age_s): ask for an "
            "analysis by hand"
        )
    return ""


def _kind_without_analysis(alert: Alert, settings: AnalysisSettings) -> str:
    if alert.labels.get("alertname") == EPISODE_ALERT:
        return "patternwatch sent it itself: its report is that of the episode"
    sign = _sign_of_heartbeat(alert, settings)
    return f"a heartbeat, which always fires ({sign})" if sign else ""


def _sign_of_heartbeat(alert: Alert, settings: AnalysisSettings) -> str:
    if sign := heartbeat_sign(alert.labels, settings.heartbeats):
        return f"{sign} is one of analysis.heartbeats"
    return "its expression is a constant" if always_fires(alert.generator_url) else ""


def heartbeat_sign(labels: Mapping[str, str], heartbeats: Iterable[str]) -> str:
    """The labels by which an alert fulfils the first of these selectors that it fulfils; empty without one.

    >>> heartbeat_sign({"alertname": "Watchdog", "pod": "x"}, AnalysisSettings().heartbeats)
    'alertname="Watchdog"'
    >>> heartbeat_sign({"alertname": "WatchdogOfPump3"}, AnalysisSettings().heartbeats)
    ''
    """
    own = dict(labels)
    for matchers in map(_matchers, heartbeats):
        if all(m.matches(own) for m in matchers):
            return ", ".join(str(Matcher(name=m.name, value=own.get(m.name, ""))) for m in matchers)
    return ""


def always_fires(generator_url: str) -> bool:
    """Whether a rule's expression, which Prometheus and Thanos put into its URL, is a constant.

    >>> always_fires("http://prometheus:9090/graph?g0.expr=vector%281%29&g0.tab=1")
    True
    >>> always_fires("http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1")
    False
    """
    try:
        found = parse_qs(urlsplit(generator_url).query, max_num_fields=50).get("g0.expr", [""])[0]
    except ValueError:
        return False
    return _CONSTANT.fullmatch(found) is not None


def duration(ms: int) -> str:
    """A length of time in its largest unit, to one decimal.

    >>> duration(45_000), duration(5_400_000), duration(7_200_000), duration(172_800_000)
    ('45 s', '90 min', '2 h', '2 days')
    """
    size, unit = next(((size, unit) for size, unit in _UNITS if ms >= 2 * size), _UNITS[-1])
    return f"{round(ms / size, 1):g} {unit}"


@lru_cache(maxsize=256)
def _matchers(selector: str) -> Matchers:
    return parse_selector(selector)
