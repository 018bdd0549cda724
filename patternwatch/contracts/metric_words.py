"""Words of metrics' names; one table of those that tell when something began to run, or for how long it has.

Prometheus, "Writing client libraries": `process_start_time_seconds`; cAdvisor `container_start_time_seconds`;
node_exporter: `node_boot_time_seconds`; JMX: `java_lang_Runtime_StartTime`; Redis, MySQL, HAProxy: uptimes.
"""

import re
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9_:]")
"""Characters of a name that only Prometheus 3 takes: they part words as underscores do."""
_STARTED = re.compile(r"(^|_)(re)?(start|boot)_?time")
_UP_FOR = re.compile(r"(^|_)up_?time")


def in_snake_case(name: str) -> str:
    """A metric's name in snake case.

    >>> in_snake_case("CpuUsage"), in_snake_case("jvm.memory.used")
    ('cpu_usage', 'jvm_memory_used')
    """
    return _CAMEL.sub("_", _NOT_PLAIN.sub("_", name)).lower()


@lru_cache(maxsize=50_000)
def tells_start(name: str) -> bool:
    """Whether a metric tells when something began to run.

    >>> [tells_start(name) for name in ("node_boot_time_seconds", "java_lang_Runtime_StartTime", "up")]
    [True, True, False]
    """
    return _STARTED.search(in_snake_case(name)) is not None


@lru_cache(maxsize=50_000)
def tells_uptime(name: str) -> bool:
    """Whether a metric tells for how long something has run.

    >>> [tells_uptime(name) for name in ("sysUpTime", "redis_uptime_in_seconds", "dns_lookup_time_seconds")]
    [True, True, False]
    """
    return _UP_FOR.search(in_snake_case(name)) is not None
