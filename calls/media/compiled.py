"""Python that Numba turns into machine code, and how such code calls functions of C libraries.

What is done for every datagram of a room cannot be done by Python's interpreter a hundred thousand times a second. It is still
written in Python, in the few functions that `compiled` stands over; they know numbers, arrays and addresses, and no objects.

They are compiled when they are first called, which takes seconds once; the result is kept beside the source, or in the user's
cache where that cannot be written.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])
INT, LONG = ir.IntType(32), ir.IntType(64)
int64: Callable[[Any], int] = np.int64  # type: ignore[assignment]  # it does what an int does
"""Makes a number one of 64 bits, as Numba sees it: signed and unsigned ones together would become floating-point ones."""


def compiled(signature: str | None = None) -> Callable[[Function], Any]:
    """`signature` in Numba's words, for instance "int64(uint8[::1])"; without one it is compiled for what it is called with."""
    njit: Any = numba.njit
    wanted = () if signature is None else (signature,)
    return njit(*wanted, cache=KEPT, nogil=True, error_model="numpy")  # type: ignore[no-any-return]


def _keep_results() -> bool:
    """Say where to keep what was compiled; False where nothing may be written.

    Numba looks at the file of a function, not at those of what it calls, so each version of this package has its own folder.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in sorted(here.glob("*.py"))))
    for base in (here / "__pycache__", Path("~/.cache/contact-centre").expanduser()):
        folder = base / f"compiled-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            for old in base.glob("compiled-*"):
                if old != folder:
                    shutil.rmtree(old, ignore_errors=True)
            config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
            return True
    return False


KEPT = _keep_results()


def _call(typing: Any, where: Any, arguments: Any) -> Any:
    """`call(where, (one, another))`: the int that the C function at this address answers, given integers and addresses."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        function = ir.FunctionType(INT, [LONG] * len(arguments)).as_pointer()
        given = cgutils.unpack_tuple(builder, values[1])  # type: ignore[no-untyped-call]  # so are its makers
        return builder.call(builder.inttoptr(values[0], function), given)

    several = types.UniTuple(types.int64, len(arguments))  # type: ignore[no-untyped-call]
    return types.int32(types.int64, several), generate


def _error_number(typing: Any, where: Any) -> Any:
    """What `errno` is, by the address of the C library's function that tells where it lies."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        function = ir.FunctionType(INT.as_pointer(), []).as_pointer()
        return builder.load(builder.call(builder.inttoptr(values[0], function), []))

    return types.int32(types.int64), generate


def _pointer(typing: Any, where: Any) -> Any:
    """An address as what `numba.carray` makes an array of."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


pointer: Any = intrinsic(_pointer)
call: Any = intrinsic(_call)
error_number: Any = intrinsic(_error_number)


def of_c_library(*names: str) -> int:
    """The address of the first of these functions that the C library has, 0 where it has none."""
    library = ctypes.CDLL(None)
    for name in names:
        if hasattr(library, name):
            return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0
    return 0
