"""Watches as data: which series are watched without an alert, how, and what is muted of them."""

from datetime import datetime, time
from typing import Annotated, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from patternwatch.contracts.base import Message, Part, Tenant
from patternwatch.contracts.errors import WatchError
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.settings import WatchSettings
from patternwatch.contracts.settings_base import LabelName, Selector
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.time_zone import TimeZone

MAX_WATCHES = 1000
"""Of one tenant: each costs a request to the source at every interval."""
MAX_MUTES = 200
"""Of one watch: who mutes more of it wants another selector."""

MAX_MARKS = 200
"""Of one watch; the newest are kept."""

MarkVerdict: TypeAlias = Literal["useful", "noise"]
MuteKind: TypeAlias = Literal["entity", "metric", "category", "series"]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

WatchName: TypeAlias = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,100}$")]
_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Mute(Part):
    """What of a watch opens no report: it shows as muted.

    >>> Mute(kind="entity", value="batch", until_ms=60_000).counts_at(60_000)
    False
    """

    kind: MuteKind
    value: str = Field(min_length=1, max_length=1000)
    """Name of the entity, metric or category, or the id of the series."""
    until_ms: int | None = Field(default=None, ge=0, lt=2**53)
    """When it ends; null: never."""
    note: str = Field(default="", max_length=500)
    muted_by: str = Field(default="", max_length=200)

    def counts_at(self, at_ms: int) -> bool:
        """Whether it is not over."""
        return self.until_ms is None or at_ms < self.until_ms


class Mark(Part):
    """What a person said of what a watch opened, for the next time and for training.

    >>> Mark(entity="cart", verdict="noise", report_id="r1").metric
    ''
    """

    entity: str = Field(min_length=1, max_length=1000)
    """Where the watch saw it, as its live view and the report's episode name it."""
    metric: str = Field(default="", max_length=1000)
    """One of its metrics; empty for all."""
    verdict: MarkVerdict
    report_id: str = Field(default="", max_length=200)
    """The report that was judged, where it was one."""
    at_ms: int = Field(default=0, ge=0, lt=2**53)
    marked_by: str = Field(default="", max_length=200)


class QuietHours(Part):
    """Times of the week in which nothing is opened, by the clocks of a place.

    >>> night = QuietHours(days=("fri",), begins="22:00", ends="06:00", time_zone="UTC")
    >>> friday_23, saturday_5, saturday_23 = 1_760_137_200_000, 1_760_158_800_000, 1_760_223_600_000
    >>> night.holds_at(friday_23), night.holds_at(saturday_5), night.holds_at(saturday_23)
    (True, True, False)
    """

    days: tuple[Weekday, ...] = WEEKDAYS
    """Days on which they begin."""
    begins: str = Field(pattern=_OF_DAY)
    """HH:MM."""
    ends: str = Field(pattern=_OF_DAY)
    """HH:MM; of the next day where it is not later than `begins`."""
    time_zone: TimeZone = ""
    """IANA name; empty for the clocks of the machine."""

    @field_validator("begins", "ends", mode="before")
    @classmethod
    def _of_yaml(cls, told: object) -> object:
        """YAML 1.1 reads 22:00, where nobody quotes it, as 22 x 60."""
        return f"{told // 60:02d}:{told % 60:02d}" if isinstance(told, int) else told

    def holds_at(self, at_ms: int) -> bool:
        """Whether this time lies within."""
        here = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.time_zone) if self.time_zone else None)
        begins, ends = time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        today, yesterday = WEEKDAYS[here.weekday()], WEEKDAYS[here.weekday() - 1]
        if begins < ends:
            return today in self.days and begins <= here.time() < ends
        return (today in self.days and here.time() >= begins) or (
            yesterday in self.days and here.time() < ends
        )


class Watch(Message):
    """Series of one tenant that are watched without an alert. Key: tenant + name. A null value ends it.

    >>> watch = make_watch("default", "shop", '{cluster="shop"}')
    >>> watch.interval_s, watch.false_reports_a_week, watch.opens_at(0)
    (60.0, 1.0, True)
    """

    tenant: Tenant
    name: WatchName
    """Names it in reports."""
    selector: Selector
    """Its series."""
    each: LabelName = ""
    """A label, such as `cluster`: each of its values among these series is watched by itself, under a name of
    both (`all.eu-1`), those that come later too. Empty: all of them are one."""
    part_of: str = Field(default="", pattern=r"^[a-zA-Z0-9_.-]{0,100}$")
    """The watch of which this is one of the parts that `each` makes."""
    interval_s: float = Field(default=60.0, gt=0, le=86_400)
    """Pause between two looks."""
    false_reports_a_week: float = Field(default=1.0, gt=0, le=1000)
    """Budget of reports without a trouble: as many openings at most as the cluster's own last week would
    have had. A smaller one sees less, and later."""
    history_days: float = Field(default=7.0, ge=0, le=31)
    """How much of the source's history it learns from when it begins."""
    min_score: float = Field(default=CLEAR_SCORE, ge=0, le=1000)
    """The strongest entity's score from which the analysis of what it has seen is published; below it only
    where that entity is the one that it saw."""
    categories: tuple[MetricCategoryName, ...] = ()
    """Watch what measures these only; empty for all."""
    quiet_hours: tuple[QuietHours, ...] = Field(default=(), max_length=50)
    """When nothing is opened; what shows then stays in the live view."""
    mutes: tuple[Mute, ...] = Field(default=(), max_length=MAX_MUTES)
    marks: tuple[Mark, ...] = Field(default=(), max_length=MAX_MARKS)
    """What people said of its reports."""
    paused: bool = False
    """Nothing is read or judged."""
    changed_by: str = Field(default="", max_length=200)
    changed_at_ms: int = Field(default=0, ge=0, lt=2**53)

    @field_validator("categories")
    @classmethod
    def _once(cls, categories: tuple[MetricCategoryName, ...]) -> tuple[MetricCategoryName, ...]:
        return tuple(dict.fromkeys(categories))

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if not self.selector.strip():
            raise ValueError("the selector is empty: name the series to watch")
        return self

    @classmethod
    def of_settings(cls, settings: WatchSettings) -> "Watch":
        """The watch that the settings name.

        >>> settings = WatchSettings(name="shop", tenant="default", selector='{cluster="shop"}')
        >>> Watch.of_settings(settings).name
        'shop'
        """
        return cls.model_validate(settings.model_dump())

    def learns_as(self, other: "Watch") -> bool:
        """Whether what was learned for the other watch serves for this one.

        How often it is looked at, mutes and hours change nothing of that.

        >>> watch = make_watch("default", "shop", "up")
        >>> often = watch.model_copy(update={"interval_s": 5.0})
        >>> often.learns_as(watch), make_watch("default", "shop", "down").learns_as(watch)
        (True, False)
        """
        return _learned(self) == _learned(other)

    def opens_at(self, at_ms: int) -> bool:
        """Whether a report may be opened at this time: it is neither paused nor quiet."""
        return not self.paused and not any(hours.holds_at(at_ms) for hours in self.quiet_hours)

    def muted_at(self, at_ms: int) -> tuple[Mute, ...]:
        """What is muted at this time."""
        return tuple(mute for mute in self.mutes if mute.counts_at(at_ms))


def _learned(watch: Watch) -> tuple[object, ...]:
    budget = watch.false_reports_a_week, watch.history_days
    return watch.tenant, watch.name, watch.selector, watch.each, watch.categories, *budget


def make_watch(tenant: str, name: str, selector: str, **more: object) -> Watch:
    """A watch; raises WatchError that says what is wrong with it.

    more  further fields of `Watch`

    >>> make_watch("default", "shop", '{cluster="shop"}', interval_s=0)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.WatchError: This cannot be watched: interval_s: Input should be greater \
than 0. Give a name of letters, digits and _.-, and a selector such as {cluster="shop"}
    """
    try:
        return Watch.model_validate({"tenant": tenant, "name": name, "selector": selector, **more})
    except ValidationError as error:
        said = first_problem(error).removeprefix("the whole: ").replace("Value error, ", "")
        raise WatchError(
            f"This cannot be watched: {said}",
            'Give a name of letters, digits and _.-, and a selector such as {cluster="shop"}',
        ) from error
