"""What the suffix of a metric's name says about it.

Source: Prometheus documentation, "Metric and label naming" and "Histograms and summaries".
"""

HISTOGRAM_SUFFIXES = ("_bucket", "_sum", "_count")
"""The series of one histogram (or summary): they differ in these suffixes, and are read together."""
COUNTER_SUFFIXES = ("_total", *HISTOGRAM_SUFFIXES)
"""Names that end like this are counters where no metadata says otherwise."""
