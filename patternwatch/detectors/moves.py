"""Do the moves of a series that rarely moves crowd behind the split, or is one of them there by chance?

The largest step of a baseline bounds later ones as well as there are steps to take it from: a baseline
that never moved bounds none, and any first tick is infinitely larger. What such a series does tell is when it
moves. If nothing had changed, each move would be as likely in one row as in any other, so that all of j moves
lie in the last m of n + m rows with the probability (m / (n + m)) ** j: for a lone one in 60 rows after 240
that is one in five, and says nothing; three of them, or one right behind the split, are hardly chance.
Where some moves lie in the baseline, Chernoff's bound of the binomial tail takes the place of that power.
Sources: R. A. Fisher, "The Design of Experiments" (1935), on permutations; H. Chernoff, "A Measure of
Asymptotic Efficiency for Tests of a Hypothesis Based on the Sum of Observations" (1952).
"""

import math

from patternwatch.compiled import Floats, kernel


@kernel
def moves_before(x: Floats, end: int) -> int:
    """How many of the first `end` points differ from the one before."""
    moves = 0
    for t in range(1, end):
        moves += x[t] != x[t - 1]
    return moves


@kernel
def crowding(x: Floats, at: int, n: int, moves: int) -> float:
    """-ln of how likely the moves of the points `at` to `n` crowd there by chance, where most; at least 0.

    moves  how many lie before `at`; where none does, a return to the old value is no move of its own
    """
    best, found = 0.0, 0
    for t in range(at, n):
        if x[t] == x[t - 1] or (moves == 0 and x[t] == x[at - 1]):
            continue
        found += 1
        rows = t - at + 1.0
        share, expected = found / (moves + found), rows / (at - 1.0 + rows)
        if share > expected:
            unlikely = share * math.log(share / expected)
            if moves > 0:
                unlikely += (1.0 - share) * math.log((1.0 - share) / (1.0 - expected))
            best = max(best, (moves + found) * unlikely)
    return best
