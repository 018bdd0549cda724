"""The ids of the series of a batch: made for those that are asked for, once for all looks at them."""

from collections.abc import Sequence

from patternwatch.contracts.ids import series_id
from patternwatch.contracts.series import Labels


class SeriesIds:
    """The ids of N series, each made when it is first asked for.

    labels      N label sets
    derivation  how each was derived

    >>> SeriesIds([{"__name__": "up", "job": "node"}], [""])[0]
    '1f0d35bbbe342dbba872'
    """

    def __init__(self, labels: Sequence[Labels], derivation: Sequence[str]) -> None:
        self._labels, self._derivation = labels, derivation
        self._made: dict[int, str] = {}

    def __getitem__(self, i: int) -> str:
        made = self._made.get(i)
        if made is None:
            made = self._made[i] = series_id(self._labels[i], self._derivation[i])
        return made
