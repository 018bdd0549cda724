"""Processes that share the work of a training run."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def pool(jobs: int) -> ProcessPoolExecutor:
    """So many of them. A forked one has the data and torch already; only Linux forks safely."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("fork" if sys.platform == "linux" else "spawn"))
