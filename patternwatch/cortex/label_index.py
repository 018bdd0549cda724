"""Series by their labels: which of many fulfil a few matchers, without asking each of them for its name."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import Labels

_NAME = "__name__"


class LabelIndex:
    """N label sets, found by the metric's name first: parts of a selection are mostly parts by names.

    >>> from patternwatch.contracts.matchers import parse_selector
    >>> index = LabelIndex([{"__name__": n, "job": j} for n in ("up", "load") for j in ("api", "web")])
    >>> index.matching(parse_selector('up{job=~"w.*"}')).tolist(), len(index.matching(()))
    ([1], 4)
    """

    def __init__(self, labels: Sequence[Labels]) -> None:
        self._labels = labels
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for position, own in enumerate(labels):
            self._by_name[own.get(_NAME, "")].append(position)

    def matching(self, matchers: Matchers) -> Integers:
        """The positions of those that fulfil every matcher, ascending."""
        of_names = [m for m in matchers if m.name == _NAME]
        found = [
            position
            for name, positions in self._by_name.items()
            if all(m.matches({_NAME: name}) for m in of_names)
            for position in positions
        ]
        for matcher in (m for m in matchers if m.name != _NAME):
            values = [self._labels[i].get(matcher.name, "") for i in found]
            fits = {value: matcher.matches({matcher.name: value}) for value in set(values)}
            found = [i for i, value in zip(found, values, strict=True) if fits[value]]
        return np.array(sorted(found), dtype=np.int64)
