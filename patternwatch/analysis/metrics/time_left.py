"""How long something is valid yet: certificates, domains, licences, leases, tokens, and when each is over.

Such a number falls with the clock until somebody renews, and then it jumps up: more time left is no trouble,
however far it went. That hardly any is left is told as of any other thing that runs out (`space_left`).
Source: the metrics of blackbox_exporter, ssl_exporter, x509-certificate-exporter, cert-manager, kubelet,
domain_exporter, and UPS-MIB.
"""

import re
from functools import lru_cache

from patternwatch.contracts.metric_words import in_snake_case

_UNIT = r"(time|timestamp|date|days|hours|minutes|seconds|secs|ms)"
_UNTIL = r"(expiry|expires|expiration|not_after|ttl|valid_(for|until|till|to))"
_LEFT = r"(left|remaining|to_live|(un)?till?_\w*expir\w*|to_expir\w*)"
TIME_LEFT = (
    r"^(?!.*budget)(.*_)?"
    rf"({_UNTIL}(_in|_at)?(_{_UNIT})*|{_UNIT}_{_LEFT}(_{_UNIT})?|(left|remaining)_{_UNIT})$"
)
"""Names in snake case; an error budget is spent by failures, not by the clock."""


@lru_cache(maxsize=50_000)
def tells_time_left(metric: str) -> bool:
    """Whether a metric tells for how long, or until when, something is valid.

    >>> [tells_time_left(name) for name in ("probe_ssl_earliest_cert_expiry", "domain_expiry_days")]
    [True, True]
    >>> [tells_time_left(name) for name in ("redis_expired_keys_total", "session_expirations_total")]
    [False, False]
    """
    return re.search(TIME_LEFT, in_snake_case(metric)) is not None
