"""Requests that are turned away: more of them are no load, and whether they are a loss others say.

That a caller is not known, may not, or asks too often is mostly its own fault. A limit that turns away who
asks too much does what it is there for; where it turns away who was served before, requests are lost
(`losses/turned_away.py`).
"""

from patternwatch.watch.members.label_reader import REFUSED
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects


def without_refusals(suspects: Suspects, members: Members) -> Suspects:
    """The suspects without those that say that more requests are refused.

    >>> import numpy as np
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "requests_total", "service": "web", "code": code} for code in ("200", "429")]
    >>> slots, _ = members.place(labels, ["rate", "rate"])
    >>> more = Suspects(slots, np.array([True, True]), np.float32([6.0, 6.0]), np.float32([9.0, 9.0]))
    >>> without_refusals(more, members).slots.tolist() == slots[:1].tolist()
    True
    """
    refused = (members.ended[suspects.slots] == REFUSED) & suspects.up
    return suspects.take(~refused) if refused.any() else suspects
