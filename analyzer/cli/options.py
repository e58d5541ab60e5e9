"""Options and small habits that several commands share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.pipeline import Progress

AnyCommand = Callable[..., Any]


def json_option(command: AnyCommand) -> AnyCommand:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def policy_option(command: AnyCommand) -> AnyCommand:
    """Add --policy NAME=VALUE."""
    text = "Set a policy, as `mailflow list policies` names them; may be repeated."
    return click.option("--policy", "policies", multiple=True, metavar="NAME=VALUE", help=text)(command)


def reading_options(command: AnyCommand) -> AnyCommand:
    """Add what the user may say of a log that does not tell it itself."""
    options = (
        click.option("--format", "format_name", metavar="NAME", help="Log format, where content does not tell it."),
        click.option("--date-order", type=click.Choice(["dmy", "mdy"]), help="Order of day and month in slash dates."),
        click.option("--timezone", metavar="ZONE", help="Zone of local times without one: Europe/Berlin or +02:00."),
        click.option("--encoding", metavar="NAME", help="Code page, where the bytes do not tell it: cp1251."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def policy_values(texts: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=VALUE pairs."""
    pairs = [t.partition("=") for t in texts]
    wrong = next(
        (t for t, (name, equals, value) in zip(texts, pairs, strict=True) if not (name and equals and value)), None
    )
    if wrong is not None:
        raise UsageError(f"--policy {wrong}: NAME=VALUE would be accepted, for example precedence=list")
    return {name.strip(): value.strip() for name, _, value in pairs}


def progress_line() -> Callable[[Progress], None]:
    """Show rows, rate and time left on stderr where it is a terminal; be quiet elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None
    started = time.monotonic()

    def show(at: Progress) -> None:
        passed = max(time.monotonic() - started, 1e-3)
        share = at.bytes_read / at.bytes_total if at.bytes_total else 0.0
        left = f", {passed / share - passed:,.0f} s left" if 0 < share < 1 else ""
        click.echo(f"\r{at.rows:,} rows, {at.rows / passed:,.0f} a second{left}\x1b[K", err=True, nl=False)
        if share >= 1:
            click.echo("\r\x1b[K", err=True, nl=False)

    return show
