"""Small numbers in place of things: the same thing has the same number."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Numbers(Generic[T]):
    """Numbers from 0 on, in the order in which things come.

    >>> numbers = Numbers[str]()
    >>> numbers.of("cart"), numbers.of("web"), numbers.of("cart"), numbers.of_number
    (0, 1, 0, ['cart', 'web'])
    """

    def __init__(self) -> None:
        self._known: dict[T, int] = {}
        self.of_number: list[T] = []

    def __len__(self) -> int:
        """How many things are known."""
        return len(self.of_number)

    def of(self, thing: T) -> int:
        """The number of this thing; a new one where it has none."""
        number = self._known.get(thing)
        if number is None:
            number = self._known[thing] = len(self.of_number)
            self.of_number.append(thing)
        return number
