"""`mailflow route`: one made-up message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_address

import click

from analyzer.cli.options import json_option, policy_option, policy_values
from analyzer.errors import UsageError
from analyzer.moments import utc

_PLACES = click.Choice(["cloud", "onpremises", "internet", "partner"])


@click.command()
@click.option("--tenant", "tenant_path", required=True, metavar="DIR", help="Folder of configuration exports.")
@click.option("--to", "recipient", required=True, metavar="ADDRESS", help="Envelope recipient.")
@click.option("--from", "sender", metavar="ADDRESS", help='Envelope sender; "" is the null sender.')
@click.option("--ip", metavar="ADDRESS", help="Connecting address.")
@click.option("--certificate", metavar="NAME", help="Subject name that the source presents.")
@click.option("--tls", type=click.Choice(["yes", "no"]), help="Whether the session is encrypted.")
@click.option("--header-from", metavar="ADDRESS", help="Sender in the header, where it is another.")
@click.option("--size", type=click.IntRange(min=0), metavar="BYTES", help="Size, for mail flow rules that look at it.")
@click.option("--subject", metavar="TEXT", help="Subject, for mail flow rules that look at it.")
@click.option("--forwarded", is_flag=True, help="A copy that a cloud mailbox forwards.")
@click.option("--origin", type=_PLACES, help="Where it comes from, instead of what sender and address tell.")
@click.option("--destination", type=_PLACES, help="Where the recipient is, instead of what the lists tell.")
@click.option("--at", metavar="TIME", help="The moment, for dated snapshots; UTC unless it carries an offset.")
@click.option(
    "--judge-earlier", is_flag=True, default=None, help="Decide a moment before the first dated snapshot by that one."
)
@policy_option
@json_option
def route(
    tenant_path: str,
    recipient: str,
    sender: str | None,
    *,
    ip: str | None,
    certificate: str | None,
    tls: str | None,
    header_from: str | None,
    size: int | None,
    subject: str | None,
    forwarded: bool,
    origin: str | None,
    destination: str | None,
    at: str | None,
    judge_earlier: bool | None,
    policies: tuple[str, ...],
    as_json: bool,
) -> None:
    """Decide one made-up message and show every step."""
    from analyzer.routing import route as decide
    from analyzer.tenant import load_tenant

    _checked({"--to": recipient, "--from": sender, "--header-from": header_from}, ip)
    decision = decide(
        load_tenant(tenant_path),
        recipient=recipient,
        sender=sender,
        ip=ip,
        certificate=certificate,
        tls=None if tls is None else tls == "yes",
        header_from=header_from,
        size=size,
        subject=subject,
        forwarded=forwarded,
        origin=origin,
        destination=destination,
        at=utc(at, "--at"),
        policy=policy_values(policies),
        judge_earlier=judge_earlier,
    )
    click.echo(json.dumps(decision.as_dict(), indent=2, ensure_ascii=False) if as_json else str(decision))


def _checked(addresses: Mapping[str, str | None], ip: str | None) -> None:
    """Refuse what is no address before anything is concluded from it."""
    for option, address in addresses.items():
        local, _, domain = (address or "").rpartition("@")
        if address and not (local and domain and "@" not in local):
            raise UsageError(f"{option} {address}: not an address; john@contoso.com would be accepted")
    try:
        ip_address(ip or "192.0.2.1")
    except ValueError:
        raise UsageError(f"--ip {ip}: not an IP address; 192.0.2.1 would be accepted") from None
