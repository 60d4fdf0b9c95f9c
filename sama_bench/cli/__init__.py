"""The command line: thin layers over the functions that ``sama_bench`` exports.

``sama-bench list models`` is the click command called ``command`` in ``list_models.py``, with its
line in ``_summaries.py``. A command is imported when it is used: ``--help`` costs what click costs.
"""

from __future__ import annotations

import contextlib
import errno
import sys
from typing import TYPE_CHECKING

from sama_bench.errors import SamaBenchError

if TYPE_CHECKING:
    import click

EXIT_DONE, EXIT_INCOMPLETE, EXIT_WRONG, EXIT_STOPPED = 0, 1, 2, 130
STOPPED = "stopped; the same command goes on where it stopped"


def build() -> click.Group:
    """Return the command tree; its commands are imported when they are looked up."""
    from sama_bench.cli._groups import root

    return root()


def main(argv: list[str] | None = None) -> None:
    """Run a command; exit 0 when done, 1 when samples failed or miss, 2 when the request was wrong.

    A mistake of the user is one line on standard error, without a traceback; so is a Ctrl-C, from
    the first import on (status 130).
    """
    try:
        from sama_bench.cli._streams import settle_streams

        settle_streams()
        sys.unraisablehook = _heed_interrupt
        sys.exit(_run(argv))
    except KeyboardInterrupt:  # outside of click, which turns it into Abort
        _say(STOPPED)
        sys.exit(EXIT_STOPPED)


def _heed_interrupt(unraisable: sys.UnraisableHookArgs) -> None:
    """Raise a Ctrl-C again that came where nothing can be raised (a callback of a compiler)."""
    if unraisable.exc_type is KeyboardInterrupt:
        import _thread

        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)


def _run(argv: list[str] | None) -> int:
    import click  # the longest of the imports of --help: Ctrl-C is heeded by now

    from sama_bench.cli._streams import flush_output

    try:
        result = build().main(args=argv, prog_name="sama-bench", standalone_mode=False)
        flush_output()
    except click.exceptions.Abort:
        _say(STOPPED)
        return EXIT_STOPPED
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see '{context.command_path} --help'" if context is not None else ""
        _say(error.format_message().replace("\n", " ").rstrip(".") + hint)
        return EXIT_WRONG
    except SamaBenchError as error:
        _say(str(error), error.listed)
        return EXIT_WRONG
    except RecursionError:  # readers of files say which; this is what passes them
        _say("a file that was read is nested too deeply")
        return EXIT_WRONG
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            flush_output()
        return EXIT_INCOMPLETE
    except OSError as error:
        printing = error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF)
        where = error.filename or ("standard output" if printing else "the system refused")
        _say(f"{where}: {error.strerror or error}")
        return EXIT_WRONG
    return result if isinstance(result, int) else EXIT_DONE


def _say(message: str, listed: bool = False) -> None:
    from sama_bench.tables.escape import one_line

    lines = message.splitlines() if listed else [message]
    print("sama-bench: " + "\n".join(map(one_line, lines)), file=sys.stderr)
