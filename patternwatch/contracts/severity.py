"""From which score on an entity is a clear cause."""

CLEAR_SCORE = 4.0
"""The verdict names no likely cause below it, and a watch publishes from it on unless its settings differ.

Measured as the first entity's score of the recordings in examples/incidents by `patternwatch analyze FILE
--format json`: without a fault at most 3.82 (control-shop-a-2), with one at least 4.37
(catalogue-link-latency)."""
