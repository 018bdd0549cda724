"""What a watch says of one tick: what opened, what goes on, what is over, and what it saw besides."""

from dataclasses import dataclass

from patternwatch.contracts.series import Labels


@dataclass(frozen=True, slots=True)
class Opening:
    """Trouble that begins.

    entity    the workload that shows it most, as reports name it
    since_ms  when it began, as far as the ticks before say
    score     evidence of it, on the scale of the bar
    why       a sentence
    """

    entity: str
    since_ms: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class SeenSeries:
    """One series that is not as its own history has it.

    up     whether it is higher, else lower
    score  -log10 of how often its own history had it
    muted  whether it counts for nothing
    """

    labels: Labels
    derivation: str
    up: bool
    score: float
    sentence: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class SeenEntity:
    """One entity that is not as ever, with its strongest series; where it is muted, it opens nothing."""

    name: str
    score: float
    since_ms: int
    series: tuple[SeenSeries, ...] = ()
    muted: bool = False


@dataclass(frozen=True, slots=True)
class EpisodePart:
    """Who takes part in what is open, and has shown it for some ticks.

    cause    the entity that it is named after
    members  those that would open it by themselves, strongest first, with since when they show it
    gone     of these, those that give no sample
    height   how strong the strongest of them is, at least, in these ticks
    """

    cause: str
    members: tuple[tuple[str, int], ...] = ()
    gone: tuple[str, ...] = ()
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """What one tick says.

    at_ms         the tick's newest row
    opening       trouble that begins now; None where none does
    open_goes_on  whether what opened earlier, or part of it, is still there
    over          which of it ended with this tick, by the entities that opened it
    entities      the strongest, for the live view
    not_judged    why this tick could not be judged; empty where it was
    said          what was recognised and is no trouble: a deploy, a gap of the scraper
    suspects      how many series are not as their own history has it
    bar           from which score on something opens
    parts         who takes part in each of what is open
    """

    at_ms: int
    opening: Opening | None = None
    open_goes_on: bool = False
    over: tuple[str, ...] = ()
    entities: tuple[SeenEntity, ...] = ()
    not_judged: str = ""
    said: tuple[str, ...] = ()
    suspects: int = 0
    bar: float = 0.0
    parts: tuple[EpisodePart, ...] = ()
