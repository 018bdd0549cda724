"""Mutants that no test can catch, since the changed code does the same: what is changed, where, and why.

A row names functions, the text that the mutant changes in them and what it becomes, both as `ast.unparse`
writes them. `tests/benchmarks/test_mutants.py` fails where the text is no longer there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

KINDS: Mapping[str, str] = {
    "default": "an argument, left out or written otherwise, that has the same value by default",
    "truth": "None instead of False, where only the truth of it is asked for",
    "no such value": "the value that would make the difference does not occur, for the reason in the table",
    "checked twice": "a check of what holds by construction, or of what the next line would give as well",
    "rounding": "nothing but the last bits of a number are others, and none of them is shown",
    "speed": "the same result, found more slowly, or a kernel made ready with other numbers",
}


@dataclass(frozen=True, slots=True)
class Harmless:
    """In the functions `where` (a pattern such as `detectors.*`), `old` may become `new`."""

    kind: str
    where: str
    old: str
    new: str
    why: str = ""


HARMLESS: tuple[Harmless, ...] = (
    # the same by default
    Harmless("default", "*", ", nan=0.0", "", "numpy.nan_to_num"),
    Harmless("default", "*", "astype(np.float64)", "astype(None)", "numpy.ndarray.astype"),
    Harmless("default", "*.evidence.with_evidence", ", dtype=np.float64", "", "checked() makes it so"),
    Harmless("default", "*.evidence.with_evidence", "np.float64", "None", "checked() makes it so"),
    Harmless("default", "contracts.series.Window.times", ", dtype=np.int64", "", "numpy.arange of int"),
    Harmless("default", "contracts.series.Window.times", "np.int64", "None", "numpy.arange of int"),
    Harmless("default", "*.shifts.split_gains", "'stable'", "'STABLE'", "numpy.argsort"),
    Harmless("default", "*.seasonal._held", ", axis=1", "", "the last axis of two"),
    Harmless("default", "detectors.quantiles.sorted_rows", ", axis=1", "", "the last axis of two"),
    *(
        Harmless("default", where, *texts, why)
        for where, dtype, why in (
            ("*.best_onset.evaluate_onsets", "np.int64", "numpy.array of int"),
            ("*.scores.scales_with_floors", "bool", "numpy.array of bool"),
        )
        for texts in ((f", dtype={dtype}", ""), (f"dtype={dtype}", "dtype=None"))
    ),
    Harmless("default", "*._base64*", "'ascii'", "'ASCII'", "codecs have names in any case"),
    # only its truth is asked for
    Harmless("truth", "streams.consumer.records.Delivery.__init__", "False", "None"),
    Harmless("truth", "streams.consumer.records.OffsetTracker.complete", "False", "None"),
    # does not occur
    Harmless("no such value", "*.shifts.explained_by_shift", ", posinf=0.0", "", "gains end at 13.8"),
    Harmless(
        "no such value",
        "*.shifts.explained_by_shift",
        "posinf=0.0",
        "posinf=None",
        "gains end at 13.8",
    ),
    Harmless("no such value", "*.shifts.explained_by_shift", "posinf=0.0", "posinf=1.0", "gains end at 13.8"),
    Harmless(
        "no such value", "*.likely_onsets.lateness", "split * _HALF", "split / _HALF", "that share is 1"
    ),
    Harmless(
        "no such value",
        "*.usual_scales.usual_scales",
        "category, 0.0",
        "category, 1.0",
        "all that was scanned have a floor, and of an event no scale is used",
    ),
    Harmless(
        "no such value",
        "*.entities.rank_entities",
        "from_outside: str=''",
        "from_outside: str='XXXX'",
        "no entity has that name",
    ),
    *(
        Harmless("no such value", "analysis.verdict.when.since_alert", "> 0", new, "a row apart at least")
        for new in (">= 0", "> 1")
    ),
    Harmless("no such value", "*.seasonal.expected", "nan=0.0", "nan=1.0", "times a row of zeros"),
    Harmless("no such value", "*.seasonal._held", "-1", "-2", "any number below the first row"),
    Harmless(
        "no such value",
        "contracts.matchers._unescape",
        "> 1",
        "> 2",
        "none has two",
    ),
    Harmless("no such value", "contracts.matchers._unescape", "'uUx'", "'XXuUxXX'", "one character is asked"),
    *(
        Harmless("no such value", f"analysis.lifecycle.{room}.*", *texts, "all series have a name")
        for room in ("never_counted", "newborn", "succession")
        for texts in (
            ("'__name__', ''", "'__name__', None"),
            ("'__name__', ''", "'__name__'"),
            ("'__name__', ''", "'__name__', 'XXXX'"),
        )
    ),
    Harmless(
        "no such value",
        "analysis.identity.pod_names.owner_of_pod",
        "node: str=''",
        "node: str='XXXX'",
        "no node has that name",
    ),
    Harmless("no such value", "detectors.drift._standardised", "or 1.0", "or 2.0", "zeros are divided by it"),
    Harmless(
        "no such value", "contracts.documents._message", "__doc__ or ''", "__doc__ or 'XXXX'", "all have"
    ),
    # holds anyway
    Harmless(
        "checked twice",
        "contracts.arrays._floats_from_list",
        "v is None",
        "v is None and False",
        "numpy does it",
    ),
    Harmless(
        "checked twice",
        "contracts.arrays._list_from_floats",
        "math.isnan(v)",
        "math.isnan(v) and False",
        "pydantic does it",
    ),
    Harmless("checked twice", "*.evidence.with_evidence", "continue", "break", "River's are the last"),
    Harmless("checked twice", "*.shards._capped", "(f[1], f[0])", "(f[1], f[1])", "by_name sorts them"),
    Harmless(
        "checked twice",
        "*.shards._capped",
        "(-f[1], f[0])",
        "(-f[1], f[1])",
        "names are sorted already",
    ),
    Harmless(
        "checked twice",
        "*.moved_series.moved_candidates",
        "> max_candidates",
        ">= max_candidates",
        "all of them are chosen",
    ),
    Harmless("checked twice", "contracts.arrays.as_float32", "np.float32", "None", "Candidate makes it so"),
    Harmless("checked twice", "analysis.*", "strict=True", "strict=None", "made of each other, one for one"),
    Harmless("checked twice", "analysis.*", "strict=True", "strict=False", "made of each other, one for one"),
    Harmless("checked twice", "analysis.*", ", strict=True", "", "made of each other, one for one"),
    Harmless(
        "checked twice",
        "detectors.quantiles.quantile",
        "0.0) * q",
        "1.0) * q",
        "the place above is held down as well",
    ),
    Harmless("checked twice", "contracts.matchers._skip_space", "if space", "if space or True", "it fits"),
    # no figure that anyone sees
    Harmless("rounding", "analysis.*", ">= MIN_C", "> MIN_C", "what is computed never is just the bar"),
    Harmless("rounding", "*.findings._finding", "score, 6)", "score, 7)", "two are shown"),
    *(
        Harmless("rounding", "detectors.drift._standardised", *texts, "drifts are differences, of any centre")
        for texts in (
            (".all() else", ".all() and False else"),
            (".all() else", ".all() or True else"),
            ("before == before[0]", "before != before[0]"),
            ("before == before[0]", "before == before[1]"),
            ("centre = before[0]", "centre = before[1]"),
        )
    ),
    # found otherwise
    Harmless("speed", "*.categories.*", "self._known.get(key)", "None", "a cache"),
    Harmless("speed", "*.categories.*", ".get(key)", ".get(None)", "a cache"),
    Harmless("speed", "*.screening.screen", "else values[", "and False else values[", "a copy"),
    *(
        Harmless("speed", "detectors.ks.ks_statistic", *texts)
        for texts in (
            ("parts[1].shape[1] > parts[0].shape[1]", "None"),
            ("> parts[0]", ">= parts[0]"),
            ("> parts[0]", "> parts[1]"),
            ("1 << halvings)", "2 << halvings)"),
            (", _BLOCK)", ")"),
        )
    ),
    *(
        Harmless("speed", "detectors.warm_up", old, new, "kernels are compiled for types, not values")
        for old, new in (
            ("1, 64", "2, 64"),
            ("64", "65"),
            ("1.0", "None"),
            ("::2", "::3"),
            ("1.0", "2.0"),
            ("40", "41"),
        )
    ),
)


def kind_of(function: str, before: str, after: str) -> str | None:
    """The kind of the row that makes `after` of the function's text `before`; None where none does.

    >>> kind_of("contracts.arrays._base64_from_floats", "x.decode('ascii')", "x.decode('ASCII')")
    'default'
    >>> kind_of("contracts.arrays._base64_from_floats", "return 1", "return 2")
    """
    return next((row.kind for row in HARMLESS if after in changed(row, function, before)), None)


def changed(row: Harmless, function: str, text: str) -> Iterator[str]:
    """The function's text with the change of this row, for each place; nothing where it does not fit."""
    at = text.find(row.old) if fnmatchcase(function, row.where) else -1
    while at >= 0:
        yield text[:at] + row.new + text[at + len(row.old) :]
        at = text.find(row.old, at + 1)


def stale(functions: Mapping[str, str], rows: Iterable[Harmless] = HARMLESS) -> list[Harmless]:
    """Rows that fit none of these functions (name -> text)."""
    return [row for row in rows if not any(any(changed(row, *pair)) for pair in functions.items())]
