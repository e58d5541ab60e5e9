"""What the process of a command is spared: libraries that it does not use, and tidying that nobody sees.

Only for a process of our own: whoever imports `analyzer` decides on the garbage collector and on pandas alone.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType

_ALLOCATIONS = 10_000  # between two looks for garbage; loading our modules alone makes hundreds of thousands, and none

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # names of malloc.h
_ARRAY, _IDLE = 32 << 20, 256 << 20  # bytes


def spare_start() -> None:
    """Look for garbage less often, and for plugins of pydantic, which would see settings, not at all."""
    gc.set_threshold(_ALLOCATIONS)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def spare_pandas() -> None:
    """Make pyarrow's first array without pandas, which it would load to see whether the values come from there.

    It asks once. Whoever wants a frame later still gets one: `to_pandas` asks anew.
    """
    if "pandas" not in sys.modules:
        import pyarrow as pa

        with _refused("pandas"):
            pa.array([])


def spare_pages() -> None:
    """Keep freed memory for the next batch, instead of giving it back and having each page of it cleared anew.

    The arrays of a batch are some megabytes each, and all of them are wanted again a moment later. The GNU C library
    alone is told so; it gives back what lies idle above the second of the two bounds.
    """
    import ctypes

    tell = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if tell is not None:
        tell(_MMAP_THRESHOLD, _ARRAY)
        tell(_TRIM_THRESHOLD, _IDLE)


def spare_end() -> None:
    """Let the memory go with the process, without looking through it for garbage first."""
    gc.freeze()


class _Refusal:
    """Finds a module that exists to be absent."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == self.name:
            raise ModuleNotFoundError(f"{fullname} is not wanted here", name=fullname)
        return None


@contextmanager
def _refused(name: str) -> Iterator[None]:
    refusal = _Refusal(name)
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)
