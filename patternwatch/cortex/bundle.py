"""Incident bundles: a recorded window of raw samples in one Parquet file.

One row per series: `labels` map<string,string>, `type` string, `timestamps` list<int64> ms ascending
(a gap is an absent sample), `values` list<double>. The file's metadata key `incident` holds JSON.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.whole_file import whole_file
from patternwatch.cortex.raw import RawSeries, ragged

_SCHEMA = pa.schema(
    [
        ("labels", pa.map_(pa.string(), pa.string())),
        ("type", pa.string()),
        ("timestamps", pa.list_(pa.int64())),
        ("values", pa.list_(pa.float64())),
    ]
)
_KEY = b"incident"


class Truth(BaseModel):
    """What was really wrong, where it is known."""

    model_config = ConfigDict(extra="ignore")

    services: list[str] = Field(default_factory=list)
    series: list[dict[str, str]] = Field(default_factory=list)
    subject: dict[str, str] | None = None
    """Kind, name and namespace of what was broken, where the source tells objects apart."""
    path: list[str] = Field(default_factory=list)
    """Services that saw it, from the subject outwards."""


class Incident(BaseModel):
    """What a bundle is a recording of."""

    model_config = ConfigDict(extra="allow")

    name: str
    source: str = ""
    step_ms: int = Field(gt=0)
    start_ms: int
    end_ms: int
    at_ms: int
    """When the alert says that it began."""
    truth: Truth | None = None
    licence: str = ""


def write_bundle(path: Path, incident: Incident, series: RawSeries) -> None:
    """Write one bundle; raises BundleError where the path cannot be written."""
    offsets = pa.array(series.offsets.astype(np.int32))
    table = pa.table(
        [
            pa.array([sorted(labels.items()) for labels in series.labels], _SCHEMA.field("labels").type),
            pa.array(series.types, pa.string()),
            pa.ListArray.from_arrays(offsets, pa.array(series.timestamps)),
            pa.ListArray.from_arrays(offsets, pa.array(series.values)),
        ],
        schema=_SCHEMA.with_metadata({_KEY: incident.model_dump_json(exclude_none=True).encode()}),
    )
    try:
        with whole_file(path) as written:
            pq.write_table(table, written, compression="zstd", compression_level=12)
    except OSError as error:
        raise BundleError(f"Cannot write {path}: {error}", "Choose a path that can be written") from error


def read_bundle(path: Path) -> tuple[Incident, RawSeries]:
    """Read one bundle; raises BundleError where the file is no bundle, naming what is amiss."""
    if not path.is_file():
        raise BundleError(f"There is no file {path}", "Give the path of a recorded incident (.parquet)")
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise BundleError(f"{path} is no readable Parquet file ({error})", "Record it again") from error
    missing = {field.name for field in _SCHEMA} - set(table.column_names)
    if missing:
        raise BundleError(
            f"{path} lacks the columns {sorted(missing)}", "Record it with `patternwatch record`"
        )
    about = (table.schema.metadata or {}).get(_KEY)
    if about is None:
        raise BundleError(f"{path} lacks the metadata key 'incident'", "Record it with `patternwatch record`")
    try:
        return Incident.model_validate_json(about), _series(table.cast(_SCHEMA))
    except ValidationError as error:
        raise BundleError(
            f"{path} is no incident bundle: {first_problem(error)}", "Record it again"
        ) from error
    except (pa.ArrowException, ValueError) as error:
        raise BundleError(f"{path} is no incident bundle: {error}", "Record it again") from error


def _series(table: pa.Table) -> RawSeries:
    labels = [dict(pairs) for pairs in table.column("labels").to_pylist()]
    stamps = table.column("timestamps").combine_chunks()
    values = table.column("values").combine_chunks()
    if not stamps.value_lengths().equals(values.value_lengths()):
        raise ValueError("timestamps and values differ in length")
    ends = np.cumsum(stamps.value_lengths().to_numpy(zero_copy_only=False))
    flat_t = stamps.flatten().to_numpy(zero_copy_only=False).astype(np.int64)
    flat_v = values.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return ragged(
        labels,
        [t or "unknown" for t in table.column("type").to_pylist()],
        np.split(flat_t, ends[:-1]) if labels else [],
        np.split(flat_v, ends[:-1]) if labels else [],
    )
