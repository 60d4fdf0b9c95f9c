"""Start a worker: ``python -m sama_bench.worker READ WRITE``; the engine does."""

import contextlib
import os
import sys

from sama_bench.worker.keeper import keep


def start() -> None:
    """Be a worker on the two file descriptors of the command line; never return."""
    read, write = map(int, sys.argv[1:3])
    keep(read, write)
    from sama_bench.worker.process import main  # imported once, by the half that needs it

    status = main(read, write)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # an adapter may have closed or replaced it
            stream.flush()
    os._exit(status)  # threads of a model's libraries may not end by themselves


if __name__ == "__main__":
    start()
