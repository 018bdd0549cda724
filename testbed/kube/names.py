"""How Kubernetes names what it makes, and addresses of the virtual nodes."""

from __future__ import annotations

import random
import zlib

SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, so no bad words."""


def suffix(source: random.Random, length: int = 5) -> str:
    """The random end of a pod's name."""
    return "".join(source.choice(SAFE) for _ in range(length))


def template_hash(name: str, version: str) -> str:
    """The hash of a pod template in a ReplicaSet's name: the same for the same template.

    >>> template_hash("cart", "v1") == template_hash("cart", "v1") != template_hash("cart", "v2")
    True
    """
    number = zlib.crc32(f"{name}/{version}".encode()) | 1 << 32
    return "".join(SAFE[(number >> 3 * place) % len(SAFE)] for place in range(10))


def job_name(cronjob: str, second: float) -> str:
    """The name of a CronJob's run: the scheduled minute since 1970, as Kubernetes counts.

    >>> job_name("report", 1_764_230_400)
    'report-29403840'
    """
    return f"{cronjob}-{int(second // 60)}"


def node_name(number: int) -> str:
    """Name of a virtual node.

    >>> node_name(0)
    'ip-10-42-1-1'
    """
    return f"ip-10-42-{number + 1}-1"


def node_ip(number: int) -> str:
    """Address of a virtual node, in the network of its pods."""
    return f"10.42.{number + 1}.1"
