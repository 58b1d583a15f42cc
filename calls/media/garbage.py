"""The garbage collector, kept from walking the whole process while packets wait."""

from __future__ import annotations

import gc

NEW_OBJECTS = 20_000
"""More than come in a burst: packets are freed as fast as they come, so this many more are the traces of something else."""


def settle() -> None:
    """To be called once all is loaded: what is there now stays, and need not be looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
