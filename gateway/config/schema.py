"""The known keys of a configuration, version 1, as tables: what each may hold, what holds without it, and why.

Rules are not here: what may stand in them depends on the routes, upstreams and codes of the same file (see
`rules`). Nothing here looks at two keys at once: that is `coherence`.
"""

from pathlib import Path

from gateway.config import protection as p
from gateway.config import scalars as s
from gateway.config.compound import OneOrMore, Some
from gateway.config.files import FILE, SecretFile
from gateway.config.findings import Report, Wrong
from gateway.config.kinds import By, Key, ListOf, MapOf, One, Table
from gateway.config.packs import PACKS
from gateway.config.rules import rule_table
from gateway.config.settings import (
    AdminSettings,
    AuditSettings,
    Limits,
    LoggingSettings,
    RecordingSettings,
    ServerSettings,
    Timeouts,
)
from gateway.config.source import Node
from gateway.config.tracing import TRACING
from gateway.config.values import BOOLEAN, DURATION, ID, PERCENT, TEXT, duration, one_of, size, whole
from gateway.config.vocabulary import ByTransaction, challenge, status_code
from gateway.config.when import Names
from gateway.core.policy import RetryPolicy

PORT = whole(0, 65535)


def version(written: str) -> int:
    if written != "1":
        raise Wrong("this release reads version 1")
    return 1


_LIMITS, _SERVER, _ADMIN, _TIMEOUTS = Limits(), ServerSettings(), AdminSettings(), Timeouts()
_RETRY, _LOGGING, _AUDIT = RetryPolicy(), LoggingSettings(), AuditSettings("tls", "", 0)
_RECORDING = RecordingSettings(Path("/"))
KIB, MIB = 2**10, 2**20

LIMITS = Table(
    {
        "target": Key(size(256, MIB), "The longest request target; a longer one is 414.", _LIMITS.target),
        "headers": Key(
            size(KIB, MIB), "The largest header section of a request, and its longest line.", _LIMITS.headers
        ),
        "header_timeout": Key(DURATION, "How long a client may take to send a header section.", _LIMITS.header_timeout),
        "idle_timeout": Key(
            DURATION,
            "How long a connection without a request stays open, and a client may take to read.",
            _LIMITS.idle_timeout,
        ),
        "body_timeout": Key(
            DURATION, "How long a client may pause within a body, or take for 256 bytes of it.", _LIMITS.body_timeout
        ),
        "connections": Key(whole(1, 1_000_000), "How many clients may be connected at a time.", _LIMITS.connections),
        "tunnels": Key(
            whole(0, 1_000_000),
            "Notification channels (WebSocket) open at a time; 0 opens none.",
            _LIMITS.tunnels,
        ),
        "tunnel_idle": Key(
            DURATION,
            "How long a notification channel may be silent, both ways, before it is closed.",
            _LIMITS.tunnel_idle,
        ),
    }
)

SERVER_TLS = Table(
    {
        "cert_file": Key(FILE, "The certificate, with its chain, in PEM."),
        "key_file": Key(FILE, "The private key, in PEM."),
        "client_ca_file": Key(FILE, "With it, clients must show a certificate of these authorities (PEM).", None),
    }
)

SERVER = Table(
    {
        "host": Key(One(s.host), "The address to listen on; 0.0.0.0 and :: mean all of this machine's.", _SERVER.host),
        "port": Key(PORT, "The port for clients; 0 takes any free one.", _SERVER.port),
        "workers": Key(
            One(p.workers),
            "How many processes serve the port; auto: one per core. They share what the limits allow.",
            1,
        ),
        "drain": Key(
            duration(0),
            "How long a shutdown waits for exchanges that are under way.",
            _SERVER.drain,
        ),
        "limits": Key(LIMITS, "What clients may ask of the gateway.", LIMITS.defaults()),
        "tls": Key(SERVER_TLS, "TLS towards clients; without it, plain HTTP.", None),
        "trusted_proxies": Key(
            ListOf(One(s.network, str)),
            "Networks of proxies in front of the gateway; the X-Forwarded-For that they send is believed.",
            _SERVER.trusted_proxies,
        ),
    }
)

ADMIN = Table(
    {
        "host": Key(One(s.host), "The address to listen on for operators.", _ADMIN.host),
        "port": Key(PORT, "The port for operators; 0 takes any free one.", _ADMIN.port),
    }
)

DOCUMENTED = Table(
    {
        "set": Key(one_of("dicom", "dcs"), "The documented status codes: Table N.7-88, or the larger set.", "dicom"),
        "edition": Key(
            one_of("2024e", "2026a"),
            "How a search without hits is answered. 2024e: 204; 2026a: 200 and an empty list.",
            "2024e",
        ),
        "add": Key(
            MapOf(status_code, TEXT, str),
            "Further codes, each with the condition under which it is sent. Without it, 429 for limits that were reached.",
            None,
        ),
        "fold": Key(
            MapOf(status_code, One(status_code), str),
            "What single codes outside the set become, where the built-in table is not to decide.",
            {},
        ),
        "strict": Key(BOOLEAN, "Whether only the codes of each transaction's own table in PS3.18 may leave.", False),
    }
)

TIMEOUTS = Table(
    {
        "connect": Key(DURATION, "How long it may take to open a connection.", _TIMEOUTS.connect),
        "response": Key(
            DURATION, "How long it may take from the end of the request to the head of the answer.", _TIMEOUTS.response
        ),
        "idle": Key(
            DURATION,
            "The longest pause between two reads or two writes, and for each 256 bytes of a content.",
            _TIMEOUTS.idle,
        ),
        "by_transaction": Key(ByTransaction(DURATION), "Takes the place of `response` for single transactions.", {}),
    }
)

UPSTREAM_TLS = Table(
    {
        "ca_file": Key(FILE, "Certificates (PEM) of the authorities to trust, in the place of the system's.", None),
        "verify": Key(
            BOOLEAN,
            "Whether the archive's certificate must be valid for its host; false believes whoever answers.",
            True,
        ),
        "cert_file": Key(FILE, "The certificate that this archive is shown, with its chain, in PEM.", None),
        "key_file": Key(FILE, "Its private key, in PEM.", None),
    }
)

QUIRKS = Table(
    {
        "unauthorized_challenge": Key(
            One(challenge), "The WWW-Authenticate of a 401 that came without one; without it, such a 401 is 403.", None
        ),
        "empty_search": Key(
            one_of("no_match", "error"),
            "What a search answered with no bytes at all means: nothing was found (no_match), or it failed (error).",
            "no_match",
        ),
        "forbidden_as_not_found": Key(
            BOOLEAN, "Whether a 403 to a read means that nothing is there, as with files in a bucket.", False
        ),
    }
)

UPSTREAM = Table(
    {
        "url": Key(One(s.origin, str), "Scheme, host and port of the archive, such as http://pacs.internal:8042."),
        "host_header": Key(
            one_of("upstream", "client"),
            "Which Host the archive sees: its own (upstream), or that of the request (client).",
            "upstream",
        ),
        "timeouts": Key(TIMEOUTS, "How long the gateway waits for this archive.", TIMEOUTS.defaults()),
        "tls": Key(UPSTREAM_TLS, "TLS towards this archive, where its url is https.", None),
        "quirks": Key(QUIRKS, "What no default can know about this archive.", QUIRKS.defaults()),
        "limits": Key(
            p.LIMITS, "How much may be asked of this archive at a time; without it, as much as clients like.", None
        ),
        "rate": Key(OneOrMore(p.RATE), "How often this archive may be asked; all of several rates hold.", ()),
        "breaker": Key(
            p.BREAKER, "When this archive is left alone for a while, because it fails; without it, never.", None
        ),
        "health": Key(
            p.HEALTH, "How this archive is asked now and then whether it works; without it, it is not.", None
        ),
        "on_status": Key(
            p.ON_STATUS, "What is done with single codes of the archive (PS3.2 Table N.7-89); all others pass.", {}
        ),
        "retry": Key(p.RETRY, "How requests are repeated, where on_status says so.", None),
        "follow": Key(p.FOLLOW, "How redirects are followed, where on_status says so.", None),
    },
)

ROUTE = Table(
    {
        "id": Key(ID, "A name for metrics, logs and rules."),
        "prefix": Key(One(s.prefix), "Paths that begin so, at a segment boundary; the longest prefix wins.", "/"),
        "upstream": Key(TEXT, "The archive that serves it, by its id."),
        "service": Key(
            one_of("dicomweb", "wado-uri", "opaque"),
            "What is spoken there. opaque: anything else, judged as plain HTTP, of which no content is read.",
            "dicomweb",
        ),
    }
)

RETRY_AFTER = Table(
    {
        "default": Key(DURATION, "The wait where nobody knows better.", _RETRY.default),
        "min": Key(duration(1), "The shortest wait that a client is told.", _RETRY.minimum),
        "max": Key(duration(1), "The longest wait that a client is told, where it is a guess.", _RETRY.maximum),
        "jitter": Key(PERCENT, "A random share on top, so that not all clients come back at once.", _RETRY.jitter),
    }
)

INSPECT = Table(
    {
        "peek": Key(size(KIB, MIB), "How much of the beginning of a content may be held to judge it.", 16 * KIB),
        "document": Key(
            size(KIB, 64 * MIB),
            "The same for documents that are judged as a whole: store responses, small JSON answers.",
            4 * MIB,
        ),
    }
)

LOGGING = Table(
    {
        "level": Key(
            one_of("debug", "info", "warning", "error"), "The least severe line that is written.", _LOGGING.level
        ),
        "format": Key(
            one_of("json", "text"), "How a line is written: as a JSON object, or as text for people.", _LOGGING.format
        ),
        "identifiers": Key(
            one_of("drop", "hash", "keep"),
            "What the access log tells of the study, series and instance of a request: nothing (drop), keyed hashes (hash), "
            "or their UIDs (keep).",
            _LOGGING.identifiers,
        ),
        "identifier_key_file": Key(
            SecretFile(least=16), "The key of the hashes; without it, a new one at each start.", None
        ),
    }
)

AUDIT = Table(
    {
        "url": Key(One(s.collector, str), "The collector, such as tls://audit.internal:6514; tcp:// on this host."),
        "ca_file": Key(FILE, "Certificates (PEM) of the authorities to trust, in the place of the system's.", None),
        "cert_file": Key(FILE, "The certificate that the collector is shown, with its chain, in PEM.", None),
        "key_file": Key(FILE, "Its private key, in PEM.", None),
        "source_id": Key(TEXT, "The name of this gateway in the trail (AuditSourceID).", _AUDIT.source_id),
        "site": Key(TEXT, "The site it belongs to (AuditEnterpriseSiteID).", None),
        "queue": Key(whole(1, 1_000_000), "Messages that may wait for the collector.", _AUDIT.queue),
    }
)


RECORDING = Table(
    {
        "directory": Key(One(s.folder, str), "The folder for recordings, which is made where it is missing."),
        "keep": Key(size(16 * MIB, 2**40), "How much is kept; the oldest goes first.", _RECORDING.keep),
        "identifiers": Key(
            one_of("drop", "hash"), "What a recording tells of the UIDs in a request.", _RECORDING.identifiers
        ),
        "identifier_key_file": Key(
            SecretFile(least=16), "The key of the hashes; without it, a new one at each start.", None
        ),
    }
)


def _node(node: Node, _report: Report) -> Node:
    """Rules are read later, when it is known what they may refer to."""
    return node


SECTIONS = Table(
    {
        "version": Key(One(version), "The version of this format is 1."),
        "mode": Key(
            one_of("enforce", "observe"),
            "enforce: clients get what the policy decides. observe: they get what the archive said, and what would have been "
            "changed is counted.",
            "enforce",
        ),
        "server": Key(SERVER, "The port for clients, and what they may ask of it.", SERVER.defaults()),
        "admin": Key(ADMIN, "The port for operators: health, metrics, status page. Keep it inside.", ADMIN.defaults()),
        "documented": Key(
            DOCUMENTED,
            "The status codes that clients may get; every other one is folded into these.",
            DOCUMENTED.defaults(),
        ),
        "upstreams": Key(
            Some(MapOf(s.identifier, UPSTREAM), "is empty; name at least one archive, by an id"),
            "The archives, each by an id of your choice; name at least one.",
        ),
        "routes": Key(
            Some(ListOf(ROUTE), "is empty, so no request would go anywhere; leave it out or name one"),
            "Which paths go to which archive; with only one archive, all go there.",
            None,
        ),
        "packs": Key(
            PACKS,
            "Rules that ship with the gateway, by the names of their packs; they come after those of the file.",
            (),
        ),
        "rules": Key(
            By(_node, ListOf(rule_table(Names()))),
            "Your own rules, in the order in which they are asked; the first that matches decides.",
            None,
        ),
        "retry_after": Key(
            RETRY_AFTER,
            "When clients that got a 503 or 429 are told to come back, where the archive did not say.",
            RETRY_AFTER.defaults(),
        ),
        "inspect": Key(INSPECT, "How much of a content may be held to judge it.", INSPECT.defaults()),
        "logging": Key(LOGGING, "What the log tells, and how.", LOGGING.defaults()),
        "audit": Key(AUDIT, "The audit trail of DICOM PS3.15; without it, none is sent.", None),
        "recording": Key(
            RECORDING, "Exchanges recorded without patient data, to try policies on; off without it.", None
        ),
        "tracing": Key(
            TRACING, "Spans of exchanges for a collector of OpenTelemetry, without patient data; off without it.", None
        ),
        "maintenance": Key(
            ListOf(p.MAINTENANCE), "Windows of time in which archives are not asked; clients get 503 until the end.", ()
        ),
        "cors": Key(
            p.CORS, "Which scripts of other sites may see answers in a browser; without it, the archive decides.", None
        ),
        "shared_state": Key(
            p.SHARED_STATE, "Where several gateways keep their rates in common; without it, each counts alone.", None
        ),
    },
)
