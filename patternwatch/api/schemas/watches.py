"""Watches: what to watch, and how it does."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from patternwatch.api.schemas.base import ApiModel
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.settings_base import LabelName, Selector
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import (
    MAX_MARKS,
    MAX_MUTES,
    Mark,
    Mute,
    MuteKind,
    QuietHours,
    Watch,
)

MIN_INTERVAL_S = 5.0
"""Metrics are seldom scraped more often."""

_Selector = Annotated[Selector, StringConstraints(max_length=10_000)]
_Interval = Annotated[float, Field(ge=MIN_INTERVAL_S, le=86_400)]
_Budget = Annotated[float, Field(gt=0, le=1000)]
_Score = Annotated[float, Field(ge=0, le=1000)]


class WatchChange(BaseModel):
    """What to change of a watch; what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    selector: _Selector | None = None
    """PromQL series selector: `{cluster="a"}`."""
    each: LabelName | None = None
    """A label, such as `cluster`: each of its values is watched by itself, those that come later too."""
    interval_s: _Interval | None = None
    """Seconds between two looks."""
    false_reports_a_week: _Budget | None = None
    """How many reports about nothing are borne for the sake of early ones."""
    min_score: _Score | None = None
    """Score that the strongest entity of a report must reach."""
    categories: tuple[MetricCategoryName, ...] | None = None
    """Watch what measures these only; empty for all."""
    quiet_hours: Annotated[tuple[QuietHours, ...], Field(max_length=50)] | None = None
    """When nothing is opened."""
    paused: bool | None = None
    changed_by: Annotated[str, StringConstraints(max_length=200)] = ""


class WatchPut(WatchChange):
    """A watch, whole: what is not given is as usual."""

    selector: _Selector
    history_days: Annotated[float, Field(ge=0, le=31)] | None = None
    """How much of the source's history it learns from when it begins."""
    mutes: Annotated[tuple[Mute, ...], Field(max_length=MAX_MUTES)] | None = None
    marks: Annotated[tuple[Mark, ...], Field(max_length=MAX_MARKS)] | None = None


class Unmute(BaseModel):
    """What is to be heard again."""

    model_config = ConfigDict(extra="forbid")

    kind: MuteKind
    value: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class WatchRead(ApiModel):
    """A watch, and how it does."""

    watch: Watch
    origin: Literal["settings", "data"]
    """Whether the settings name it, or someone has made it here."""
    overrides_settings: bool = False
    """Made here over one of the settings: ending it brings that one back."""
    state: WatchState | None = None
    """How it does at its last look; null before the first one."""


class WatchList(ApiModel):
    """Every watch of a tenant, by name."""

    watches: list[WatchRead]
