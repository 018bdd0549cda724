"""Processes that share the work of a training run."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def pool(jobs: int) -> ProcessPoolExecutor:
    """A pool of `jobs` processes, forked on Linux: a fork shares the data and the imported torch."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("fork" if sys.platform == "linux" else "spawn"))
