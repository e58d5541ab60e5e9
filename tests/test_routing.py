"""One made-up message: what `mailflow route` answers, in which words, and what it says it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from analyzer import Decision, UsageError, route
from analyzer.moments import microseconds
from analyzer.selection import inbound as arriving_rules
from analyzer.selection import outbound as leaving_rules
from analyzer.tenant.model import (
    ConnectorType,
    DomainType,
    MailboxPlace,
    OwnServers,
    Placement,
    Residence,
    Snapshot,
    Tenant,
    TransportRule,
)
from analyzer.tenant.onpremises import AddressSpace, SendConnector, SendLog, Sighting
from analyzer.tenant.policy import Policy
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.builders import (
    BANKER,
    BOB,
    CLOUD,
    DAVID,
    ERIN,
    FOREIGN_HOST,
    JOHN,
    OUR_SERVER,
    OUR_SERVERS,
    SUN,
    accepted,
    directory,
    inbound,
    networks,
    outbound,
    rule,
    snapshot,
    tenant,
)

PARTNER = ConnectorType.PARTNER
NEW = "new@contoso.com"  # in no list
WORDS = {"connector", "none", "local", "reject", "ambiguous", "undetermined"}

HYBRID = tenant()
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
P_ORG = outbound("P org", "example.org", type=PARTNER)
CENTRAL = tenant(outbound=(CMT,))
CERT = inbound("Cert", certificate_name="*.contoso.com")
BY_CERTIFICATE = tenant(inbound=(CERT,))
RULED = outbound("Ruled", rule_scoped=True)
HIDDEN = rule("Ruled", unmodelled=("HeaderContainsWords",))
TWINS = (outbound("B", "contoso.com"), outbound("A", "contoso.com"))


def ask(to: Tenant, recipient: str, sender: str | None = None, ip: str | None = None, **options: Any) -> Decision:
    """Route a message; the order of arguments is that of the tables."""
    return route(to, recipient=recipient, sender=sender, ip=ip, **options)


Message = tuple[Tenant, tuple[str, ...], dict[str, Any]]

SETTLED: tuple[Message, ...] = (
    (HYBRID, (JOHN, BOB), {}),
    (HYBRID, (BOB, JOHN, OUR_SERVER), {}),
    (HYBRID, (ERIN, JOHN, OUR_SERVER), {}),
    (HYBRID, (BOB, BANKER, FOREIGN_HOST), {}),
    (CENTRAL, (ERIN, BOB), {}),
    (CENTRAL, (ERIN, BOB), {"forwarded": True}),
    (CENTRAL, (BOB, SUN, FOREIGN_HOST), {}),
    (BY_CERTIFICATE, (ERIN, SUN, OUR_SERVER), {"certificate": "mail.contoso.com"}),
    (tenant(inbound=(CERT,), onpremises_certificates=("mail.contoso.com",)), (BOB, JOHN, OUR_SERVER), {}),
)
OPEN: tuple[Message, ...] = (
    (HYBRID, (NEW,), {}),
    (BY_CERTIFICATE, (ERIN, SUN, OUR_SERVER), {}),
    (tenant(outbound=None, inbound=None), (JOHN, SUN, FOREIGN_HOST), {}),
    (tenant(accepted=None, directory=None), (JOHN, SUN, FOREIGN_HOST), {}),
)
OTHERS: tuple[Message, ...] = (
    (HYBRID, (ERIN, SUN, OUR_SERVER), {}),
    (HYBRID, (ERIN, "", OUR_SERVER), {}),
    (tenant(outbound=TWINS), (JOHN, BOB), {}),
)
MESSAGES = (*SETTLED, *OPEN, *OTHERS)


@pytest.mark.parametrize("to, message, options", MESSAGES)
def test_the_json_has_the_keys_and_types_of_the_contract(
    to: Tenant, message: tuple[str, ...], options: dict[str, Any]
) -> None:
    """Outsiders rely on these keys; `snapshot` is the only one more, and tells what --at chose."""
    found = json.loads(json.dumps(ask(to, *message, **options).as_dict()))

    assert list(found) == [
        "path", "outcome", "inbound_outcome", "selected_inbound_connector", "selected_outbound_connector", "code",
        "candidates", "missing", "reason", "policies", "snapshot", "steps",
    ]  # fmt: skip
    assert found["outcome"] in WORDS
    assert found["inbound_outcome"] in {*WORDS - {"local"}, None}
    assert found["reason"]
    assert all(type(found[name]) is list for name in ("candidates", "missing", "steps"))
    assert [step["subject"] for step in found["steps"]] == ["inputs", "arrives", "leaves", "policies"]
    assert all(step.keys() == {"subject", "fate", "cite", "steps"} for step in _all_steps(found["steps"]))


def _all_steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        yield from _all_steps(step["steps"])


@pytest.mark.parametrize("to, message, options", MESSAGES)
def test_names_and_words_agree(to: Tenant, message: tuple[str, ...], options: dict[str, Any]) -> None:
    """A side names a connector exactly if its word is "connector", and what is undetermined says what is missing."""
    found = ask(to, *message, **options)

    assert (found.selected_outbound_connector is not None) == (found.outcome == "connector")
    assert (found.selected_inbound_connector is not None) == (found.inbound_outcome == "connector")
    assert bool(found.missing) == ("undetermined" in {found.outcome, found.inbound_outcome})
    assert bool(found.candidates) == ("ambiguous" in {found.outcome, found.inbound_outcome})


@pytest.mark.parametrize("to, message, options", SETTLED)
def test_the_steps_decide_what_the_decision_says(to: Tenant, message: tuple[str, ...], options: dict[str, Any]) -> None:
    """Each side has one deciding step, and it names that side's answer."""
    found = ask(to, *message, **options)
    arrives = found.selected_inbound_connector or found.inbound_outcome

    assert _decided(found, [subject for subject, _, _ in arriving_rules.ORDER]) == ([arrives] if arrives else [])
    assert _decided(found, [subject for subject, _, _ in leaving_rules.ORDER]) == [
        found.selected_outbound_connector or found.outcome
    ]


def _decided(decision: Decision, subjects: list[str]) -> list[str]:
    told = (s for tree in decision.steps for _, s in tree.walk())
    steps = [s.fate for s in told if s.subject in subjects and s.fate.startswith("decides: ")]
    return [fate.removeprefix("decides: ").rpartition(" (")[0] for fate in steps]


@pytest.mark.parametrize(
    "message, options, path",
    [
        ((JOHN, BOB), {}, "cloud>onpremises"),
        ((BOB, JOHN, OUR_SERVER), {}, "onpremises>cloud"),
        ((SUN, "teams@contoso.onmicrosoft.com"), {}, "cloud>internet"),
        ((BOB, BANKER, FOREIGN_HOST), {}, "partner>cloud"),
        ((BANKER, BOB), {}, "cloud>partner"),
        ((BOB, "", OUR_SERVER), {}, "onpremises>cloud"),
        ((BOB, "", FOREIGN_HOST), {}, "internet>cloud"),
        ((BOB,), {"origin": "onpremises"}, "onpremises>cloud"),  # instead of what sender and address tell
        ((BOB, SUN, FOREIGN_HOST), {"origin": "cloud"}, "cloud>cloud"),
        ((BOB, DAVID), {"destination": "onpremises"}, "cloud>onpremises"),  # instead of what the lists tell
        ((NEW, DAVID), {}, "cloud>unknown"),
        ((BOB,), {}, "unknown>cloud"),
    ],
)
def test_the_path(message: tuple[str, ...], options: dict[str, Any], path: str) -> None:
    """Places come from the options, else from sender, address and lists; what nobody tells is `unknown`."""
    assert ask(HYBRID, *message, **options).path == path


def test_a_declared_certificate_tells_the_origin() -> None:
    """Evidence, Origin: a host or certificate declared under [onpremises] is on-premises as an address is."""
    declared = tenant(inbound=(CERT,), onpremises_certificates=("mail.contoso.com",))

    assert ask(declared, BOB, JOHN, certificate="mail.contoso.com", ip=FOREIGN_HOST).path == "onpremises>cloud"
    assert ask(declared, BOB, SUN, certificate="Mail.Contoso.com", ip=FOREIGN_HOST).path == "onpremises>cloud"
    assert ask(declared, BOB, SUN, certificate="mail.example.net", ip=FOREIGN_HOST).path == "internet>cloud"


def test_a_certificate_that_was_presented_tells_at_its_time() -> None:
    """8, certificate rule: at a time of which a send log shows the certificate, it attributes; else nobody knows."""
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    seen = replace(BY_CERTIFICATE, sightings=(Sighting(("mail.contoso.com",), noon, noon),))

    then = ask(seen, ERIN, SUN, OUR_SERVER, at=noon)
    assert (then.selected_inbound_connector, then.missing) == ("Cert", ())
    assert "certificate" in ask(seen, ERIN, SUN, OUR_SERVER, at=noon + timedelta(seconds=1)).missing


def test_the_steps_say_how_the_certificate_is_known() -> None:
    """8, certificate rule: given, shown by send logs (and whose are missing), declared, not known; of no other mail."""
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    servers = SendConnector("O", (AddressSpace("contoso.mail.onmicrosoft.com"),), source_servers=("ex1", "ex2"))
    seen = replace(BY_CERTIFICATE, sightings=(Sighting(("mail.contoso.com",), noon, noon),))
    silent = replace(
        seen,
        snapshots=(replace(seen.snapshots[0], own=OwnServers(send=(servers,))),),
        send_logs=(SendLog("ex1", noon, noon),),
    )
    declared = tenant(inbound=(CERT,), onpremises_certificates=("mail.contoso.com",))
    asked: list[tuple[Tenant, dict[str, Any], str | None]] = [
        (seen, {"certificate": "Mail.contoso.com"}, "mail.contoso.com, as given"),
        (seen, {"at": noon}, "mail.contoso.com, by the SMTP send logs"),
        (silent, {"at": noon}, "mail.contoso.com, by the SMTP send logs; those of ex2 are missing"),
        (declared, {}, "mail.contoso.com, as declared"),
        (BY_CERTIFICATE, {}, "not known"),
        (seen, {"origin": "cloud"}, None),
    ]

    for ours, options, told in asked:
        steps = {step.subject: step.fate for step in ask(ours, ERIN, SUN, OUR_SERVER, **options).steps[0].steps}
        assert steps.get("certificate") == told


@pytest.mark.parametrize("message, options", [((BOB, DAVID), {}), ((ERIN, BOB), {}), ((JOHN,), {"origin": "cloud"})])
def test_what_comes_from_the_cloud_does_not_arrive(message: tuple[str, ...], options: dict[str, Any]) -> None:
    """`inbound_outcome` is null where the origin is cloud."""
    found = ask(HYBRID, *message, **options)

    assert (found.inbound_outcome, found.selected_inbound_connector) == (None, None)


BIG = rule("Ruled", name="big", conditions=(Predicate("MessageSizeOver", ("1000000",)),))
OFFERS = rule("Ruled", name="offers", conditions=(Predicate("SubjectContainsWords", ("offer",)),))
DAVIDS = rule("Ruled", name="David's", senders=(DAVID,))


@pytest.mark.parametrize(
    "fires, options, leaves, fate",
    [
        (BIG, {"size": 10}, P_ORG.name, "rule big: did not fire: MessageSizeOver [3.3, 1]"),
        (BIG, {"size": 5_000_000}, "Ruled", "rule big: fired [3.3, 1]"),
        (BIG, {}, None, "rule big: may have fired, no log shows MessageSizeOver [3.3, 1]"),
        (OFFERS, {"subject": "Our offer"}, "Ruled", "rule offers: fired [3.3, 1]"),
        (OFFERS, {"subject": ""}, P_ORG.name, "rule offers: did not fire: SubjectContainsWords [3.3, 1]"),
        (OFFERS, {}, None, "rule offers: may have fired, no log shows SubjectContainsWords [3.3, 1]"),
        (DAVIDS, {}, P_ORG.name, "rule David's: did not fire: From [3.3, 1]"),
        (DAVIDS, {"header_from": DAVID}, "Ruled", "rule David's: fired [3.3, 1]"),
    ],
)
def test_what_rules_look_at_can_be_given(fires: TransportRule, options: Any, leaves: str | None, fate: str) -> None:
    """Size, subject and header sender of a made-up message decide rules that look at them, and the steps say how."""
    found = route(tenant(outbound=(P_ORG, RULED), rules=(fires,)), recipient=ERIN, sender=BOB, **options)
    assert found.selected_outbound_connector == leaves
    steps = [str(step) for tree in found.steps for _, step in tree.walk()]
    assert fate in steps
    told = [s.partition(" and ")[2] for s in steps if s.startswith("reading")]
    ways = [f"rule {fires.name} fired [8, missing inputs]", "no rule routed it [8, missing inputs]"]
    assert told == ([] if leaves else ways)  # readings that differ in the rule say so


@pytest.mark.parametrize(
    "given, inbound",
    [
        ({"header_from": JOHN}, "From on-premises"),  # MAIL FROM is open: the header stands in
        ({"header_from": JOHN, "sender": SUN}, None),  # it is not: the header proves nothing
        ({"header_from": JOHN, "sender": ""}, None),  # null is no domain, whoever the header names
        ({"sender": JOHN}, "From on-premises"),
    ],
)
def test_the_header_stands_in_only_for_an_open_sender(given: dict[str, str], inbound: str | None) -> None:
    """Reference 8, sender kind: attribution by address, toward the internet, asks for an accepted MAIL FROM."""
    found = route(tenant(), recipient=ERIN, ip=OUR_SERVER, **given)  # type: ignore[arg-type]

    assert found.selected_inbound_connector == inbound


def test_rules_that_look_at_the_envelope_do_not_take_the_header_for_it() -> None:
    """A rule on the envelope sender stays open where only the header is known."""
    asked = rule("Ruled", conditions=(Predicate("From", (DAVID,), SenderLocation.ENVELOPE),))
    found = route(tenant(outbound=(P_ORG, RULED), rules=(asked,)), recipient=ERIN, header_from=DAVID)

    assert "rule_hit" in found.missing


def test_each_origin_has_its_own_rules() -> None:
    """Where the origin is open and rules hang on it, the steps tell how they fared from each."""
    inside = rule("Ruled", name="inside", conditions=(Predicate("FromScope", ("inorganization",)),))
    found = route(tenant(outbound=(P_ORG, RULED), rules=(inside,)), recipient=ERIN)
    told = next(step for step in found.steps if step.subject == "mail flow rules")
    assert "if it comes from cloud" in [step.fate for step in told.steps]
    assert "rule_hit" in found.missing


@pytest.mark.parametrize(
    "to, message, options, missing",
    [
        (HYBRID, (NEW, BOB), {}, ("destination",)),
        (CENTRAL, (ERIN,), {}, ("origin",)),  # CMT covers cloud senders alone
        (CENTRAL, (NEW, BOB), {}, ("destination",)),
        (tenant(outbound=(P_ORG, RULED), rules=(HIDDEN,)), (ERIN, BOB), {}, ("rule_hit",)),
        (tenant(accepted=None, directory=None), (JOHN,), {"origin": "cloud"}, ("destination",)),
        (tenant(outbound=None), (JOHN, BOB), {}, ("outbound_connectors",)),
        (tenant(rules=(rule("Elsewhere"),)), (JOHN, BOB), {}, ("outbound_connectors",)),  # 7.4, 10.1 trap 2
    ],
)
def test_an_input_that_matters_is_named(
    to: Tenant, message: tuple[str, ...], options: dict[str, Any], missing: tuple[str, ...]
) -> None:
    """Every value of a missing input is tried; only where the answers differ is the way out undetermined (8)."""
    found = ask(to, *message, **options)

    assert (found.outcome, found.selected_outbound_connector) == ("undetermined", None)
    assert set(missing) <= set(found.missing)


@pytest.mark.parametrize(
    "to, message, options, outcome",
    [
        (HYBRID, (ERIN,), {}, "none"),  # whoever sends it
        (HYBRID, (JOHN,), {}, "connector"),
        (HYBRID, (BOB,), {}, "local"),
        (tenant(outbound=(outbound("*", "*"),)), (NEW, BOB), {"destination": "onpremises"}, "connector"),
        (tenant(rules=(replace(HIDDEN, connector="To on-premises"),)), (JOHN, BOB), {}, "connector"),  # fired or not
        (tenant(outbound=None), (BOB, DAVID), {}, "local"),
        (tenant(rules=None), (JOHN, BOB), {}, "connector"),  # 7.4: no rules export, no rule fired
        (tenant(inbound=None), (JOHN, SUN, FOREIGN_HOST), {}, "connector"),
    ],
)
def test_an_input_that_does_not_matter_is_not_asked_for(
    to: Tenant, message: tuple[str, ...], options: dict[str, Any], outcome: str
) -> None:
    """What is open and changes nothing leaves the way out known (8, missing inputs)."""
    assert ask(to, *message, **options).outcome == outcome


@pytest.mark.parametrize(
    "to, message, options, missing",
    [
        (BY_CERTIFICATE, (ERIN, SUN, OUR_SERVER), {}, ("certificate",)),  # refused, unless it presents one
        (BY_CERTIFICATE, (BOB, JOHN, OUR_SERVER), {}, ("certificate",)),
        (HYBRID, (BOB, JOHN), {"origin": "onpremises"}, ("connecting_ip",)),
        (HYBRID, (JOHN,), {}, ("origin", "connecting_ip")),
        (tenant(inbound=None), (JOHN, SUN, FOREIGN_HOST), {}, ("inbound_connectors",)),
    ],
)
def test_an_open_arrival_is_told_beside_the_way_out(
    to: Tenant, message: tuple[str, ...], options: dict[str, Any], missing: tuple[str, ...]
) -> None:
    """A merely possible refusal, and any other doubt of arrival, shows in `inbound_outcome` alone."""
    found = ask(to, *message, **options)

    assert found.outcome in {"none", "local", "connector"}
    assert (found.inbound_outcome, found.missing) == ("undetermined", missing)


@pytest.mark.parametrize(
    "to, message, options, code",
    [
        (HYBRID, (ERIN, SUN, OUR_SERVER), {}, "5.7.64"),
        (HYBRID, (ERIN, "", OUR_SERVER), {}, "5.7.64"),  # --from "": only a certificate relays it (4.3)
        (HYBRID, (ERIN, SUN), {"origin": "onpremises", "ip": FOREIGN_HOST}, "5.7.64"),
        (tenant(outbound=(P_ORG,)), (ERIN, SUN, OUR_SERVER), {}, "5.7.64"),  # whatever would have carried it on
        (tenant(directory_complete=True), (NEW, SUN, FOREIGN_HOST), {}, "5.4.1"),
        (tenant(directory_complete=True), (NEW, BOB), {}, "5.1.10"),
        (tenant(directory_complete=True, outbound=None), (NEW, BOB), {}, "5.1.10"),  # whatever else is missing
    ],
)
def test_certain_refusal(to: Tenant, message: tuple[str, ...], options: dict[str, Any], code: str) -> None:
    """A message refused on arrival or for its recipient leaves by nothing, with the code of the refusal (4.5)."""
    found = ask(to, *message[:2], **{"ip": message[2] if message[2:] else None, **options})

    assert (found.outcome, found.code) == ("reject", code)
    assert (found.selected_inbound_connector, found.selected_outbound_connector) == (None, None)


def test_attribution_comes_before_centralized_transport() -> None:
    """3.3: attribution runs first; what is Originating from our own servers is not sent round again.

    The connector lists an address that nobody declared in mailflow.toml, as on the way back of oracle case 13.
    """
    central = tenant(
        outbound=(CMT,), inbound=(inbound("IB", sender_ips=networks(OUR_SERVERS)),), onpremises_addresses=()
    )
    returned = ask(central, DAVID, SUN, OUR_SERVER)

    assert (returned.inbound_outcome, returned.selected_inbound_connector) == ("connector", "IB")
    assert returned.outcome == "local"


def test_an_attributed_relay_is_not_sent_round_again() -> None:
    """KB 3194415 with attribution by certificate: mail relayed for our own servers leaves by MX despite CMT."""
    central = tenant(outbound=(CMT,), inbound=(CERT,), onpremises_addresses=())
    policy = Policy(cmt_forwarded="cmt")
    found = ask(central, ERIN, SUN, FOREIGN_HOST, certificate="mail.contoso.com", policy=policy)

    assert found.selected_inbound_connector == "Cert"
    assert found.outcome == "none"


def test_equal_connectors_are_all_candidates() -> None:
    """7.1, R2: a made-up message answers `ambiguous` with every candidate."""
    found = ask(tenant(outbound=TWINS), JOHN, BOB)

    assert (found.outcome, found.selected_outbound_connector, found.candidates) == ("ambiguous", None, ("A", "B"))
    assert found.reason == "equal-candidates"
    assert found.policies == {"equal_candidates": "ambiguous"}


def test_equal_inbound_connectors_are_candidates_too() -> None:
    """4.2, 4: two equal ones; the way out is known all the same."""
    twins = tuple(inbound(name, sender_ips=networks(OUR_SERVERS)) for name in ("B", "A"))
    found = ask(tenant(inbound=twins), BOB, JOHN, OUR_SERVER)

    assert (found.outcome, found.inbound_outcome, found.candidates) == ("local", "ambiguous", ("A", "B"))
    assert found.policies == {"equal_candidates": "ambiguous"}


WILD, ALL = outbound("Wild", "*.contoso.com"), outbound("All", all_accepted_domains=True)

# policy, a tenant, a message whose answer rests on it, options: every policy that can change an answer.
RESTS: list[tuple[str, Tenant, tuple[str, ...], dict[str, Any]]] = [
    ("precedence", tenant(outbound=(WILD, ALL)), (JOHN, BOB), {"policy": Policy(wildcard_apex="include")}),
    ("wildcard_apex", tenant(outbound=(WILD,)), (JOHN, BOB), {}),
    ("scope_combination", tenant(outbound=(replace(ALL, recipient_domains=("*",)),)), (ERIN, BOB), {}),
    ("cmt_vs_specific", tenant(outbound=(CMT, P_ORG)), (ERIN, BOB), {}),
    ("cmt_vs_rule", tenant(outbound=(CMT, RULED), rules=(rule("Ruled"),)), (ERIN, BOB), {}),
    ("cmt_forwarded", CENTRAL, (ERIN, BOB), {"forwarded": True}),
    ("equal_candidates", tenant(outbound=TWINS), (JOHN, BOB), {}),
    ("recipient_fallback", HYBRID, (BOB, SUN, OUR_SERVER), {}),
    ("unvalidated", tenant(outbound=(outbound("New", "contoso.com", validated=False),)), (JOHN, BOB), {}),
]


@pytest.mark.parametrize("name, to, message, options", RESTS, ids=[row[0] for row in RESTS])
def test_a_policy_that_changes_the_answer_is_named(
    name: str, to: Tenant, message: tuple[str, ...], options: dict[str, Any]
) -> None:
    """7.1: the answer under every other value is compared, and the decision names the policy at its setting."""
    plain = ask(to, *message, **options)
    values = [(value, changed) for n, value, changed in Policy().alternatives() if n == name]
    others = [(value, ask(to, *message, **{**options, "policy": changed})) for value, changed in values]

    assert plain.policies[name] == getattr(Policy(), name)
    for value, other in others:
        assert other.policies[name] == value
        assert other.as_dict() != plain.as_dict()


@pytest.mark.parametrize(
    "to, message",
    [
        (HYBRID, (JOHN, BOB)),
        (HYBRID, (BOB, JOHN, OUR_SERVER)),  # an accepted sender: no fallback to the recipient
        (tenant(outbound=(outbound("E", "contoso.com"), WILD, ALL)), (JOHN, BOB)),  # exact beats everything
        (CENTRAL, (ERIN, BOB)),
        (tenant(outbound=(CMT, P_ORG)), (JOHN, BOB)),
        (tenant(rules=(rule("To on-premises"),)), (JOHN, BOB)),  # a rule, but no CMT
        (tenant(outbound=(*TWINS,)), (BOB, DAVID)),  # equals that nobody needs
    ],
)
def test_a_policy_that_changes_nothing_is_not_named(to: Tenant, message: tuple[str, ...]) -> None:
    """7.1: if the answers are the same, the policy is not mentioned."""
    assert ask(to, *message).policies == {}


def test_the_tenants_own_policy_holds_unless_another_is_given() -> None:
    """mailflow.toml sets policies; the option outranks it."""
    own = tenant(outbound=(WILD,), policy=Policy(wildcard_apex="exclude"))

    assert ask(own, JOHN, BOB).outcome == "none"
    assert ask(own, JOHN, BOB, policy=Policy()).outcome == "connector"


RELAYED = tenant(outbound=(), accepted=accepted("contoso.com", type=DomainType.INTERNAL_RELAY), directory_complete=True)


@pytest.mark.parametrize(
    "to, recipient, policy, unrouted",
    [
        (RELAYED, NEW, "unrouted", True),  # 11, case 18
        (RELAYED, NEW, "mx", False),  # 7.2: "EOP looks up the MX record"
        (RELAYED, JOHN, "mx", True),  # placed by the directory: the policy does not speak
        (tenant(outbound=()), JOHN, "mx", True),
        (RELAYED, BOB, "unrouted", False),
    ],
)
def test_where_mail_for_on_premises_finds_no_connector(
    to: Tenant, recipient: str, policy: str, *, unrouted: bool
) -> None:
    """Without a connector the reason says unrouted, save for unplaced InternalRelay recipients by policy (7.2)."""
    found = ask(to, recipient, BOB, policy=Policy(internal_relay_fallback=policy))

    assert (found.reason == "onprem-recipient-unrouted") is unrouted


def test_a_mail_user_leaves_by_the_domain_it_is_resolved_to() -> None:
    """3.2: selection looks at the resolved address."""
    places = directory({BOB: CLOUD, "erin@contoso.com": Placement(MailboxPlace.EXTERNAL, ERIN)})
    found = ask(tenant(outbound=(P_ORG,), directory=places), "erin@contoso.com", BOB)

    assert (found.path, found.selected_outbound_connector) == ("cloud>internet", "P org")


def test_a_mail_user_arrives_by_the_domain_it_was_addressed_at() -> None:
    """4.2: attribution sees RCPT TO, so mail from our servers for our own contact is no relay to a foreign domain."""
    places = directory({"erin@contoso.com": Placement(MailboxPlace.EXTERNAL, ERIN)})
    found = ask(tenant(directory=places), "erin@contoso.com", SUN, OUR_SERVER)

    assert (found.outcome, found.selected_inbound_connector) == ("none", "From on-premises")


@pytest.mark.parametrize("address", [JOHN, JOHN.upper(), "John@Contoso.Com"])
def test_the_case_of_addresses_does_not_matter(address: str) -> None:
    """3.4, case."""
    found = ask(HYBRID, address, BOB.upper())

    assert (found.path, found.selected_outbound_connector) == ("cloud>onpremises", "To on-premises")


def dated(day: int, carrier: str) -> Snapshot:
    """Build a snapshot of January 2024 in which one connector carries everything to us."""
    since = datetime(2024, 1, day, tzinfo=UTC)
    return snapshot(name=f"2024-01-{day:02}T0000Z", since=since, outbound=(outbound(carrier, "contoso.com"),))


@pytest.mark.parametrize(
    "at, carrier",
    [
        (None, "Second"),  # the latest
        (datetime(2024, 1, 20, tzinfo=UTC), "Second"),  # in force from that moment
        (datetime(2024, 1, 19, 23, 59, 59, tzinfo=UTC), "First"),
        (datetime(2024, 1, 20), "Second"),  # noqa: DTZ001 - naive times are UTC
        (datetime(2024, 1, 20, 1, tzinfo=timezone(timedelta(hours=2))), "First"),  # 23:00 UTC on the day before
    ],
)
def test_the_snapshot_in_force_at_a_moment_answers(at: datetime | None, carrier: str) -> None:
    """Each snapshot is in force from its moment until the next; the decision names it."""
    found = ask(tenant(dated(10, "First"), dated(20, "Second")), JOHN, BOB, at=at)

    assert found.selected_outbound_connector == carrier
    assert found.snapshot == {"First": "2024-01-10T0000Z", "Second": "2024-01-20T0000Z"}[carrier]


def test_before_every_snapshot_nobody_can_tell_unless_told() -> None:
    """A moment that no export covers has no answer; with `judge_earlier` the first snapshot stands in."""
    ours, early = tenant(dated(10, "First"), dated(20, "Second")), datetime(2023, 1, 1, tzinfo=UTC)
    found = ask(ours, JOHN, BOB, at=early)
    assert (found.outcome, found.selected_outbound_connector, found.missing) == (
        "undetermined",
        None,
        ("earlier_configuration",),
    )
    assert (found.reason, found.snapshot) == ("before-first-snapshot", "before 2024-01-10T0000Z")
    assert ask(ours, JOHN, BOB, at=early, judge_earlier=True).selected_outbound_connector == "First"


def test_a_moment_inside_a_change_window_says_so() -> None:
    """The answer is that of the moment; the first step names what was changing."""
    changed_at = datetime(2024, 1, 15, 12, tzinfo=UTC)
    later = outbound("First", "contoso.com", smart_hosts=("mail.contoso.com",), changed_at=changed_at)
    ours = tenant(dated(10, "First"), replace(dated(20, "First"), outbound=(later,)))
    found = ask(ours, JOHN, BOB, at=changed_at)
    assert found.snapshot == "2024-01-10T0000Z changed 2024-01-15T120000Z"
    assert found.steps[0].fate == "not sure at this time: outbound connector First, changed 2024-01-15 12:00 UTC"


def test_it_prints_headline_reason_and_every_step() -> None:
    """A decision printed is the answer in one line, what it rests on, and the tree of steps, indented by depth."""
    found = ask(tenant(outbound=(WILD,)), JOHN, SUN, FOREIGN_HOST)
    lines = str(found).splitlines()

    assert lines[:4] == [
        "internet>onpremises: by Wild",
        "  reason: wildcard-domain",
        "  arrives: none",
        "  rests on: wildcard_apex=include",
    ]
    tree = [(depth, step) for top in found.steps for depth, step in top.walk()]
    assert lines[4:] == ["  " * (depth + 2) + str(step) for depth, step in tree]


def test_the_tree_tells_what_another_policy_value_would_give() -> None:
    """7.1: the policy that mattered stands there with its value, the other value and the other answer."""
    found = ask(tenant(outbound=(WILD,)), JOHN, SUN, FOREIGN_HOST)

    assert [str(step) for step in found.steps[-1].steps] == [
        "wildcard_apex = include: with exclude, leaves: none [7.1]"
    ]


def test_the_tree_names_what_is_missing_and_what_would_tell() -> None:
    """8: a missing input that matters is among the inputs, with the way to supply it."""
    found = ask(HYBRID, NEW, BOB)
    inputs = {step.subject: step.fate for step in found.steps[0].steps}

    assert "export the recipients" in inputs["missing destination"]


@pytest.mark.parametrize(
    "to, message, words",
    [
        (HYBRID, (ERIN, BOB), "by the MX record, no connector"),
        (HYBRID, (DAVID, BOB), "delivered inside Exchange Online"),
        (HYBRID, (ERIN, SUN, OUR_SERVER), "rejected with 5.7.64"),
        (tenant(outbound=TWINS), (JOHN, BOB), "by one of A, B"),
        (HYBRID, (NEW, BOB), "this is missing: destination"),
    ],
)
def test_the_headline_says_the_answer(to: Tenant, message: tuple[str, ...], words: str) -> None:
    """Each outcome has its sentence, with names, code or missing inputs."""
    assert words in ask(to, *message).headline()


def test_a_notebook_shows_no_markup_of_others() -> None:
    """A connector's name reaches HTML escaped."""
    found = ask(tenant(outbound=(outbound("<script>", "contoso.com"),)), JOHN, BOB)
    page = found._repr_html_()

    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.parametrize("option", ["origin", "destination"])
def test_a_place_that_does_not_exist_is_a_mistake_of_the_user(option: str) -> None:
    """In Python as on the command line, a wrong place is one clear line that names the right ones."""
    with pytest.raises(UsageError, match="onpremises"):
        ask(HYBRID, JOHN, BOB, **{option: "mars"})


def test_a_moved_mailbox_at_its_time() -> None:
    """`at` decides where the mailbox lived; without it the move is over."""
    noon = datetime(2025, 3, 15, 12, tzinfo=UTC)
    edges = tuple(microseconds(noon + timedelta(hours=h)) for h in (-1, 1))
    life = Residence((Placement(MailboxPlace.ONPREMISES), Placement(MailboxPlace.MOVING), CLOUD), edges)
    ours = tenant(directory=directory({JOHN: life, BOB: CLOUD}))
    before, during, after = (
        route(ours, recipient=JOHN, sender=BOB, origin="cloud", at=noon + timedelta(hours=h)) for h in (-2, 0, 2)
    )
    assert (before.path, before.outcome) == ("cloud>onpremises", "connector")
    assert (during.path, during.outcome, during.missing) == ("cloud>unknown", "undetermined", ("destination",))
    assert (after.path, after.outcome) == ("cloud>cloud", "local")
    assert route(ours, recipient=JOHN, sender=BOB, origin="cloud").path == after.path
