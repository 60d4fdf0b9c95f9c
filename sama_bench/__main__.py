"""Run the command line with ``python -m sama_bench``."""

from sama_bench.cli import main

if __name__ == "__main__":
    main()
