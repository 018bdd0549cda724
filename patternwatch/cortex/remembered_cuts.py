"""What a tenant's last census found, kept for some minutes: a watch does not count again at every look."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.listed_values import listed
from patternwatch.cortex.partial_answers import tell

FRESH_S = 300.0
"""How long a cut holds, and how far apart the ends of two windows may be that share it."""
JUST_S = 2.0
"""So long nothing is asked at all: the steps of one plan, and the alerts of one storm."""
MAX_CUTS = 256
"""Selections that are remembered; the oldest is forgotten first."""
_NAME = "__name__"


@dataclass(frozen=True, slots=True)
class _Cut:
    counts: dict[str, int]
    end_ms: int
    until: float
    asked_at: float
    left_out: tuple[str, ...] = ()
    """What the answers that it was made from say that they leave out."""
    assumed: frozenset[str] = frozenset()
    """Names whose counts are guesses."""


@dataclass(slots=True)
class RememberedCuts:
    """Series by name of each tenant's selections; names without series are known as such (0)."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, Matchers], _Cut] = field(default_factory=dict)

    def of(self, span: Span, matchers: Matchers) -> Mapping[str, int] | None:
        """The counts of this very selection that are no guesses; None where none are fresh and whole."""
        cut = self._known.get((span.tenant, matchers))
        if cut is None or cut.left_out or not self._is_fresh(cut, span):
            return None
        return {name: count for name, count in cut.counts.items() if name not in cut.assumed}

    def just_found(self, span: Span, matchers: Matchers) -> dict[str, int] | None:
        """The same, where the names were asked for within the last seconds; what they leave out is told."""
        cut = self._known.get((span.tenant, matchers))
        if cut is None or self.clock() - cut.asked_at >= JUST_S or not self._is_fresh(cut, span):
            return None
        for words in cut.left_out:
            tell(words)
        return {name: count for name, count in cut.counts.items() if count > 0}

    def part(self, span: Span, matchers: Matchers) -> dict[str, int] | None:
        """The counts of some names out of a selection that is known; None where it is not all known."""
        names = [values for m in matchers if m.name == _NAME and (values := listed(m)) is not None]
        others = tuple(m for m in matchers if m.name != _NAME)
        if len(names) != 1 or len(matchers) != len(others) + 1:
            return None
        for (tenant, known), cut in self._known.items():
            if tenant != span.tenant or tuple(m for m in known if m.name != _NAME) != others:
                continue
            is_old = self.clock() - cut.asked_at >= JUST_S
            if is_old and (cut.left_out or not cut.assumed.isdisjoint(names[0])):
                continue
            if self._is_fresh(cut, span) and all(cut.counts.get(name) for name in names[0]):
                return {name: cut.counts[name] for name in names[0]}
        return None

    def remember(
        self,
        span: Span,
        matchers: Matchers,
        counts: Mapping[str, int],
        *,
        left_out: tuple[str, ...] = (),
        assumed: Iterable[str] = (),
    ) -> None:
        """Keep these; a cut that is only brought up to date keeps its age.

        left_out  what the answers say that they leave out: such a cut holds for seconds only
        assumed   names whose counts are guesses: they hold for seconds only, and are counted next
        """
        if not any(counts.values()):
            return  # an empty selection may be a tenant whose first samples are on their way
        key = span.tenant, matchers
        old = self._known.pop(key, None)
        end_ms, until = span.end_ms, self.clock() + FRESH_S
        if old is not None and not old.left_out and self._is_fresh(old, span):
            end_ms, until = old.end_ms, old.until
        self._known[key] = _Cut(dict(counts), end_ms, until, self.clock(), left_out, frozenset(assumed))
        while len(self._known) > MAX_CUTS:
            del self._known[next(iter(self._known))]

    def _is_fresh(self, cut: _Cut, span: Span) -> bool:
        return self.clock() < cut.until and abs(span.end_ms - cut.end_ms) <= FRESH_S * 1000


def names_allowed(names: Iterable[str], matchers: Matchers) -> list[str]:
    """The names that the selection's own conditions on them allow: old servers list those of all series.

    >>> from patternwatch.contracts.matchers import parse_selector
    >>> names_allowed(["up", "down"], parse_selector('{__name__=~"u.*"}'))
    ['up']
    """
    own = [matcher for matcher in matchers if matcher.name == _NAME]
    try:
        return [name for name in names if all(matcher.matches({_NAME: name}) for matcher in own)]
    except re.error:  # the server's regular expressions know more than ours: it has looked at them itself
        return list(names)
