"""Which slot a series sits in: by its label object, which the source gives again, or else by its labels."""

from collections.abc import Iterable, Sequence

from patternwatch.contracts.series import Labels

_Key = tuple[frozenset[tuple[str, str]], str]


class SeriesIndex:
    """Labels and derivation by slot, and slots by these.

    >>> index, labels = SeriesIndex(), {"__name__": "load"}
    >>> index.find([labels], [""])
    ([-1], [0])
    >>> index.fit(4)
    >>> index.put(3, labels, "")
    >>> index.find([dict(labels)], [""])
    ([3], [])
    """

    def __init__(self) -> None:
        self.labels: list[Labels] = []
        self.derivation: list[str] = []
        self._slots: dict[_Key, int] = {}
        self._by_object: dict[tuple[int, str], int] = {}

    def find(self, labels: Sequence[Labels], derivations: Sequence[str]) -> tuple[list[int], list[int]]:
        """Slots of these series, -1 of those that are new, and the positions of these.

        Raises ValueError where a series is there twice.
        """
        found = [
            self._by_object.get((id(own), how), -1) for own, how in zip(labels, derivations, strict=True)
        ]
        new = list[int]()
        for i in (i for i, slot in enumerate(found) if slot < 0):
            found[i] = self._slots.get(_key(labels[i], derivations[i]), -1)
            if found[i] < 0:
                new.append(i)
            else:
                self._remember(found[i], labels[i], derivations[i])
        known = [slot for slot in found if slot >= 0]
        twice = len(known) - len(set(known)) + len(new) - len({_key(labels[i], derivations[i]) for i in new})
        if twice:
            raise ValueError(f"{twice} series are there twice: merge them first")
        return found, new

    def fit(self, slots: int) -> None:
        """Have so many slots at least; new ones are empty."""
        more = slots - len(self.labels)
        self.labels += [{} for _ in range(more)]
        self.derivation += [""] * more

    def put(self, slot: int, labels: Labels, derivation: str) -> None:
        """A series sits in this slot, which is empty, from now on."""
        self._slots[_key(labels, derivation)] = slot
        self._remember(slot, labels, derivation)

    def drop(self, slot: int) -> None:
        """The series of this slot sits nowhere."""
        labels, derivation = self.labels[slot], self.derivation[slot]
        self._by_object.pop((id(labels), derivation), None)
        del self._slots[_key(labels, derivation)]
        self.labels[slot] = {}

    def restore(self, labels: list[Labels], derivation: list[str], used: Iterable[int]) -> None:
        """Go on from those of a snapshot, of which these slots are not empty."""
        self.labels, self.derivation = labels, derivation
        for slot in used:
            self._slots[_key(labels[slot], derivation[slot])] = slot
            self._by_object[id(labels[slot]), derivation[slot]] = slot

    def _remember(self, slot: int, labels: Labels, derivation: str) -> None:
        """Find a series by its label object too; the object is kept, so that no other one has its id."""
        self._by_object.pop((id(self.labels[slot]), self.derivation[slot]), None)
        self.labels[slot], self.derivation[slot] = labels, derivation
        self._by_object[id(labels), derivation] = slot


def _key(labels: Labels, derivation: str) -> _Key:
    return frozenset(labels.items()), derivation
