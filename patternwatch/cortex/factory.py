"""From the settings' URL to a source."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.source import SeriesSource


def open_source(settings: SourceSettings) -> SeriesSource:
    """`http(s)://...` speaks the Prometheus HTTP API; `bundle:///FILE` replays a recording.

    Raises BundleError for an unreadable recording.
    """
    url = urlsplit(settings.url)
    if url.scheme == "bundle":
        return BundleSource(Path(unquote(url.path)), settings.replay_end_ms)
    return PrometheusSource(settings)
