"""The command line: it translates and prints, it does not think.

Exit codes: 0 fine, 1 findings at or above --fail-on, or validate found faults, 2 usage, 3 nothing
could be read, 4 incomplete input under --strict, 70 internal error, 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from analyzer import __version__
from analyzer.cli.sparing import spare_end, spare_pages, spare_pandas, spare_start
from analyzer.errors import MailflowError, UsageError
from analyzer.printable import printable

COMMANDS = ("analyze", "route", "explain", "validate", "check", "diff", "convert", "report", "list", "generate", "demo")


class LazyGroup(click.Group):
    """Loads a command's module when it is called, so that the program starts at once."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        home = import_module(f"analyzer.cli.{cmd_name}" if cmd_name != "list" else "analyzer.cli.listing")
        command = getattr(home, "list_command" if cmd_name == "list" else cmd_name)
        assert isinstance(command, click.Command)
        return command


_EXAMPLES = """\b
Examples:
  mailflow demo                                      try it on made-up traffic
  mailflow analyze LOG... --tenant DIR --out DIR     the main job
  mailflow route --tenant DIR --to ADDRESS           one made-up message, with every step
"""


@click.group(cls=LazyGroup, epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mailflow", message="%(prog)s %(version)s")
def cli() -> None:
    """Did the mail go the way the configuration says?

    Reruns Exchange Online connector selection for every message of your logs against the exported
    configuration, and explains each difference.
    """
    spare_pages()
    spare_pandas()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    spare_start()
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_one_line)
    code = _run(arguments)
    spare_end()
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        # Colour is decided by click from NO_COLOR and the terminal.
        result = cli.main(args=arguments, prog_name="mailflow", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted; nothing was left half-written", err=True)
        return 130
    except KeyboardInterrupt:
        click.echo("interrupted; nothing was left half-written", err=True)
        return 130
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except MailflowError as problem:
        click.echo(f"mailflow: {printable(str(problem))}", err=True)
        return problem.exit_code
    except BrokenPipeError:
        # The reader of our output left, as `head` does; the rest of it is wanted by nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        # What the readers meet they say themselves; what is left is a place that cannot be written.
        click.echo(f"mailflow: {printable(str(problem.filename))}: {problem.strerror}", err=True)
        return UsageError.exit_code
    except Exception:
        logging.getLogger(__name__).exception("internal error; please report it with the lines below")
        return 70
    return result if isinstance(result, int) else 0


def _one_line(record: logging.LogRecord) -> bool:
    # A warning may quote a file name; the traceback of an internal error keeps its lines.
    record.msg, record.args = printable(record.getMessage()), None
    return True
