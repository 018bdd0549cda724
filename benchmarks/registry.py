"""Every benchmark of the page: its command, and which of its rows stand in a document too."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks.perturbed import PERTURBATIONS
from benchmarks.seasonal import SHARES
from benchmarks.watch.peers import RIVER

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Excerpt:
    """A part of the rows that stands in a document too, between `<!-- figures: NAME -->` and its end."""

    document: str
    columns: tuple[str, ...]
    wanted: Callable[[Row], bool]


@dataclass(frozen=True)
class Benchmark:
    """One command of the page; `{data}` and so on in it stand for what is not in the repository."""

    name: str
    title: str
    arguments: tuple[str, ...]
    excerpt: Excerpt | None = None
    more_excerpts: tuple[Excerpt, ...] = ()
    """Of its further tables, in their order; between `<!-- figures: NAME-1 -->` and so on."""

    def excerpts(self) -> dict[str, Excerpt]:
        """Every excerpt by the name of its place."""
        first = {self.name: self.excerpt} if self.excerpt else {}
        return first | {f"{self.name}-{n}": excerpt for n, excerpt in enumerate(self.more_excerpts, 1)}


def _by_service(row: Row) -> bool:
    return bool(row["level"] == "service" and (row["source"] == "macro" or row["method"] == "ours"))


def _service(row: Row) -> bool:
    return bool(row["level"] == "service" and row["source"] == "macro")


def _every(_row: Row) -> bool:
    return True


def _macro(row: Row) -> bool:
    return bool(row["source"] == "macro")


SIZES = (
    "clusters",
    "watched",
    "workers",
    "partitions",
    "p95_s",
    "busy",
    "series_per_s",
    "queriers",
    "cost_month",
)
PARTITIONS = ("workers", "partitions", "fullest_over_mean", "p95_s", "watch_s")
CHECKED = ("workers", "cores", "figure", "measured_s", "simulated_s", "ratio")

ROBUSTNESS = ("source", "n", "ac1", *PERTURBATIONS)

WATCH_COSTS = ("series", "tick_s", "mean_s", "worst_s", "us_a_series", "bytes_per_series", "learn_s")
WATCH_RECORDED = ("recording", "ticks", "place", "shown", "opened", "before")
WATCH_FAULTS = ("kind", "size", "n", "within_3", "within_12", "median_ticks")

BENCHMARKS = (
    Benchmark(
        "own-incidents",
        "Recorded incidents of our own: where the injected service ranks",
        ("ranking", "examples/incidents"),
        Excerpt("docs/method.md", ("method", "ac1", "ac3", "avg5", "n"), _service),
    ),
    Benchmark(
        "own-kube",
        "Recorded incidents of our own on Kubernetes: where the injected workload ranks",
        ("ranking", "examples/incidents_kube", "--without-peers"),
        Excerpt("docs/method.md", ("method", "ac1", "ac3", "avg5", "n"), _service),
    ),
    Benchmark(
        "incidents",
        "Public incidents: where the injected service ranks",
        ("ranking", "{incidents}", "--without-peers"),
        Excerpt("docs/method.md", ("setting", "source", "method", "ac1", "ac3", "avg5", "n"), _by_service),
    ),
    Benchmark(
        "confidence",
        "Is a report as sure as it is right? One data set held out at a time",
        ("confidence", "{incidents}", "{rollouts}", "examples/incidents", "examples/incidents_kube"),
        Excerpt("docs/method.md", ("held_out", "n", "chance", "right", "ece", "high", "high_right"), _every),
    ),
    Benchmark(
        "robustness",
        "Recorded otherwise: by how much the cause is first more or less often",
        ("robustness", "{incidents}/late0-noise0", "examples/incidents", "examples/incidents_kube"),
        Excerpt("docs/method.md", ROBUSTNESS, _every),
    ),
    Benchmark(
        "onsets",
        "How far a finding's own onset is from its beginning, in rows",
        ("onsets", "examples/incidents"),
        Excerpt("docs/method.md", ("of", "phi", "before", "after", "n"), _every),
    ),
    Benchmark(
        "fetch",
        "Windows over the wire, beside what they could cost and what others cost",
        ("fetch", "--series", "10000", "--points", "480"),
    ),
    Benchmark(
        "growing",
        "Reports that grow as samples arrive, beside the whole window at once",
        ("growing", "{incidents}/late0-noise0", "--every", "8"),
    ),
    Benchmark("crowd", "A hurt service beside up to 200,000 series that do what they always do", ("crowd",)),
    Benchmark("demo", "From the command to the report, and from the alert to the report", ("demo",)),
    Benchmark("pipeline", "From the alert to the report, over 10,000 series", ("pipeline", "--watched")),
    Benchmark(
        "pipeline-100k",
        "The same over 100,000 series, with two worker processes",
        ("pipeline", "--series", "100000", "--workers", "2", "--requests", "8"),
    ),
    Benchmark(
        "pipeline-cortex",
        "The same over 20,000 series of a Cortex 1.21.1 with its default limits",
        ("pipeline", "--series", "20000", "--cortex", "{cortex}", "--requests", "20"),
    ),
    Benchmark("read-model", "Reading lists and reports, of 1,000 and of 100,000 reports", ("read_model",)),
    Benchmark("throughput", "Small analyses, one after the other and 32 at a time", ("throughput",)),
    Benchmark(
        "faults",
        "Half an hour of faults on a real Kafka: what was lost, and how soon all was answered",
        ("faults", "--minutes", "30", "--seed", "41"),
        Excerpt("docs/faults.md", ("fault", "times"), _every),
    ),
    Benchmark("storm", "5,000 alerts of 50 clusters in ten seconds, and who waits meanwhile", ("storm",)),
    Benchmark(
        "scaling",
        "Workers, partitions and queriers for 10, 100 and 1,000 clusters, by a simulation that a run checks",
        ("scaling",),
        Excerpt("docs/scaling.md", SIZES, _every),
        (
            Excerpt("docs/scaling.md", CHECKED, _every),
            Excerpt("docs/scaling.md", PARTITIONS, _every),
            Excerpt("docs/scaling.md", ("cost", "seconds"), _every),
            Excerpt("docs/scaling.md", ("assumption", "value"), _every),
        ),
    ),
    Benchmark(
        "kernels", "One series of the analysis, beside scipy's loop and the floor of sorting", ("kernels",)
    ),
    Benchmark(
        "filter",
        "Normal windows flagged, abnormal ones caught",
        (
            "filter",
            "{data}/series/windows_dev.npz",
            "--series",
            "{data}/series",
            "--incidents",
            "{incidents}/late0-noise0",
        ),
        Excerpt("docs/method.md", ("detector", "at", "false_flags", "caught"), _macro),
    ),
    Benchmark(
        "seasonal",
        "Daily rises flagged, without and with the comparison with the day before",
        ("seasonal",),
        Excerpt("docs/method.md", ("rise", "height", *SHARES), _every),
    ),
    Benchmark(
        "shapes",
        "Shapes on real charts labelled by eye",
        ("shapes", "{data}/shapes/real_shapes_dev.npz", "--peers"),
    ),
    Benchmark("classify", "How fast and how large naming shapes is", ("classify",)),
    Benchmark(
        "teach",
        "Shapes that the network never saw, taught from five examples",
        ("teach", "{data}/shapes/real_shapes_dev.npz"),
    ),
    Benchmark(
        "watch",
        "Always on: what a tick costs, how quiet it is, how soon it sees a fault",
        ("watch",),
        Excerpt("docs/always-on.md", ("figure", "value"), _every),
        (
            Excerpt("docs/always-on.md", WATCH_COSTS, _every),
            Excerpt("docs/always-on.md", ("seed", "day", "entity", "score", "what", "series"), _every),
            Excerpt("docs/always-on.md", WATCH_FAULTS, _every),
            Excerpt("docs/always-on.md", WATCH_RECORDED, _every),
            Excerpt("docs/always-on.md", ("source", "series", "watch", "z-score", *RIVER), _every),
            Excerpt("docs/always-on.md", ("service", "reports", "first", "over", "ticks"), _every),
            Excerpt("docs/always-on.md", ("form", "n", "first_told", "second_told", "too_many"), _every),
        ),
    ),
    Benchmark("mutants", "Faults put into the code, and those that the tests catch", ("mutants",)),
)
