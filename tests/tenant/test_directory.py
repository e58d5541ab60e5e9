"""Where each mailbox lives: the table of recipient types, and lists laid over each other."""

from __future__ import annotations

import csv
import io
import logging
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import TenantError
from analyzer.tenant import load_tenant, recipients
from analyzer.tenant.directory import build_directory
from analyzer.tenant.maildirectory import MailDirectory
from analyzer.tenant.model import AcceptedDomain, DomainType, MailboxPlace, Placement
from analyzer.tenant.recipients import ListBuilder, RecipientList
from tests.tenant import renderings as r

ACCEPTED = (
    AcceptedDomain("contoso.com"),
    AcceptedDomain("fabrikam.com", DomainType.INTERNAL_RELAY, match_subdomains=True),
    AcceptedDomain("contoso.mail.onmicrosoft.com"),
)
CLOUD, EXTERNAL, GROUP, ONPREMISES, UNPLACED = (
    MailboxPlace.CLOUD,
    MailboxPlace.EXTERNAL,
    MailboxPlace.GROUP,
    MailboxPlace.ONPREMISES,
    MailboxPlace.UNPLACED,
)


def person(address: str, kind: str, target: str | None = None, *, proxies: Any = None) -> r.Object:
    """Make one recipient as PowerShell 7 writes it."""
    return {
        "PrimarySmtpAddress": address,
        "RecipientTypeDetails": kind,
        "EmailAddresses": [f"SMTP:{address}"] if proxies is None else proxies,
        "ExternalEmailAddress": target,
    }


def listing(people: Sequence[r.Object], *, onpremises: bool = False, where: str = "list") -> RecipientList:
    """Make a recipients list."""
    builder = ListBuilder(where, onpremises)
    for properties in people:
        builder.add_object(properties)
    built = builder.build()
    assert built is not None
    return built


def directory(*people: r.Object, onpremises: bool = False) -> MailDirectory:
    """Make a directory of one list."""
    return build_directory([listing(people, onpremises=onpremises)], ACCEPTED)


TYPES = [
    # type, target, list of own servers, place, target of the place
    ("UserMailbox", None, False, CLOUD, None),
    ("SharedMailbox", None, False, CLOUD, None),
    ("RoomMailbox", None, False, CLOUD, None),
    ("GroupMailbox", None, False, CLOUD, None),
    ("UserMailbox", "SMTP:away@wingtiptoys.com", False, CLOUD, None),
    ("MailUser", "SMTP:A@contoso.com", False, ONPREMISES, "a@contoso.com"),
    ("MailUser", "smtp:a@eu.fabrikam.com", False, ONPREMISES, "a@eu.fabrikam.com"),
    ("MailContact", "a@fabrikam.com", False, ONPREMISES, "a@fabrikam.com"),
    ("MailUser", "SMTP:a@eu.contoso.com", False, EXTERNAL, "a@eu.contoso.com"),
    ("MailUser", "SMTP:a@notfabrikam.com", False, EXTERNAL, "a@notfabrikam.com"),
    ("MailContact", "SMTP:a@wingtiptoys.com", False, EXTERNAL, "a@wingtiptoys.com"),
    ("GuestMailUser", "SMTP:a@contoso.com", False, EXTERNAL, "a@contoso.com"),
    ("MailUniversalDistributionGroup", None, False, GROUP, None),
    ("MailUniversalSecurityGroup", None, False, GROUP, None),
    ("DynamicDistributionGroup", None, False, GROUP, None),
    ("RoomList", None, False, GROUP, None),
    ("MailUser", None, False, UNPLACED, None),
    ("PublicFolder", None, False, UNPLACED, None),
    ("UserMailbox", None, True, ONPREMISES, None),
    ("LinkedMailbox", None, True, ONPREMISES, None),
    ("RemoteUserMailbox", "SMTP:a@contoso.mail.onmicrosoft.com", True, CLOUD, None),
    ("RemoteSharedMailbox", None, True, CLOUD, None),
    ("MailUser", "SMTP:a@contoso.mail.onmicrosoft.com", True, CLOUD, None),
    ("MailUser", "SMTP:a@wingtiptoys.com", True, EXTERNAL, "a@wingtiptoys.com"),
    ("MailUniversalDistributionGroup", None, True, GROUP, None),
]


@pytest.mark.parametrize("kind, target, onpremises, place, resolved", TYPES)
def test_where_a_recipient_lives(
    kind: str,
    target: str | None,
    onpremises: bool,  # noqa: FBT001
    place: MailboxPlace,
    resolved: str | None,
) -> None:
    """Type and target decide; the same type means opposite places in the two lists."""
    found = directory(person("x@contoso.com", kind, target), onpremises=onpremises).place("x@contoso.com")
    assert found == Placement(place, resolved)


def test_every_smtp_address_finds_the_recipient() -> None:
    """Proxy addresses count, others do not, and a plus address falls back to its base."""
    proxies = ["smtp:b@contoso.com", "SMTP:Bob@Contoso.com", "SIP:sip@contoso.com", "X500:/o=x/cn=b@contoso.com-x",
               "SPO:SPO_1@SPO_2", "bare@contoso.com"]  # fmt: skip
    found = directory(person("Bob@Contoso.com", "UserMailbox", proxies=proxies))
    held = ["bob@contoso.com", "b@contoso.com", "bare@contoso.com", "bob+news@contoso.com", "b+@contoso.com"]
    assert [found.place(address) for address in held] == [Placement(CLOUD)] * 5
    absent = [
        "sip@contoso.com",
        "b@contoso.com-x",
        "spo_1@spo_2",
        "+bob@contoso.com",
        "",
        "bob",
        "x+y",
        "bob@contoso.co",
    ]
    assert [found.place(address) for address in absent] == [None] * 8
    assert len(found) == 1


def test_the_primary_address_may_be_among_the_proxies_alone() -> None:
    """A list without PrimarySmtpAddress counts by the address behind the capital prefix."""
    bare = {"RecipientTypeDetails": "UserMailbox", "EmailAddresses": "smtp:b@contoso.com;SMTP:bob@contoso.com"}
    found = directory(bare, {**bare, "EmailAddresses": ""})
    assert found.place("bob@contoso.com") == Placement(CLOUD)
    assert len(found) == 1


def test_the_cloud_list_wins() -> None:
    """Of two lists the cloud's is believed where both know an address; the other fills the rest."""
    cloud = listing([person("a@contoso.com", "UserMailbox")])
    own = listing(
        [
            person("a@contoso.com", "UserMailbox", proxies=["SMTP:a@contoso.com", "smtp:old@contoso.com"]),
            person("c@contoso.com", "UserMailbox"),
        ],
        onpremises=True,
    )
    for lists in ([cloud, own], [own, cloud]):
        found = build_directory(lists, ACCEPTED)
        places = [found.place(f"{name}@contoso.com") for name in ("a", "old", "c")]
        assert places == [Placement(CLOUD), Placement(ONPREMISES), Placement(ONPREMISES)]
        assert len(found) == 2


def test_the_same_recipient_twice_counts_once() -> None:
    """Two overlapping lists of one side are one list."""
    people = [person("a@contoso.com", "UserMailbox"), person("c@contoso.com", "MailUser", "c@wingtiptoys.com")]
    assert len(build_directory([listing(people), listing(people[:1])], ACCEPTED)) == 2


def test_two_answers_for_one_address_are_refused() -> None:
    """Lists of different days in one snapshot are told by the first address they disagree on."""
    first = listing([person("a@contoso.com", "UserMailbox")], where="one.csv")
    second = listing([person("a@contoso.com", "MailUser", "a@fabrikam.com")], where="two.csv")
    with pytest.raises(TenantError) as caught:
        build_directory([first, second], ACCEPTED)
    line = "two.csv: a@contoso.com is listed as cloud and as onpremises (at a@fabrikam.com); one place for each address"
    assert str(caught.value) == line


def test_a_list_without_what_places_its_recipients_is_refused() -> None:
    """Types and targets cannot be guessed: a list without them is sent back with advice."""
    trimmed = {"PrimarySmtpAddress": "a@contoso.com", "RecipientTypeDetails": "MailUser"}
    with pytest.raises(TenantError, match="1 mail users or contacts without ExternalEmailAddress"):
        directory(trimmed)
    with pytest.raises(TenantError, match="recipients without RecipientTypeDetails"):
        directory({"PrimarySmtpAddress": "a@contoso.com", "EmailAddresses": ""})


def test_lost_addresses_are_refused_by_name(tmp_path: Path) -> None:
    """A cell of Export-Csv that holds the name of a type is refused with file, object and property."""
    people = [person("a@contoso.com", "UserMailbox"), person("b@contoso.com", "UserMailbox", proxies="System.String[]")]
    for data in (r.comma(people), r.json7(people)):
        with pytest.raises(TenantError, match=r"export0.txt: object 2 \(b@contoso.com\): EmailAddresses: 'System"):
            load_tenant(r.write(tmp_path, a=data))


def test_unknown_types_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """A type that the vendor invents later has no place, is named, and is still no unknown recipient."""
    with caplog.at_level(logging.WARNING):
        assert directory(person("a@contoso.com", "HologramUser")).place("a@contoso.com") == Placement(UNPLACED)
    assert "hologramuser" in caplog.text


def test_without_accepted_domains_mail_users_have_no_place(caplog: pytest.LogCaptureFixture) -> None:
    """On-premises or external cannot be told without the accepted domains, so neither is said."""
    people = [person("a@contoso.com", "MailUser", "a@contoso.com"), person("b@contoso.com", "UserMailbox")]
    with caplog.at_level(logging.WARNING):
        found = build_directory([listing(people)], None)
    assert (found.place("a@contoso.com"), found.place("b@contoso.com")) == (Placement(UNPLACED), Placement(CLOUD))
    assert "1 mail users and contacts have no place" in caplog.text


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list read in many batches is the list read in one."""
    people = [person(f"u{n}@contoso.com", "MailUser", f"u{n}@fabrikam.com") for n in range(50)]
    whole = directory(*people)
    monkeypatch.setattr(recipients, "_JSON_BATCH", 7)
    parts = directory(*people)
    for n in range(50):
        address = f"u{n}@contoso.com"
        assert whole.place(address) == parts.place(address) == Placement(ONPREMISES, f"u{n}@fabrikam.com")
    assert len(whole) == len(parts) == 50


def test_a_csv_larger_than_a_block(tmp_path: Path) -> None:
    """A list of many megabytes, with newlines in cells, is read whole."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(("Notes", "PrimarySmtpAddress", "RecipientTypeDetails", "EmailAddresses"))
    for n in range(30_000):
        writer.writerow(("a\r\nb," * 30, f"u{n}@contoso.com", "UserMailbox", f"SMTP:u{n}@contoso.com"))
    (snapshot,) = load_tenant(r.write(tmp_path, a=stream.getvalue().encode())).snapshots
    assert snapshot.directory is not None
    assert len(snapshot.directory) == 30_000
    assert snapshot.directory.place("u29999@contoso.com") == Placement(CLOUD)


@given(
    st.dictionaries(
        st.emails(domains=st.just("contoso.com")).map(str.lower).filter(lambda a: not set(a) & set("/={};,:")),
        st.sampled_from(["UserMailbox", "RoomList"]),
        max_size=60,
    )
)
def test_every_address_is_found_and_no_other(people: dict[str, str]) -> None:
    """The packed directory answers as a dictionary would, also after a trip to another process."""
    built = build_directory([listing([person(a, k) for a, k in people.items()])] if people else [], ACCEPTED)
    found = pickle.loads(pickle.dumps(built))
    for address, kind in people.items():
        assert found.place(address) == Placement(GROUP if kind == "RoomList" else CLOUD)
        assert found.place(f"x{address}") == built.place(f"x{address}")
        assert (found.place(f"x{address}") is None) == (f"x{address}" not in people) or "+" in address
    assert len(found) == len(people)


def test_the_domains_of_a_place_are_those_that_route() -> None:
    """The domain of the target counts where there is one, else that of each of the recipient's own addresses."""
    people = (
        person("ann@contoso.com", "MailUser", "SMTP:ann@corp.fabrikam.com"),
        person("bob@contoso.com", "UserMailbox"),
        person("cem@contoso.com", "MailUser", "SMTP:cem@contoso.com"),
        person("dee@contoso.com", "MailContact", "SMTP:dee@example.org"),
    )
    found = directory(*people)

    assert found.domains(ONPREMISES) == {"contoso.com", "corp.fabrikam.com"}
    assert found.domains(EXTERNAL) == {"example.org"}
    assert directory(people[1], onpremises=True).domains(ONPREMISES) == {"contoso.com"}
    assert build_directory((), ACCEPTED).domains(CLOUD) == frozenset()
