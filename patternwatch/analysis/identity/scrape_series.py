"""Series that a scraper makes of its own."""

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
