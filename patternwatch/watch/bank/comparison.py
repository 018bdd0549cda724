"""One comparison of the newest rows of a bank's series with their own history."""

from typing import NamedTuple

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.bank import kernels, views
from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.bank.ring import write_rows
from patternwatch.watch.bank.statistics import FIRST_BRIEF
from patternwatch.watch.bank.upkeep import Upkeep
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects, strongest

_MAX_SUSPECTS = 200_000


class Rows(NamedTuple):
    """Rows that are compared: the first and the last of them, the last one compared before (-1: none)."""

    first: int
    last: int
    before: int


class Comparison:
    """Takes rows into a bank's arrays, closes the blocks that ended, and compares.

    arrays   of the bank
    upkeep   of these
    seconds  between two rows
    brief    what one row alone showed in the last comparison: a lone spike does so too, and makes no suspect
    """

    def __init__(self, arrays: BankArrays, upkeep: Upkeep, seconds: float) -> None:
        self._arrays, self._upkeep, self._seconds = arrays, upkeep, seconds
        self.brief = NO_SUSPECTS

    def take(self, values: Floats32, slots: Integers, rows: Rows, members: Members, used: Flags) -> Suspects:
        """The suspects at the last one of these rows.

        values  float32, shape (K, T), of the K series in `slots`
        used    by slot: which series are compared
        """
        write_rows(self._arrays.ring, slots, values, rows.first, rows.before)
        block, day = rows.last // self._upkeep.block_rows, self._upkeep.day
        self._close_blocks(used, rows, block)
        if len(self._upkeep.slopes) < len(members.families):
            self._upkeep.see_families(members)
        at, new_rows = rows.last % self._arrays.ring.shape[1], rows.last - rows.first + 1
        place = views.Place(at, new_rows, rows.last, block, day, self._seconds)
        told = views.Told(used, members.phase, members.family, self._upkeep.slopes)
        out = views.room_for(_MAX_SUSPECTS)
        count = kernels.judge(self._arrays.kept, told, place, out)
        statistic = out.statistic[:count]
        found = Suspects(out.slots[:count], statistic % 2 == 0, out.scores[:count], out.sizes[:count])
        self.brief = strongest(found.take(statistic >= FIRST_BRIEF))
        return strongest(found.take(statistic < FIRST_BRIEF))

    def _close_blocks(self, used: Flags, rows: Rows, block: int) -> None:
        """Keep the maxima of the blocks that ended before this one."""
        ended = rows.before // self._upkeep.block_rows if rows.before >= 0 else block
        for number in range(max(ended, block - self._arrays.maxima.shape[2]), block):
            first = number * self._upkeep.block_rows
            kernels.close_block(self._arrays.kept, used, number, self._upkeep.day, first)
