"""From which block on history came at the step; before that it came in coarser rows."""

from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.bank.coarse_blocks import lend_fine_blocks


class FineHistory:
    """How much of what a bank learned is fine.

    first  number of the first block of the finer part, -1 where all or nothing is

    >>> history = FineHistory()
    >>> history.learn(first_block=0, is_coarse=True, blocks=0)
    >>> history.learn(first_block=99, is_coarse=False, blocks=100)
    >>> history.blocks(newest=148, known=148)
    48
    """

    def __init__(self) -> None:
        self.first = -1

    def learn(self, first_block: int, *, is_coarse: bool, blocks: int) -> None:
        """History is learned whose first row is in this block; so many blocks are known."""
        if is_coarse:
            self.first = -1
        elif self.first < 0 and blocks:
            self.first = first_block + 1

    def blocks(self, newest: int, known: int) -> int:
        """Blocks of history whose rows came one step apart, of so many, up to the newest one's number."""
        return known if self.first < 0 else min(known, newest - self.first)

    def finish(self, arrays: BankArrays, newest: int, known: int, day: int) -> None:
        """All history is there: what coarse rows cannot show of noise is taken from the finer ones."""
        fine = self.blocks(newest, known)
        if self.first >= 0 and fine > 0:
            coarse = range(max(newest - known, newest - arrays.maxima.shape[2] + 1), self.first)
            lend_fine_blocks(arrays.maxima, coarse, fine, day)
            self.first = newest - known
