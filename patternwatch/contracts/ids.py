"""Deterministic ids: the same cause always gets the same id, so a redelivery changes nothing."""

import hashlib

from patternwatch.contracts.series import Labels


def request_id_for_alert(tenant: str, fingerprint: str, starts_at_ms: int) -> str:
    """The id of the analysis for one firing of one alert.

    >>> request_id_for_alert("default", "f1", 1_760_000_000_000)
    'cfa5bc681de6676d3c75'
    """
    return _digest("alert", tenant, fingerprint, str(starts_at_ms))


def episode_report_id(tenant: str, watch: str, cause: str, opened_ms: int) -> str:
    """The id of the report of one episode of a watched cluster, however many ticks it lasts.

    >>> episode_report_id("default", "shop", "cart", 60_000)
    '2fe64248ec40cfa3365b'
    """
    return _digest("episode", tenant, watch, cause, str(opened_ms))


def shard_id(request_id: str, number: int) -> str:
    """The id of one shard of one request.

    >>> shard_id("r1", 3)
    'r1-3'
    """
    return f"{request_id}-{number}"


def series_id(labels: Labels, derivation: str) -> str:
    """The id of one series: its whole label set, in any order, and its derivation.

    >>> series_id({"__name__": "up", "job": "node"}, "")
    '1f0d35bbbe342dbba872'
    """
    parts = [derivation]
    for name in sorted(labels):
        parts += [name, labels[name]]
    return _digest(*parts)


def example_id(tenant: str, window: bytes, split: int) -> str:
    """The id of one labelled example: the tenant and the window (its float32 points), whatever its name.

    >>> example_id("default", b"abcd", 240)
    '94725c0525f89fd4f619'
    """
    # The seed is older than the name: the same window must keep its id over releases.
    return _digest("lesson", tenant, hashlib.blake2b(window).hexdigest(), str(split))


def dead_letter_id(topic: str, key: str, value: str) -> str:
    """The id of what became of one record that could not be worked on, however often it was tried.

    >>> dead_letter_id("patternwatch.alerts", "", "bm90IEpTT04=")
    '5f406ce969ff24dcbc6b'
    """
    return _digest("dead letter", topic, key, value)


def alert_fingerprint(labels: Labels) -> str:
    """A fingerprint for an alert that came without one: the id of its label set.

    >>> alert_fingerprint({"alertname": "Down"})
    '413c974e3692ec6a9dde'
    """
    return series_id(labels, "alert")


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=10).hexdigest()
