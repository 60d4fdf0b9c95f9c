"""Saying that the mask kernels are being compiled, which takes its time on a new machine."""

from __future__ import annotations

import functools

import click

from sama_bench.errors import UserError
from sama_bench.metrics._masks.backend import kernels


@functools.cache
def say_compiling() -> None:
    """Have the user told, once, when the mask kernels are compiled rather than read from the cache.

    Numba itself tells when it compiles, so that nothing is said where its cache holds them.

    Raises:
        UserError: ``SAMA_BENCH_KERNEL`` asks for what is not there.
    """
    try:
        module = kernels()
    except ValueError as error:
        raise UserError(str(error)) from None
    if module is None:
        return
    name = module.__name__
    from numba.core import event

    class Told(event.Listener):  # type: ignore[misc]  # Numba has no types
        """Says so on the first event."""

        said = False

        def on_start(self, begun: event.Event) -> None:
            """Tell of the first kernel that is compiled."""
            function = begun.data["dispatcher"].py_func
            if function.__module__ == name and not self.said:
                self.said = True
                click.echo("compiling the mask kernels, once on this machine (some 20 s)", err=True)

        def on_end(self, ended: event.Event) -> None:
            """Say nothing more."""

    event.register("numba:compile", Told())
