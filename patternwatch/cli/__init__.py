"""The command line: the composition root of every process."""

from patternwatch.cli.blas_threads import use_one_blas_thread

use_one_blas_thread()  # numpy reads it as it is imported, by whichever of these modules is the first to
