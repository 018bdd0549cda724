"""From a request to shards: metric names packed by their number of series."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from patternwatch.analysis.candidates import candidates_of_a_shard
from patternwatch.contracts.errors import SelectorError
from patternwatch.contracts.ids import shard_id
from patternwatch.contracts.matchers import Matcher, Matchers, format_selector
from patternwatch.contracts.messages import AnalysisRequest, Shard
from patternwatch.contracts.settings import AnalysisSettings

MOST_MATCHER_CHARS = 6000
"""Matchers may travel in a URL, and proxies refuse those of more than about 8 kB."""
_SUFFIXES = ("_bucket", "_sum", "_count")


def plan_shards(
    request: AnalysisRequest, counts: Mapping[str, int], settings: AnalysisSettings
) -> list[Shard]:
    """Split a request by metric name into shards of about `settings.shard_series` series.

    counts  series per metric name, as `SeriesSource.count` gives them

    The parts of a histogram stay together, since what is derived from it needs them all; a name with
    more series than a shard holds is alone in its own. The same counts give the same shards.
    Raises SelectorError where no series match.
    """
    families = _families(counts)
    if not families:
        raise SelectorError(
            f"No series match {format_selector(request.matchers)} in this window",
            "Check the label values, the tenant and the time",
        )
    bins = _packed(families, settings.shard_series)
    most = candidates_of_a_shard(settings, len(bins))
    return [
        Shard(
            shard_id=shard_id(request.request_id, number),
            number=number,
            of=len(bins),
            request=request,
            matchers=(*request.matchers, *_matcher(names)) if len(bins) > 1 else request.matchers,
            expected_series=series,
            most_candidates=most,
        )
        for number, (names, series) in enumerate(bins)
    ]


def _families(counts: Mapping[str, int]) -> list[tuple[list[str], int]]:
    """Names that must be read together and their series, the largest first."""
    bases: dict[str, list[str]] = defaultdict(list)
    for name in sorted(name for name, count in counts.items() if count > 0):
        bases[_base(name, counts)].append(name)
    families = [(names, sum(counts[name] for name in names)) for names in bases.values()]
    return sorted(families, key=lambda f: (-f[1], f[0]))


def _base(name: str, counts: Mapping[str, int]) -> str:
    """The histogram's or summary's name for one of its parts, else the name itself."""
    for suffix in _SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and sum(base + other in counts for other in _SUFFIXES) > 1:
            return base
    return name


def _packed(families: Sequence[tuple[list[str], int]], most: int) -> list[tuple[list[str], int]]:
    """First fit, the largest first: names and series of every shard."""
    bins: list[tuple[list[str], int]] = []
    open_bins: list[int] = []
    for names, series in families:
        for b in open_bins:
            together, held = [*bins[b][0], *names], bins[b][1] + series
            if held <= most and _length(together) <= MOST_MATCHER_CHARS:
                bins[b] = together, held
                break
        else:
            bins.append((list(names), series))
            b = len(bins) - 1
            open_bins.append(b)
        if bins[b][1] >= most:
            open_bins.remove(b)
    return bins


def _length(names: Iterable[str]) -> int:
    return sum(len(re.escape(name)) + 1 for name in names)


def _matcher(names: Sequence[str]) -> Matchers:
    if len(names) == 1:
        return (Matcher(name="__name__", op="=", value=names[0]),)
    return (Matcher(name="__name__", op="=~", value="|".join(re.escape(name) for name in sorted(names))),)
