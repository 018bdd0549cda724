"""The service in what a label says, as meshes, tracers and clients write it."""

import re
from collections.abc import Iterable

from patternwatch.contracts.series import Labels

_NOBODY = frozenset(("", "unknown", "user", "virtual_node", "local_app", "local_cluster", "localhost"))
"""Names that meshes and tracers give to whom they do not know, or to the proxy's own side."""
_KUMA = re.compile(r"(.+)_[^_]+_svc(?:_\d+)?")
"""Kuma's service tag: name, namespace, `svc` and port."""
_ADDRESS = re.compile(r"[\d.]+|.*:.*:.*")
"""An IP address is nobody's name."""


def service_name(value: str) -> str:
    """The service in what a label says: without scheme, port, namespace and domain; empty for none.

    >>> service_name("outbound|9080|v1|reviews.shop.svc.cluster.local"), service_name("http://cart:8080/x")
    ('reviews', 'cart')
    >>> service_name("payments.default.dc1.internal.11ec.consul"), service_name("backend_shop_svc_80")
    ('payments', 'backend')
    >>> service_name("unknown"), service_name("10.0.0.7:80"), service_name("inbound|80||")
    ('', '', '')
    >>> service_name("nfs-1:/srv/data")
    'nfs-1'
    """
    if value.startswith("inbound|"):
        return ""
    value = (
        value.rpartition("|")[2].rpartition("://")[2].partition("/")[0]
        if "|" in value or "//" in value
        else value
    )
    value = value.partition(":/")[0]  # what a server exports
    host, _, port = value.rpartition(":")
    value = host if port.isdigit() and ":" not in host else value
    if ".svc" in value or ".internal." in value:
        value = value.partition(".")[0]
    if kuma := _KUMA.fullmatch(value):
        value = kuma[1]
    return "" if value in _NOBODY or _ADDRESS.fullmatch(value) else value


def first_service(labels: Labels, names: Iterable[str]) -> tuple[str, str]:
    """The service that the first of these labels names, with that label; both empty where none does.

    >>> first_service({"client": "unknown", "server": "cart:80"}, ("client", "server"))
    ('cart', 'server')
    """
    for label in names:
        if (value := labels.get(label)) and (service := service_name(value)):
            return service, label
    return "", ""
