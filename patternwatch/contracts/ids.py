"""Deterministic ids: the same cause always gets the same id, so a redelivery changes nothing."""

import hashlib

from patternwatch.contracts.series import Labels


def request_id_for_alert(tenant: str, fingerprint: str, starts_at_ms: int) -> str:
    """One analysis for one firing of one alert."""
    return _digest("alert", tenant, fingerprint, str(starts_at_ms))


def request_id_for_watch(tenant: str, watch: str, tick_ms: int) -> str:
    """One analysis for one tick of one watched cluster."""
    return _digest("watch", tenant, watch, str(tick_ms))


def episode_report_id(tenant: str, watch: str, cause: str, opened_ms: int) -> str:
    """One report for one episode of a watched cluster, however many ticks it lasts."""
    return _digest("episode", tenant, watch, cause, str(opened_ms))


def shard_id(request_id: str, number: int) -> str:
    """One shard of one request."""
    return f"{request_id}-{number}"


def series_id(labels: Labels, derivation: str) -> str:
    """One series: its whole label set and what was derived from it."""
    parts = [derivation]
    for name in sorted(labels):
        parts += [name, labels[name]]
    return _digest(*parts)


def example_id(tenant: str, window: bytes, split: int) -> str:
    """One example on one window (its float32 points), whatever it is called."""
    return _digest("example", tenant, hashlib.blake2b(window).hexdigest(), str(split))


def alert_fingerprint(labels: Labels) -> str:
    """For an alert that came without a fingerprint of its own."""
    return series_id(labels, "alert")


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=10).hexdigest()
