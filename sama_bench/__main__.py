"""Run the command line with ``python -m sama_bench``."""

import sys

try:
    from sama_bench.cli import main
except KeyboardInterrupt:  # Ctrl-C before there is anybody to heed it
    print("sama-bench: stopped", file=sys.stderr)
    sys.exit(130)

if __name__ == "__main__":
    main()
