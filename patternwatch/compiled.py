"""The one way that kernels are compiled, and the types of the arrays that they take.

A kernel is a function that numba compiles to machine code on its first call. The code is cached in
`__pycache__` beside the kernel's own file, or where `compile_cache` says, so that the next process loads
it, and it runs without the interpreter's lock, so that threads run kernels side by side. Annotations are
for mypy and the reader: numba infers its own types from the arguments.
"""

from collections.abc import Callable
from typing import Literal, ParamSpec, TypeAlias, TypeVar, overload

import numba
import numpy as np
import numpy.typing as npt

from patternwatch.compile_cache import use_compile_cache

IS_CACHED = use_compile_cache()
"""Whether compiled code is kept for the next process."""
# numba has read its environment at its import, before the folder was named
numba.config.reload_config()  # type: ignore[no-untyped-call]

P = ParamSpec("P")
R = TypeVar("R")

Floats: TypeAlias = npt.NDArray[np.float64]
"""Values; NaN is a gap."""
Integers: TypeAlias = npt.NDArray[np.int64]
"""Timestamps in ms, offsets and counts."""
Ints32: TypeAlias = npt.NDArray[np.int32]
"""Numbers of things, where there are many arrays of them."""
Integer: TypeAlias = int | np.int64
"""A number that may have come out of an array: machine code knows no difference."""
Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
"""The bits of float64 values."""
Flags: TypeAlias = npt.NDArray[np.bool_]


@overload
def kernel(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def kernel(
    *, inline: Literal["always", "never"] = "never", fastmath: frozenset[str] = frozenset()
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def kernel(
    function: Callable[P, R] | None = None,
    /,
    *,
    inline: Literal["always", "never"] = "never",
    fastmath: frozenset[str] = frozenset(),
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function of numbers and arrays, with or without arguments.

    inline    "always" copies the body into each caller before it is compiled
    fastmath  LLVM's flags that let it reorder arithmetic: only where the result stays exact
    """

    def compiled(own: Callable[P, R]) -> Callable[P, R]:
        result: Callable[P, R] = numba.njit(
            cache=IS_CACHED, nogil=True, inline=inline, fastmath=set(fastmath) or False
        )(own)
        return result

    return compiled if function is None else compiled(function)
