"""Saying that the mask kernels are being compiled, which takes its time on a new machine."""

from __future__ import annotations

import functools

from sama_bench.cli._printing import say
from sama_bench.errors import UserError
from sama_bench.media.rle.kernel_choice import compiles


@functools.cache
def say_compiling() -> None:
    """Have the user told, once, when the mask kernels are compiled rather than read from the cache.

    Raises:
        UserError: ``SAMA_BENCH_KERNEL`` asks for what is not there.
    """
    try:
        if not compiles():
            return
    except ValueError as error:
        raise UserError(str(error)) from None
    from sama_bench.media.rle.compiling import on_first_compile

    on_first_compile(lambda: say(MESSAGE, err=True))


MESSAGE = "compiling the mask kernels, once on this machine (some 20 s)"
