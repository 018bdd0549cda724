"""Detectors over thousands of streams at once, by columns: a point costs a fraction of a microsecond.

A bank holds the state of N series in arrays. `update(columns)` takes the new columns, float64, shape (N, C),
oldest first, NaN where a series has no point, and gives the alarms, booleans of the same shape; `reset(rows)`
forgets what some series have shown, for a slot that goes to another series.
"""

from patternwatch.detectors.banks.adwin import AdwinBank
from patternwatch.detectors.banks.base import Bank
from patternwatch.detectors.banks.page_hinkley import PageHinkleyBank
from patternwatch.detectors.banks.sliding_ks import SlidingKsBank

__all__ = ["AdwinBank", "Bank", "PageHinkleyBank", "SlidingKsBank"]
