"""What lives as long as the worker is set aside from garbage collection."""

import gc
import weakref

from patternwatch.streams.warmup import set_aside


class _Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.own = self


def test_what_is_set_aside_is_no_garbage() -> None:
    """What nobody holds any more is let go of, and what is held is looked at no more."""
    dropped, held = _Ring(), _Ring()
    seen = weakref.ref(dropped)
    del dropped
    try:
        set_aside()
        assert seen() is None
        assert gc.get_freeze_count() > 0
        assert not any(one is held for one in gc.get_objects())
    finally:
        gc.unfreeze()
