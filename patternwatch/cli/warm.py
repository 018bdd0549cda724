"""`patternwatch warm`: compile everything that an analysis needs, ahead of the first one.

Compiled code is kept on disk, so one process can compile for another that starts at the same time.
"""

import time

from rich.console import Console


def command() -> None:
    """Compile what an analysis needs and keep it on disk, so that the next start is fast."""
    began = time.perf_counter()
    compile_all()
    Console(highlight=False).print(f"compiled code is ready after {time.perf_counter() - began:.1f} s")


def compile_all() -> None:
    """Load (or compile, the first time on a machine) every kernel.

    In the opposite order of a starting worker: of two processes side by side, each then finds on disk what
    the other has compiled already.
    """
    # Each import loads compiled code: as late as possible, so that the first compilation starts soon.
    from patternwatch.cortex import warmup as decoding  # noqa: PLC0415

    decoding.warm_up()

    from patternwatch import detectors  # noqa: PLC0415

    detectors.warm_up()

    from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier  # noqa: PLC0415
    from patternwatch.classifier.model import ShapeModel  # noqa: PLC0415
    from patternwatch.contracts.settings import AnalysisSettings  # noqa: PLC0415
    from patternwatch.streams.warmup import warm_up  # noqa: PLC0415

    warm_up(FewShotClassifier(EmbeddingSpace(ShapeModel.load())), AnalysisSettings())
