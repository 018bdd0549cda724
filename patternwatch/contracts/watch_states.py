"""How a watch does: what it sees now, for the live view. One small record a watch, replaced at each look."""

from typing import Literal, TypeAlias

from pydantic import Field

from patternwatch.contracts.base import Message, Part, Tenant

MAX_SHOWN_ENTITIES = 10
MAX_SHOWN_SERIES = 5
MAX_SHOWN_EPISODES = 10

WatchCondition: TypeAlias = Literal[
    "learning", "quiet", "suspicious", "open", "paused", "blind", "refused", "divided"
]
"""learning: its past is being read; suspicious: something moves, and not enough; open: an episode is;
blind: it could not be judged; refused: it is more than may be watched; divided: each value of a label is a
watch by itself, and those say how they do."""


class SuspectSeries(Part):
    """A series that does what its own past hardly ever showed.

    >>> SuspectSeries(labels={"__name__": "up"}, derivation="", rises=False, score=3.2, words="fell").muted
    False
    """

    labels: dict[str, str]
    derivation: str = ""
    rises: bool
    score: float
    """-log10 of how often its own past was as far out."""
    words: str = ""
    """A sentence that says what it does."""
    muted: bool = False


class SuspectEntity(Part):
    """An entity whose series move together, with what they add up to.

    >>> SuspectEntity(entity="cart", score=4.0, since_ms=0, series=()).muted
    False
    """

    entity: str
    score: float
    since_ms: int
    series: tuple[SuspectSeries, ...] = Field(max_length=MAX_SHOWN_SERIES)
    muted: bool = False


class OpenEpisode(Part):
    """Trouble that goes on, by the entity that it is named after, and the report of it.

    >>> OpenEpisode(cause="cart", report_id="e1", opened_ms=60_000).cause
    'cart'
    """

    cause: str
    report_id: str
    opened_ms: int = Field(ge=0, lt=2**53)


class WatchState(Message):
    """How one watch does at its last look. Key: tenant + watch. A null value: it is no longer watched.

    >>> WatchState(tenant="default", watch="shop", at_ms=0, condition="quiet", series=10_000).open_episodes
    ()
    """

    tenant: Tenant
    watch: str
    at_ms: int = Field(ge=0, lt=2**53)
    """Time of the look."""
    condition: WatchCondition
    reason: str = ""
    """Why it is learning, blind or refused."""
    series: int = 0
    """Series that are watched."""
    suspects: int = 0
    """Series that do what their own past hardly ever showed."""
    bar: float = 0.0
    """Score at which an episode opens."""
    look_ms: float = 0.0
    """How long the look took, the reading included."""
    entities: tuple[SuspectEntity, ...] = Field(default=(), max_length=MAX_SHOWN_ENTITIES)
    """Those that stand out, the strongest first."""
    said: tuple[str, ...] = ()
    """What was recognised and opened nothing: a deploy, a scrape outage."""
    open_episodes: tuple[OpenEpisode, ...] = Field(default=(), max_length=MAX_SHOWN_EPISODES)
    """Those that are open, in the order of their opening."""
