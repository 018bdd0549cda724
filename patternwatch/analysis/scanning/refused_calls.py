"""Refusals that take the place of successes: calls that went through before, and are turned away now.

That a caller is not known, may not, or asks too often is mostly its own fault, and of what is open
to the world some is refused all day: such answers are traffic. Where the same route answers as much less with
success as it refuses more, those who are turned away are those that were served: a key was rotated, a policy
changed, a quota is used up by somebody else. Then what is refused has failed. More refusals beside as many
successes as ever, such as of somebody who tries passwords, are none of it.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from patternwatch.analysis.metrics.category_rules import COUNTED
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.series import Labels, Matrix, Vector

_REFUSED: Final = re.compile(
    r"(?i)401|403|429"  # RFC 9110, 15.5.2 and 15.5.4; RFC 6585, 4
    r"|un_?authori[sz]ed|un_?authenticated|forbidden|(permission_?|access_?)?denied|refused|rejected"
    r"|too_?many_?requests|rate_?limit(ed)?|throttled|resource_?exhausted"
)
_SERVED: Final = re.compile(r"(?i)[123]xx|[123]\d\d|ok|success(ful)?|succeeded|allowed|accepted|granted")
_BY_NUMBER: Final = re.compile(r"7|8|16"), re.compile(r"0")
"""PERMISSION_DENIED, RESOURCE_EXHAUSTED and UNAUTHENTICATED of gRPC, and OK (grpc.io, "Status Codes")."""
_GRPC: Final = frozenset(
    ("grpc_code", "grpc_status", "grpc_response_status", *both_forms("rpc.grpc.status_code"))
)
_OUTCOMES: Final = frozenset(
    (
        *("code", "status", "status_code", "response_code", "envoy_response_code", "outcome", "result"),
        *both_forms("http.response.status_code"),
        *both_forms("http.status_code"),
        *_GRPC,
    )
)
_WITH_OUTCOMES: Final = frozenset(
    ("exception", "error", "reason", "response_flags", "envoy_response_code_class", "response_code_class")
)
"""Labels that differ where the outcome does: of Micrometer, Istio and Envoy."""
_ROUTES: Final = frozenset(
    ("route", "uri", "path", "handler", "method", "endpoint", *both_forms("http.route"))
)
"""Who is turned away at the door never reaches a route (Spring's `uri="UNKNOWN"`)."""
_TAKEN: Final = 0.5
"""Part of what is refused more by which less is served; judgement, as the next one is."""
_LEAST_SHARE: Final = 0.1
"""Part of all calls that is refused at least: less is told by what it does to others, if at all."""
_LEAST_ROWS: Final = 3
_SURELY: Final = 3.0
"""Standard errors by which less is served."""
_BEFORE: Final = 60
"""Rows before refusals began that tell how much was served: those nearest, since traffic has its seasons."""


@dataclass(frozen=True, slots=True)
class Door:
    """Series of one route, or of all routes of one program, by how calls ended.

    refused, served  positions in the batch
    """

    refused: tuple[int, ...]
    served: tuple[int, ...]


def doors_among(
    labels: Sequence[Labels], derivation: Sequence[str], categories: Sequence[MetricCategoryName]
) -> list[Door]:
    """Where calls are both refused and served, by N series' labels, derivations and metric categories.

    >>> labels = [{"__name__": "requests_total", "code": code, "route": "/pay"} for code in ("200", "403")]
    >>> doors_among(labels, ["rate"] * 2, ["traffic"] * 2)
    [Door(refused=(1,), served=(0,))]
    """
    refused: dict[frozenset[tuple[str, str]], list[int]] = defaultdict(list)
    served: dict[frozenset[tuple[str, str]], list[int]] = defaultdict(list)
    for i, (own, how, category) in enumerate(zip(labels, derivation, categories, strict=True)):
        if how not in COUNTED or category == "error" or _OUTCOMES.isdisjoint(own):
            continue
        ended = was_refused(own)
        if ended is None:
            continue
        route = frozenset(
            (name, value)
            for name, value in own.items()
            if name not in _OUTCOMES and name not in _WITH_OUTCOMES
        )
        for key in {route, frozenset(one for one in route if one[0] not in _ROUTES)}:
            (refused if ended else served)[key].append(i)
    found = (Door(tuple(refused[key]), tuple(served[key])) for key in refused if key in served)
    return list(dict.fromkeys(found))


def with_refusals(
    categories: Sequence[MetricCategoryName], doors: Sequence[Door], values: Matrix, earliest: int
) -> Sequence[MetricCategoryName]:
    """The N categories, refusals that take the place of successes among the errors.

    values    shape (N, T); NaN is a gap
    earliest  first row at which an onset may lie

    >>> step = np.where(np.arange(300) >= 240, 20.0, 0.0)
    >>> doors, values = [Door(refused=(1,), served=(0,))], np.array([50.0 - step, step])
    >>> with_refusals(["traffic"] * 2, doors, values, 60)
    ['traffic', 'error']
    >>> with_refusals(["traffic"] * 2, doors, np.array([50.0 + 0 * step, step]), 60)
    ['traffic', 'traffic']
    """
    if not doors:
        return categories
    with np.errstate(invalid="ignore"):
        most = np.nan_to_num(np.fmax.reduce(values, axis=1))
        least = np.nan_to_num(np.fmin.reduce(values, axis=1))
    found = [
        i
        for door in doors
        if sum(most[i] for i in door.refused) >= _LEAST_SHARE * sum(least[i] for i in door.served)
        and _takes_places(_sum(values, door.refused), _sum(values, door.served), earliest)
        for i in door.refused
    ]
    if not found:
        return categories
    changed = list(categories)
    for i in found:
        changed[i] = "error"
    return changed


def was_refused(labels: Labels) -> bool | None:
    """True for a call that was refused, False for one that was served, None for another end.

    >>> [was_refused({"code": code}) for code in ("429", "200", "500")]
    [True, False, None]
    """
    for name in _OUTCOMES.intersection(labels):
        value = labels[name]
        if _REFUSED.fullmatch(value) or (name in _GRPC and _BY_NUMBER[0].fullmatch(value)):
            return True
    for name in _OUTCOMES.intersection(labels):
        value = labels[name]
        if _SERVED.fullmatch(value) or (name in _GRPC and _BY_NUMBER[1].fullmatch(value)):
            return False
    return None


def _sum(values: Matrix, rows: Sequence[int]) -> Vector:
    """What these series count together, NaN where none has a point."""
    own = values[list(rows)]
    return np.where(np.isfinite(own).any(axis=0), np.nansum(own, axis=0), np.nan)


def _takes_places(refused: Vector, served: Vector, earliest: int) -> bool:
    known = np.isfinite(served)
    refused = np.where(known, np.nan_to_num(refused), np.nan)  # who is refused for the first time begins now
    if not known[:earliest].any() or not known[earliest:].any():
        return False
    usual = float(np.nanmedian(refused[:earliest]))
    more = refused - usual
    many = known & (more >= _TAKEN * max(float(np.nanmax(more[earliest:])), 0.0)) & (more > 0.0)
    many[:earliest] = False
    if many.sum() < _LEAST_ROWS:
        return False
    begun = int(np.argmax(many))
    before = served[:begun][known[:begun]][-_BEFORE:]
    rose, fell = float(more[many].mean()), float(before.mean() - served[many].mean())
    error = float(before.std()) / np.sqrt(min(many.sum(), len(before)))
    share = float(refused[many].sum() / (refused[many].sum() + served[many].sum()))
    return fell >= _TAKEN * rose and fell > _SURELY * error and share >= _LEAST_SHARE
