"""The settings that more than one process needs. Each process reads them once, in its composition root."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from patternwatch.contracts.analysis_settings import AnalysisSettings
from patternwatch.contracts.base import TENANT_PATTERN
from patternwatch.contracts.errors import SelectorError, UnknownTenantError
from patternwatch.contracts.kafka_settings import KafkaSecuritySettings, KafkaSettings
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.settings_base import LabelName, Settings
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.source_settings import SourceSettings
from patternwatch.contracts.time_zone import TimeZone

__all__ = [
    "AnalysisSettings",
    "KafkaSecuritySettings",
    "KafkaSettings",
    "LogSettings",
    "ProcessSettings",
    "Settings",
    "SourceSettings",
    "TenantSettings",
    "WatchSettings",
    "tenant_named",
]


class TenantSettings(Settings):
    """One tenant: its id at the source (X-Scope-OrgID), and the series of an alert without scope labels.

    >>> TenantSettings(id="shop", selector='{env="prod"}').matchers[0].value
    'prod'
    """

    id: str = Field(pattern=TENANT_PATTERN.pattern)
    """X-Scope-OrgID at the source; also `a|b`."""
    selector: str = '{__name__=~".+"}'
    """The series of an alert that carries none of the scope labels."""
    time_zone: TimeZone = ""
    """IANA name such as Europe/Vienna: by whose clocks yesterday and last week are meant where windows are
    compared; empty for the clocks of the machine, UTC in most containers."""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            parse_selector(self.selector)
        except SelectorError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def matchers(self) -> Matchers:
        """The selector, read."""
        return parse_selector(self.selector)


class WatchSettings(Settings):
    """One cluster that is watched all the time, without an alert.

    >>> WatchSettings(name="shop", tenant="default", selector='{cluster="shop"}').min_score
    4.0
    """

    name: str = Field(pattern=r"^[a-zA-Z0-9_.-]{1,100}$")
    """Names the watched cluster in reports."""
    tenant: str
    """One of the tenants."""
    selector: str
    """Its series."""
    each: LabelName = ""
    """A label, such as `cluster`: each of its values among these series is a watch by itself."""
    interval_s: float = Field(default=60.0, gt=0)
    """Pause between two ticks: each reads what is new and judges it."""
    false_reports_a_week: float = Field(default=1.0, gt=0)
    """Budget of reports without a trouble: as many openings at most as the cluster's own last week would
    have had. A smaller one sees less, and later."""
    history_days: float = Field(default=7.0, ge=0, le=31)
    """How much of the source's history a watch learns from when it begins; the last day of it at
    `analysis.step_ms`, what is older at 5 minutes. With 0 it learns from what it sees."""
    min_score: float = Field(default=CLEAR_SCORE, ge=0)
    """The strongest entity's score from which the analysis of what a watch has seen is published; below it
    only where that entity is the one that the watch saw."""


class LogSettings(Settings):
    """How logs are written: one event a line, as text for people or JSON for machines.

    >>> LogSettings(format="json").level
    'info'
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    """From which on events are written."""
    format: Literal["text", "json"] = "text"
    """Text for people, JSON for machines."""


class ProcessSettings(BaseSettings):
    """The settings of both processes, from variables such as `PATTERNWATCH_KAFKA__BOOTSTRAP=host:9092`.

    A process reads its subclass of this once, in its composition root; nothing else reads the environment.

    >>> ProcessSettings(kafka={"bootstrap": "kafka-1:9092"}).kafka.bootstrap
    'kafka-1:9092'
    """

    model_config = SettingsConfigDict(
        env_prefix="PATTERNWATCH_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    group: str = Field(default="patternwatch", min_length=1)
    """Kafka consumer group of the workers: those of one group share the load. The API asks how far it is."""
    source: SourceSettings = SourceSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    tenants: tuple[TenantSettings, ...] = Field(default=(TenantSettings(id="default"),), min_length=1)
    """Who may be asked for; a list of objects."""
    watches: tuple[WatchSettings, ...] = ()
    """Clusters that are analysed at regular intervals without an alert; a list of objects."""
    log: LogSettings = LogSettings()

    @field_validator("tenants")
    @classmethod
    def _tenants_once(cls, tenants: tuple[TenantSettings, ...]) -> tuple[TenantSettings, ...]:
        if twice := _named_twice(tenant.id for tenant in tenants):
            raise ValueError(f"the tenant {twice!r} stands there twice: only the first one would count")
        return tenants

    @field_validator("watches")
    @classmethod
    def _watches_once(cls, watches: tuple[WatchSettings, ...]) -> tuple[WatchSettings, ...]:
        if twice := _named_twice(f"{watch.tenant}/{watch.name}" for watch in watches):
            raise ValueError(f"the watch {twice!r} stands there twice: only one of them would count")
        return watches


def _named_twice(names: Iterable[str]) -> str:
    """The first name that comes again; empty where each comes once."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def tenant_named(tenants: tuple[TenantSettings, ...], tenant: str) -> TenantSettings:
    """The settings of the tenant with this id; raises UnknownTenantError where there is none.

    >>> tenant_named((TenantSettings(id="shop"),), "shop").id
    'shop'
    >>> tenant_named((TenantSettings(id="shop"),), "shopp")
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.UnknownTenantError: There is no tenant 'shopp'. \
Use one of: shop, or add it to the settings
    """
    for known in tenants:
        if known.id == tenant:
            return known
    ids = ", ".join(t.id for t in tenants)
    raise UnknownTenantError(
        f"There is no tenant {tenant!r}",
        f"Use one of: {ids}, or add it to the settings"
        if ids
        else "Ask for a token of a tenant that there is",
    )
