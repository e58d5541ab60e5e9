"""Every column of every table: name, type, one sentence of meaning.

The data dictionary (`mailflow list schema`), the docs and the tests read these declarations; the
readers, the pipeline and the writers use the Arrow schemas built from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

TEXT = pa.string()
CODED = pa.dictionary(pa.int32(), pa.string())  # text that repeats
TIME = pa.timestamp("us", "UTC")
COUNT = pa.int64()
TEXTS = pa.list_(pa.string())

VERDICTS = (
    "unrouted",
    "misroute",
    "mismatch",
    "ambiguous",
    "undetermined",
    "match",
    "no_evidence",
    "not_routed",
)
ALARMS = ("unrouted", "misroute", "mismatch")
PLACES = ("cloud", "onpremises", "internet", "partner", "unknown")
SEVERITIES = ("info", "low", "medium", "high")
# What the codes of the column `missing` mean, and what would supply the input.
INPUTS = {
    "origin": "where the message came from: declare [onpremises] addresses, export the recipients",
    "destination": "where the recipient's mailbox lives: export the recipients",
    "mx": "where the MX record points: mailflow.toml, [mx]",
    "forwarded": "whether a cloud mailbox forwarded this copy: use an Extended report",
    "rule_hit": "whether a mail flow rule fired: export the rules, use an Extended report",
    "certificate": "the certificate that the source presented: mailflow.toml, [onpremises]",
    "send_logs": "what your other servers presented: put the SMTP send logs of each below onpremises/",
    "connecting_ip": "the connecting address: the service keeps it for ten days only",
    "envelope_sender": "MAIL FROM; the log names the header sender only: use an Extended report",
    "connector_of_recipient": "which of several recipients the one connector cell speaks of: use an Extended report",
    "connector_definition": "the connector that the log names: export the connectors again",
    "associated_domains": "no document says how AssociatedAcceptedDomains narrows a connector: remove the property",
    "source_tenant": "from which Office 365 tenant the message came: no log shows it",
    "outbound_connectors": "the outbound connectors: Get-OutboundConnector",
    "inbound_connectors": "the inbound connectors: Get-InboundConnector",
    "send_connectors": "the Send connectors of your own servers: Get-SendConnector, below onpremises/",
    "receive_connectors": "the Receive connectors of your own servers: Get-ReceiveConnector, below onpremises/",
    "routing_address": "the address to which your own servers resolve the recipient: export Get-AcceptedDomain there",
    "site_costs": "what the way between sites costs, and which servers share one: no export of connectors holds it",
    "server": "which of your own servers wrote the row: use its message tracking log",
    "local_endpoint": "the address and port that the client connected to: use the SMTP receive protocol log",
    "size": "the bytes of the message: the row does not say",
    "earlier_configuration": "the settings at that time: add an older export as a dated snapshot",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type and meaning."""

    name: str
    type: pa.DataType
    meaning: str


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table: its name, what a row stands for, its columns in order, and these as Arrow has them."""

    name: str
    row: str
    columns: tuple[Column, ...]
    arrow: pa.Schema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the Arrow schema together."""
        object.__setattr__(self, "arrow", pa.schema([(c.name, c.type) for c in self.columns]))

    def empty(self) -> pa.Table:
        """The table without rows but with every column."""
        return self.arrow.empty_table()

    def __iter__(self) -> Iterator[Column]:
        """Walk the columns in order."""
        return iter(self.columns)


_LOGGED = (
    Column("received_at", TIME, "Time of the row in UTC."),
    Column("message_id", TEXT, "Internet message ID (Message-ID header) with its angle brackets."),
    Column("network_message_id", TEXT, "The service's own id: lower case, with dashes."),
    Column("envelope_sender", CODED, "MAIL FROM (P1); `<>` is the null sender; null where the log does not state it."),
    Column("header_from", CODED, "Address of the From or Sender header (P2), or the one sender a trace names."),
    Column("recipient", CODED, "One envelope recipient."),
    Column("size", COUNT, "Bytes."),
    Column("event", CODED, "Event name of formats with one row an event, upper case; null elsewhere."),
    Column("delivery_status", CODED, "The log's own words for this recipient, unchanged."),
    Column("directionality", CODED, "The log's own word in lower case; 1 and 2 are written inbound and outbound."),
    Column(
        "connecting_ip", CODED, "Address that spoke SMTP to the service, or the client's address; empty where blank."
    ),
    Column("next_hop", CODED, "Address or host the message was handed to; an own server's log gives both, as host[address]."),
    Column("tls_version", CODED, "TLS version as logged."),
    Column("tls_cipher", CODED, "TLS cipher as logged."),
    Column("logged_connector", CODED, "Connector cell as logged; empty where blank, null where the format has none."),
)

NORMALISED = TableSchema(
    "normalised",
    "What a format makes of a log row: one row a recipient, before any conclusion.",
    (
        *_LOGGED,
        Column("certificate", CODED, "Subject and alternate names, joined by `;`, of the certificate that the sending side presented; empty where it presented none, null where the log does not say."),
        Column("connecting_host", CODED, "Host name the log gives for the connecting address."),
        Column("logged_inbound", CODED, "Connector name where the log itself says the side is inbound; else null."),
        Column(
            "logged_outbound", CODED, "Connector name(s, joined by `| `) where the log itself says outbound; else null."
        ),
        Column("routed_by_rule", pa.bool_(), "The log says that a mail flow rule chose the connector."),
        Column("forwarded", pa.bool_(), "The log marks the row as a redirected or forwarded copy."),
        Column("server", CODED, "Own server that took or sent the message: lower case, without its domain; null where no log of it says."),
        Column("local_endpoint", CODED, "Address and port of that server in the SMTP session, where its log says."),
        Column("smtp_client", CODED, "Address that spoke SMTP to that server, where it is not the connecting address: a front end's."),
        Column("source_row", COUNT, "Record number in the file from 1, header not counted."),
    ),
)

# Beside the rows, only in memory, and only where a mail flow rule looks at it: subjects are private.
SUBJECT = pa.field("subject", CODED)

STORED = TableSchema(
    "store",
    "A normalised row and the file it came from: one row a recipient, before any conclusion.",
    (*NORMALISED.columns, Column("source_file", CODED, "The file, as given.")),
)

MESSAGES = TableSchema(
    "messages",
    "A recipient of a message at one routing event, with its verdict.",
    (
        *_LOGGED[:5],
        Column("sender_domain", CODED, "Domain of the envelope sender, else of the header sender, lower case."),
        _LOGGED[5],
        Column("recipient_domain", CODED, "Domain of the recipient, lower case."),
        *_LOGGED[6:],
        Column("origin", CODED, "Where the message came from: cloud, onpremises, internet, partner, unknown."),
        Column("destination", CODED, "Where the recipient is: cloud, onpremises, internet, partner, unknown."),
        Column("path", CODED, "origin>destination."),
        Column("server", CODED, "Own server whose log it is, where it says: lower case, without its domain; null in logs of Office 365."),
        Column("local_endpoint", CODED, "Address and port of that server in the SMTP session, where its log says."),
        Column("smtp_client", CODED, "Address that spoke SMTP to that server, where it is not the connecting address: a front end's."),
        Column("vantage", CODED, "Whose log: office365 (its inbound and outbound connectors) or own-server (its Receive and Send connectors)."),
        Column("evidence", CODED, "Sides on which the log speaks of a connector: none, inbound, outbound, both."),
        Column(
            "logged_inbound_connector", CODED, "The tenant's spelling; null with evidence on that side = no connector."
        ),
        Column(
            "logged_outbound_connector", CODED, "The tenant's spelling; null with evidence on that side = no connector."
        ),
        Column(
            "inbound_outcome",
            CODED,
            "Answer on arrival: connector, none, reject, ambiguous, undetermined; null = no part.",
        ),
        Column(
            "outbound_outcome", CODED, "Answer on leaving: connector, none, local, reject, ambiguous, undetermined."
        ),
        Column("selected_inbound_connector", CODED, "Inbound connector that the configuration selects; of an own server, the Receive connector."),
        Column("selected_outbound_connector", CODED, "Outbound connector that the configuration selects; of an own server, the Send connector."),
        Column("inbound_verdict", CODED, "Verdict of the inbound side; null where it takes no part."),
        Column("outbound_verdict", CODED, "Verdict of the outbound side; null where it takes no part."),
        Column("verdict", CODED, "The headline over both sides."),
        Column("reason", CODED, "Why, as a stable kebab-case code."),
        Column("policies", TEXTS, "Policies that the verdict rests on, as name=value."),
        Column(
            "candidates", TEXTS, "Connectors that match equally well, or the answers under a policy's other values."
        ),
        Column("missing", TEXTS, "Inputs that are missing and matter."),
        Column("changing", TEXTS, "Changes of the configuration because of which an alarm was withheld."),
        Column("open_rules", TEXTS, "Conditions of mail flow rules that no log shows and that leave the verdict open."),
        Column(
            "snapshot",
            CODED,
            "Snapshot the row was judged by; `A changed T` = A with what had changed up to T; `before A` = none.",
        ),
        Column("source_file", CODED, "The file, as given."),
        Column("source_row", COUNT, "Record number in the file from 1, header not counted."),
    ),
)

REJECTS = TableSchema(
    "rejects",
    "A log row that could not be read.",
    (
        Column("source_file", TEXT, "The file, as given."),
        Column("source_row", COUNT, "Record number in the file from 1, header not counted."),
        Column("reason", TEXT, "What was wrong and what would have been accepted."),
        Column("raw", TEXT, "The row's own text, up to 65,536 characters of it."),
    ),
)

CAUSES = TableSchema(
    "causes",
    "All messages of one day that share path, connectors, verdict and why.",
    (
        Column("day", pa.date32(), "Day in UTC."),
        Column("format", TEXT, "Log format the rows came from."),
        Column("snapshot", TEXT, "Snapshot the rows were judged by, as in `messages`."),
        Column("origin", TEXT, "Where the messages came from."),
        Column("destination", TEXT, "Where the recipients are."),
        Column("path", TEXT, "origin>destination."),
        Column("vantage", TEXT, "Whose log and connectors: office365 or own-server."),
        Column("recipient_domain", TEXT, "Recipient domain, lower case; `(other)` = domains beyond the first 10,000 of a verdict."),
        Column("evidence", TEXT, "Sides on which the log speaks of a connector."),
        Column(
            "logged_inbound", TEXT, "Logged inbound connector; `(none)` = logged as none; null = the log does not say."
        ),
        Column(
            "logged_outbound",
            TEXT,
            "Logged outbound connector; `(none)` = logged as none; null = the log does not say.",
        ),
        Column("selected_inbound", TEXT, "Selected inbound connector, else the outcome in brackets; null = no part."),
        Column("selected_outbound", TEXT, "Selected outbound connector, else the outcome in brackets; null = no part."),
        Column("inbound_verdict", TEXT, "Verdict of the inbound side."),
        Column("outbound_verdict", TEXT, "Verdict of the outbound side."),
        Column("verdict", TEXT, "The headline."),
        Column("reason", TEXT, "Why, as a stable kebab-case code."),
        Column("policies", TEXTS, "Policies the verdict rests on, as name=value."),
        Column("bears_out", TEXTS, "For each policy whose values differ here: the values the log agrees with."),
        Column("missing", TEXTS, "Inputs that are missing and matter."),
        Column("changing", TEXTS, "Changes of the configuration because of which an alarm was withheld."),
        Column("open_rules", TEXTS, "Conditions of mail flow rules that no log shows and that leave the verdict open."),
        Column("source", TEXT, "Connecting address where the cause is one of arrival; `(other)` = addresses beyond the first 1,000 of a verdict; else null."),
        Column("failure", TEXT, "Enhanced status code of failures; `5.x.x` = one that no finding reads; null = none."),
        Column("signs", TEXTS, "What else the rows show: mx-bypassed, sender-not-accepted."),
        Column("contradicted", pa.bool_(), "The row contradicts the recipients list on where the mailbox lives."),
        Column("unknown_connector", TEXT, "Logged name that no snapshot knows; else null."),
        Column("messages", COUNT, "Recipients of messages."),
        Column("failed", COUNT, "How many of them failed."),
        Column("first_seen", TIME, "Earliest row."),
        Column("last_seen", TIME, "Latest row."),
        Column("examples", TEXTS, "Up to three message ids."),
    ),
)

FINDINGS = TableSchema(
    "findings",
    "One cause that an administrator can act on.",
    (
        Column("code", TEXT, "Stable code (MF101 ...)."),
        Column("name", TEXT, "Stable name in kebab case."),
        Column("severity", TEXT, "high, medium, low or info."),
        Column("title", TEXT, "One sentence."),
        Column("cause", TEXT, "Why it is so."),
        Column("path", TEXT, "origin>destination."),
        Column("domain", TEXT, "Recipient domain(s) concerned."),
        Column("logged", TEXT, "Connector the log names."),
        Column("selected", TEXT, "Connector the configuration selects."),
        Column("messages", COUNT, "Recipients of messages concerned."),
        Column("failed", COUNT, "How many of them failed."),
        Column("first_seen", TIME, "Earliest row."),
        Column("last_seen", TIME, "Latest row."),
        Column("examples", TEXTS, "Up to three message ids."),
        Column("policies", TEXTS, "Policies the finding rests on, as name=value."),
        Column("advice", TEXT, "What to change, naming the property."),
        Column("began", TIME, "When it began; null where the log does not tell that it was right before."),
        Column("began_with", TEXT, "Change of the configuration, snapshot or moves within a day before it began."),
        Column("ended", TIME, "When it ended; null where the log does not tell that it was right again."),
        Column("ended_with", TEXT, "The same within a day around its end."),
    ),
)

CHANGES = TableSchema(
    "changes",
    "A property in which two configurations differ, or an object that only one of them has.",
    (
        Column("kind", TEXT, "Kind of object: outbound connector, accepted domain, setting, policy ...; or selection."),
        Column("object", TEXT, "Name of the object in the newer configuration; of a selection, the recipient domain."),
        Column("change", TEXT, "added, removed, renamed, replaced, turned on, turned off, changed; or not compared."),
        Column("property", TEXT, "Property by the vendor's name, key of mailflow.toml; null = the object as a whole."),
        Column("before", TEXT, "Value in the older configuration; null = not set."),
        Column("after", TEXT, "Value in the newer configuration; null = not set."),
        Column("changed_at", TIME, "WhenChangedUTC of the newer object; null where the export does not tell."),
        Column("domains", TEXTS, "Domains that the object concerns before or after; `*.d` = subdomains, `*` = others."),
    ),
)

TABLES = (MESSAGES, REJECTS, CAUSES, FINDINGS)
