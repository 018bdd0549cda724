"""From the settings' URL to a source."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.source import SeriesSource


def open_source(settings: SourceSettings) -> SeriesSource:
    """`http(s)://...` speaks the Prometheus HTTP API; `bundle:///FILE` replays a recording.

    Raises InputError for any other URL and BundleError for an unreadable recording.
    """
    url = urlsplit(settings.url)
    if url.username or url.password:
        raise InputError(
            "source.url holds credentials, which would end up in logs",
            "Take them out, and set source.username and source.password (or source.password_file)",
        )
    if url.scheme in ("http", "https") and url.netloc:
        return PrometheusSource(settings)
    if url.scheme == "bundle" and url.path:
        return BundleSource(Path(unquote(url.path)), settings.replay_end_ms)
    raise InputError(
        f"source.url is {settings.url!r}, which is no source of series",
        "Use http://HOST:PORT (Prometheus), http://HOST:PORT/prometheus (Cortex) or bundle:///FILE",
    )
