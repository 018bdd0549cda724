"""Examples as labelled windows, so that the next model knows by itself what operators taught the last one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.errors import LabelError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.datasets import TAUGHT, read_labelled

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]


def write_labelled(examples: Sequence[LabelledExample], path: Path, beside: Path | None = None) -> int:
    """Write the corrections among these examples in the format of `read_labelled`; how many there are.

    Shapes of the tenant's own are left out: the network has no name for them. Windows of one series are
    one group. The windows of another labelled file may be put `beside`. Raises LabelError where there
    are no corrections, BundleError where the other file is none.
    """
    corrections = [example for example in examples if example.pattern is not None]
    if not corrections:
        raise LabelError(
            f"None of the {len(examples)} examples corrects to a pattern",
            "Shapes of your own stay examples; there is nothing for the network to learn",
        )
    n = len(corrections)
    values = np.full((n, WINDOW_ROWS), np.nan, dtype=np.float32)
    for row, example in zip(values, corrections, strict=True):
        row[WINDOW_ROWS - len(example.values) :] = example.values
    arrays: Arrays = {
        "values": values,
        "split": np.array([WINDOW_ROWS - len(le.values) + le.split for le in corrections]),
        "label": np.array([le.name for le in corrections]),
        "alt_label": np.array([""] * n),
        "source": np.array([TAUGHT] * n),
        "group": np.array([f"{TAUGHT}/{le.series_id or le.example_id}" for le in corrections]),
        "redistribute": np.array(["yes"] * n),
    }
    if beside is not None:
        arrays = _joined(arrays, beside)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type] # numpy types its first keyword only
    return n


def _joined(arrays: Arrays, path: Path) -> Arrays:
    read_labelled(path)
    with np.load(path, allow_pickle=False) as file:
        other = {name: file[name] for name in arrays}
    other["split"] = np.broadcast_to(other["split"], (len(other["values"]),))
    return {name: np.concatenate([array, other[name]]) for name, array in arrays.items()}
