"""Tracks of one application that are workloads of their own: a canary beside the stable one, blue and green.

A canary is new as a whole, so that none of its replicas has an older one; what it should be like is known
from the track that it runs beside. The two are told by their names, which differ in one word of the table.
"""

import re

from patternwatch.analysis.lifecycle.labels import shared_by_replicas

_TRACKS = (
    "canary|primary",  # Flagger, "How it works": app-primary beside app; many by hand
    "stable|preview|active",  # Argo Rollouts, "Canary", "BlueGreen Deployment": their services
    "baseline|experiment",  # Spinnaker, "Canary analysis"; Argo Rollouts, "Experiments"
    "blue|green",
    r"v\d+",  # Istio's Bookinfo (reviews-v2), Spinnaker's server groups (app-v003)
)
_TRACK = re.compile(rf"(.+?)[-_.](?:{'|'.join(_TRACKS)})")
_OWN_VERSION = frozenset(
    ("track", "release", "revision", "canary", "slot", "color")  # GitLab; Azure, by hand
)
"""Labels that tell tracks apart beside those that replicas differ in."""


def application(workload: str) -> str:
    """The application that a workload is a track of: its own name where no word of it says so.

    >>> application("cart-canary"), application("reviews-v2"), application("cart")
    ('cart', 'reviews', 'cart')
    """
    found = _TRACK.fullmatch(workload)
    return found[1] if found else workload


def shared_by_tracks(labels: dict[str, str], workload: str) -> frozenset[tuple[str, str]]:
    """The labels that a series shares with the like one of another track.

    labels    of the series
    workload  whose it is: where a value is this name, or the host of its service, the application's stands

    >>> told = {"job": "cart-canary", "track": "canary", "path": "/cart-canary", "pod": "cart-canary-x"}
    >>> sorted(shared_by_tracks(told, "cart-canary"))
    [('job', 'cart'), ('path', '/cart-canary')]
    """
    name = application(workload)
    return frozenset(
        (label, name + value[len(workload) :] if f"{value}.".startswith(f"{workload}.") else value)
        for label, value in shared_by_replicas(labels)
        if label not in _OWN_VERSION
    )
