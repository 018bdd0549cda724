"""High-water marks: the highest value since a process began. They rise with what others tell, and stay up.

Sources: HAProxy, "Stats page" (`*_max`); Redis, INFO memory (`used_memory_peak`); Linux, memory.peak and
VmHWM; MySQL, `Max_used_connections`; php-fpm, status page; Elasticsearch, nodes stats (`peak`, `largest`);
Go, runtime/debug, `GCStats`; Micrometer, metrics of Tomcat and Jetty.
"""

import re
from functools import lru_cache

_MARK = re.compile(
    r"haproxy_\w+_max(_\w+)?|\w*_peak(_\w+)?|\w*_(hwm|high_watermark)(_\w+)?|container_memory_max_usage_bytes"
    r"|mysql_global_status_max_used_connections|php_?fpm_max_(active_processes|listen_queue)"
    r"|elasticsearch_thread_pool_largest_count|tomcat_sessions_active_max(_sessions)?|jetty_connections_max(_\w+)?"
    r"|go_gc_duration_seconds"  # quantiles of the last 256 pauses: hours of a program that does little
)


@lru_cache(maxsize=50_000)
def is_high_water(metric: str) -> bool:
    """Whether a metric tells the highest value since a process began: up after trouble that is over as well.

    >>> is_high_water("haproxy_backend_max_response_time_seconds"), is_high_water("redis_memory_max_bytes")
    (True, False)
    >>> is_high_water("http_server_requests_seconds_max")  # of the last minutes
    False
    """
    return _MARK.fullmatch(metric) is not None
