"""The bar from a budget of false reports a week."""

DEFAULT_BAR = 8.0
"""Where nothing is known of a cluster; chosen on generated ones (docs/always-on.md)."""
