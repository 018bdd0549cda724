"""Whether an open episode has grown by what its analyses do not tell of: its report is looked at again then.

By whom nobody was told yet, by who is gone, and by its strength, a doubling at a time. Pure: the time comes
with the ticks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.contracts.episodes import Episode
from patternwatch.watch.episodes.observation import EpisodePart, Observation
from patternwatch.watch.episodes.taking_part import SHOWN_TICKS
from patternwatch.watch.history.history_windows import DAY_MS

GROWN = 2.0
"""How many times as strong as when it was told of last an episode is told of again."""
APART_TICKS = 10
"""Ticks between two looks at what has grown: what an episode brings about comes within so many."""
MAX_A_DAY = 4
"""Looks a day at what has grown: an episode that flaps for hours grows at every turn."""
MAX_TOLD = 50
"""Names that are kept: a cluster that fails as a whole is told of once."""
_GONE = "gone:"


@dataclass(frozen=True, slots=True)
class Growth:
    """What an episode grew by.

    since_ms  when that began
    words     a sentence
    episode   as it is once an analysis tells of that
    """

    since_ms: int
    words: str
    episode: Episode


def measured(known: Episode, observation: Observation) -> Episode:
    """The episode with how strong it is, where that is not known yet: it takes some ticks to say so.

    >>> episode = Episode(
    ...     tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=60_000,
    ...     last_seen_ms=60_000, open=True,
    ... )
    >>> part = EpisodePart("cart", (("cart", 60_000),), height=9.0)
    >>> seen = measured(episode, Observation(180_000, parts=(part,)))
    >>> seen.told_height, seen.told
    (9.0, ['cart'])
    """
    return known if known.told_height else _with(known, _part_of(known, observation))


def growth(known: Episode, observation: Observation, at_ms: int, tick_ms: int) -> Growth | None:
    """What this tick shows that the episode's analyses do not tell of yet; None where nothing, or too soon.

    tick_ms  between two ticks

    >>> episode = Episode(
    ...     tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=60_000,
    ...     last_seen_ms=60_000, open=True, asked=True, told=["cart"], told_height=9.0,
    ... )
    >>> part = EpisodePart("cart", (("cart", 60_000), ("queue", 7_200_000)), ("queue",), 60.0)
    >>> seen = Observation(7_380_000, open_goes_on=True, parts=(part,))
    >>> found = growth(episode, seen, 7_380_000, 60_000)
    >>> found.words, found.episode.told, growth(found.episode, seen, 7_440_000, 60_000)
    ('queue is gone', ['cart', 'queue', 'gone:queue'], None)
    """
    looked = [then for then in known.grown_ms if then > at_ms - DAY_MS]
    if not known.asked or len(looked) >= MAX_A_DAY:
        return None
    if looked and at_ms - looked[-1] < APART_TICKS * tick_ms:
        return None
    part = _part_of(known, observation)
    told, since = {known.cause, *known.told}, dict(part.members)
    gone = [name for name in part.gone if _GONE + name not in told]
    new = [name for name, _ in part.members if name not in told and name not in gone]
    if len(told) >= MAX_TOLD:
        gone, new = [], []
    words = [f"{name} is gone" for name in gone] + [f"{name} fails or waits too" for name in new]
    shown_ms = at_ms - (SHOWN_TICKS - 1) * tick_ms
    begun = [since[name] for name in new] + [shown_ms for _ in gone]
    if not words and part.height >= GROWN * known.told_height > 0:
        words, begun = [f"it is {part.height / known.told_height:.0f} times as strong as before"], [shown_ms]
    if not words:
        return None
    return Growth(min(begun), _listed(words), _with(known.model_copy(update={"grown_ms": looked}), part))


def _part_of(known: Episode, observation: Observation) -> EpisodePart:
    return next((part for part in observation.parts if part.cause == known.cause), EpisodePart(known.cause))


def _with(known: Episode, part: EpisodePart) -> Episode:
    names = [
        *(known.told or [known.cause]),
        *(name for name, _ in part.members),
        *(_GONE + name for name in part.gone),
    ]
    told = list(dict.fromkeys(names))[:MAX_TOLD]
    return known.model_copy(update={"told": told, "told_height": max(known.told_height, part.height)})


def _listed(words: Sequence[str], shown: int = 3) -> str:
    """The first of them, and how many more there are."""
    more = len(words) - shown
    return "; ".join([*words[:shown], *([f"{more} more"] if more > 0 else [])])
