"""How many threads numpy's products of matrices take: one."""

import os

VARIABLE = "OPENBLAS_NUM_THREADS"


def use_one_blas_thread() -> None:
    """Keep OpenBLAS from sharing a product out over threads of its own; before numpy is imported.

    Ours are of some hundred rows. Its threads spin until each has done its share, so where other work has the
    cores, one product takes a hundred times as long, and the CPU of all that time. A worker analyses on
    several threads as it is. OPENBLAS_NUM_THREADS of the environment comes first.
    """
    os.environ.setdefault(VARIABLE, "1")
