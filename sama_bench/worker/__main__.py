"""Start a worker: ``python -m sama_bench.worker READ WRITE``; the engine does."""

import os
import sys

from sama_bench.worker.process import main

if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # threads of a model's libraries may not end by themselves
