"""Series that are of the program that was scraped, or of the scrape, whatever else the program tells of."""

import re

SCRAPE_SERIES = frozenset(
    (
        # Prometheus documentation, "Jobs and instances", and its feature flag extra-scrape-metrics
        *("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_series_added"),
        *("scrape_samples_post_metric_relabeling", "scrape_timeout_seconds", "scrape_sample_limit"),
        "scrape_body_size_bytes",
        # vmagent documentation, "Automatically generated metrics"
        *("scrape_response_size_bytes", "scrape_samples_limit", "scrape_series_current"),
        *("scrape_series_limit", "scrape_series_limit_samples_dropped"),
    )
)
"""What a scraper tells of a target itself, also while that does not answer."""
OF_PROCESS = re.compile(
    r"up$|scrape_|process_|go_|python_|jvm_|nodejs_|dotnet_|promhttp_|\w+_exporter_|\w+_build_info$"
)
"""What a client library or a scraper tells of the program itself (Prometheus documentation, "Writing client
libraries", and the libraries' default collectors)."""
SCRAPE, OTHER = "scrape", "other"


def says_of(metric: str) -> str:
    """Of what a metric is that no table knows: `SCRAPE`, the program itself (empty) or `OTHER`.

    >>> says_of("up"), says_of("go_goroutines"), says_of("backup_size_bytes")
    ('scrape', '', 'other')
    """
    if metric in SCRAPE_SERIES:
        return SCRAPE
    return "" if OF_PROCESS.match(metric) else OTHER
