"""Windows labelled by eye: our own, and files of others in the same format."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.training.windows import Windows

OWN = "testbed"
"""Source of windows cut from our own recordings."""
OWN_FILE = Path(__file__).parent / "labelled" / "testbed.npz"
"""Those that were labelled by eye, after the definitions of docs/shapes.md."""
TAUGHT = "examples"
"""Source of windows that the operators of a tenant taught."""
LICENCES = {
    OWN: "Apache-2.0",
    TAUGHT: "the tenant's own",
    "asd": "MIT",
    "smd": "MIT",
    "nab": "MIT",
    "mscloud": "MIT",
    "nezha": "MIT",
    "petshop": "CC-BY-4.0 (the PetShop dataset, Hardt et al., 2023; cut into windows and labelled)",
}
"""Sources of labelled windows whose licence lets a model that learned from them be shipped."""

_FIELDS = ("values", "split", "label", "alt_label", "source", "group", "redistribute")


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled real windows; `group` (N,) is the unit that must not straddle training and validation."""

    windows: Windows
    source: npt.NDArray[np.str_]
    group: npt.NDArray[np.str_]
    shippable: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.windows)

    @classmethod
    def joined(cls, parts: Sequence["Labelled"]) -> "Labelled":
        """All of them, in this order."""
        return cls(
            Windows.joined([part.windows for part in parts]),
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("source", "group", "shippable")
            ),
        )

    def take(self, rows: npt.NDArray[np.bool_]) -> "Labelled":
        """The windows where `rows` is true."""
        return Labelled(
            self.windows.take(np.flatnonzero(rows)), self.source[rows], self.group[rows], self.shippable[rows]
        )


def read_labelled(path: Path) -> Labelled:
    """Read labelled windows from an npz file.

    It holds `values` (n, 300), `split`, `label`, `alt_label` ('' for none), `source`, `group` and
    `redistribute` ('yes' where a shipped model may learn from the row).
    Raises BundleError where it does not.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in _FIELDS}
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise BundleError(
            f"{path} is not a file of labelled windows: {error}",
            "It needs the arrays " + ", ".join(_FIELDS),
        ) from error
    number = {p.value: k for k, p in enumerate(PATTERNS)} | {"": NONE}
    unknown = {str(name) for name in [*found["label"], *found["alt_label"]]} - set(number)
    if unknown:
        raise BundleError(
            f"{path} has labels that are no patterns: {', '.join(sorted(unknown))}",
            "Use the names of contracts.patterns",
        )
    n = len(found["values"])
    windows = Windows(
        found["values"].astype(np.float32),
        np.broadcast_to(found["split"], (n,)).astype(np.int64),
        np.array([number[str(name)] for name in found["label"]]),
        np.array([number[str(name)] for name in found["alt_label"]]),
    )
    shippable = (found["redistribute"] == "yes") & np.isin(found["source"], list(LICENCES))
    return Labelled(windows, found["source"], found["group"], shippable)


def group_holdout(
    group: npt.NDArray[np.str_], share: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Which rows are for validation: whole groups, together about `share` of the rows."""
    names, count = np.unique(group, return_counts=True)
    order = rng.permutation(len(names))
    chosen = names[order][np.cumsum(count[order]) <= share * len(group)]
    return np.isin(group, chosen)


def attribution(sources: Iterable[str]) -> list[str]:
    """One line for each source used, with how many windows of it and its licence."""
    return [f"{name}: {count} windows, {LICENCES[name]}" for name, count in sorted(Counter(sources).items())]
