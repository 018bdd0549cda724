"""Everything that a worker process can be told, read once from the environment."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from patternwatch.contracts.alarm_settings import AlarmSettings
from patternwatch.contracts.settings import ProcessSettings, tenant_named
from patternwatch.cortex.kept_windows import MAX_KEPT_SAMPLES


class WorkerSettings(ProcessSettings):
    """Settings of `patternwatch worker`: `PATTERNWATCH_KAFKA__BOOTSTRAP=host:9092` and so on."""

    metrics_host: str = "127.0.0.1"
    """Address of /metrics and /health."""
    metrics_port: int = Field(default=9100, ge=0, le=65535)
    """Where /metrics and /health are served; 0 takes a free port, and the log says which. Of several
    processes (`--processes`) each takes the next one."""
    model: str = ""
    """Another shape model than the shipped one: a folder, or an http(s) URL in front of its two files."""
    model_poll_s: float = Field(default=60.0, ge=0)
    """How often to look whether there is another one at that place; 0 looks at the start only."""
    watch_state: Path | None = None
    """Folder in which what watches have learned is kept, some 5 kB a series, for the next start on this
    machine; without it they learn from the source again."""
    watch_memory_mib: int | None = Field(default=None, ge=1)
    """Memory that this worker's watches may take, some 8 kB a series: one that does not fit is refused, and
    its live view says why. Without it half of what the machine or the container has; of several processes
    on one machine each takes its part."""
    alarms: AlarmSettings = AlarmSettings()
    """Where episodes of watches are sent to as alerts."""
    session_timeout_s: float = Field(default=15.0, ge=1, le=30)
    """A worker that Kafka does not hear of for this long loses its partitions to the others. Under a CPU
    limit a process stands still for seconds, and each time that it is taken for dead all others stop too; a
    quarter of `analysis.deadline_s` leaves those who take over the time to report before it."""
    max_alert_analyses_in_flight: int = Field(default=100, ge=1)
    """First looks of a tenant's alerts that may be under way; the next ones wait, and the alert says so."""
    max_alert_analyses_per_minute: int = Field(default=300, ge=1)
    """First looks of a tenant's alerts that may begin in a minute; the next ones wait likewise."""
    late_s: float = Field(default=120.0, ge=0)
    """How long after the deadline a late shard still revises the report."""
    max_kept_samples: int = Field(default=MAX_KEPT_SAMPLES, ge=0)
    """Samples that are kept between the looks at reports that grow, 12 bytes each: those of 20,000 series. A
    window that had to make room is read whole by its next look; 0 keeps none."""
    stall_timeout_s: float = Field(default=180.0, gt=0)
    """A partition that has records but makes no progress for this long ends the process; so does a group
    that deals it no partitions for so long, though Kafka answers."""
    loop_timeout_s: float = Field(default=60.0, gt=0)
    """An event loop that does not turn for this long ends the process."""
    stop_timeout_s: float = Field(default=8.0, gt=0)
    """How long a stop waits for running work before the process ends anyway; less than the 10 s after which
    Docker kills it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for watch in self.watches:
            tenant_named(self.tenants, watch.tenant)
        if self.stall_timeout_s <= self.analysis.deadline_s:
            raise ValueError(
                f"stall_timeout_s ({self.stall_timeout_s:g}) must be longer than analysis.deadline_s "
                f"({self.analysis.deadline_s:g}), or a slow source would look like a stalled consumer"
            )
        return self
