"""Every claimed figure, each printed by a program: `python -m benchmarks.NAME [--json]`."""

from patternwatch.cli.blas_threads import use_one_blas_thread

use_one_blas_thread()  # as in the product's processes
