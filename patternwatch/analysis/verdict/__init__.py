"""The verdict: what an operator reads first, in pieces that a page can link and date.

`sentence` puts it together from who (`cause`), what (`happened`) and how much (`extent`).
"""

from patternwatch.analysis.verdict.fields import Judged, verdict_fields
from patternwatch.analysis.verdict.happened import change_in_words, metric_in_words
from patternwatch.analysis.verdict.sentence import verdict, verdict_parts
from patternwatch.analysis.verdict.words import clock, duration

__all__ = [
    "Judged",
    "change_in_words",
    "clock",
    "duration",
    "metric_in_words",
    "verdict",
    "verdict_fields",
    "verdict_parts",
]
