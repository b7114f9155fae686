"""The known keys of a configuration, version 1, as tables: what each may hold, what holds without it, and why.

Rules are not here: what may stand in them depends on the routes, upstreams and codes of the same file (see
`rules`). Nothing here looks at two keys at once: that is `coherence`.
"""

from gateway.config import protection as p
from gateway.config import scalars as s
from gateway.config.files import FILE, SecretFile
from gateway.config.findings import Report, Wrong
from gateway.config.kinds import By, Key, ListOf, MapOf, One, Table
from gateway.config.packs import PACKS
from gateway.config.settings import AdminSettings, AuditSettings, Limits, LoggingSettings, ServerSettings, Timeouts
from gateway.config.source import Node
from gateway.config.values import BOOLEAN, DURATION, ID, PERCENT, TEXT, duration, one_of, size, whole
from gateway.config.vocabulary import ByTransaction, challenge, status_code
from gateway.core.policy import RetryPolicy

PORT = whole(0, 65535)


def _version(written: str) -> int:
    if written != "1":
        raise Wrong("this release reads version 1")
    return 1


_LIMITS, _SERVER, _ADMIN, _TIMEOUTS = Limits(), ServerSettings(), AdminSettings(), Timeouts()
_RETRY, _LOGGING, _AUDIT = RetryPolicy(), LoggingSettings(), AuditSettings("tls", "", 0)
KIB, MIB = 2**10, 2**20

LIMITS = Table(
    {
        "target": Key(size(256, MIB), "The longest request target; longer ones are 414.", _LIMITS.target),
        "headers": Key(size(KIB, MIB), "The largest header section of a request.", _LIMITS.headers),
        "header_timeout": Key(DURATION, "How long a client may take to send the header.", _LIMITS.header_timeout),
        "idle_timeout": Key(
            DURATION,
            "How long a connection without a request stays open, and a client may take to read.",
            _LIMITS.idle_timeout,
        ),
        "body_timeout": Key(
            DURATION, "How long a client may pause within a body, or take for 256 bytes of it.", _LIMITS.body_timeout
        ),
        "connections": Key(whole(1, 1_000_000), "Client connections at a time.", _LIMITS.connections),
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
        "client_ca_file": Key(FILE, "Clients must show a certificate of these authorities.", None),
    }
)

SERVER = Table(
    {
        "host": Key(One(s.host), "The address to listen on.", _SERVER.host),
        "port": Key(PORT, "The port for clients; 0 takes any free one.", _SERVER.port),
        "workers": Key(
            One(p.workers), "How many processes serve the port; auto: one per core. Limits are divided among them.", 1
        ),
        "drain": Key(
            duration(0),
            "How long a shutdown waits for exchanges.",
            _SERVER.drain,
        ),
        "limits": Key(LIMITS, "What one client connection may ask.", LIMITS.defaults()),
        "tls": Key(SERVER_TLS, "TLS towards clients; without it, plain HTTP.", None),
        "trusted_proxies": Key(
            ListOf(One(s.network, str)), "Proxies whose word on the client's address counts.", _SERVER.trusted_proxies
        ),
    }
)

ADMIN = Table(
    {
        "host": Key(One(s.host), "The address for operators.", _ADMIN.host),
        "port": Key(PORT, "The port for operators; 0 takes any free one.", _ADMIN.port),
    }
)

DOCUMENTED = Table(
    {
        "set": Key(one_of("dicom", "dcs"), "The documented status codes: Table N.7-88, or the larger set.", "dicom"),
        "edition": Key(one_of("2024e", "2026a"), "2024e: a search without hits is 204; 2026a: 200.", "2024e"),
        "add": Key(
            MapOf(status_code, TEXT, str), "Further codes, each with the condition under which it is sent.", None
        ),
        "fold": Key(
            MapOf(status_code, One(status_code), str),
            "What single codes outside the set become, other than by default.",
            {},
        ),
        "strict": Key(BOOLEAN, "Only the codes of each transaction's own table in PS3.18.", False),
    }
)

TIMEOUTS = Table(
    {
        "connect": Key(DURATION, "To open a connection.", _TIMEOUTS.connect),
        "response": Key(DURATION, "From the end of the request to the head of the answer.", _TIMEOUTS.response),
        "idle": Key(DURATION, "Between two reads or two writes, and for each 256 bytes of a content.", _TIMEOUTS.idle),
        "by_transaction": Key(ByTransaction(DURATION), "Replaces `response` for single transactions.", {}),
    }
)

UPSTREAM_TLS = Table(
    {
        "ca_file": Key(FILE, "Authorities to trust in the place of the system's.", None),
        "verify": Key(BOOLEAN, "Whether the certificate must be valid for the host.", True),
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
            one_of("no_match", "error"), "What a search answered with no bytes at all means here.", "no_match"
        ),
        "forbidden_as_not_found": Key(BOOLEAN, "A 403 to a read means that nothing is there.", False),
    }
)

UPSTREAM = Table(
    {
        "url": Key(One(s.origin, str), "Scheme, host and port of the archive, such as http://pacs.internal:8042."),
        "host_header": Key(one_of("upstream", "client"), "Whose Host the archive sees.", "upstream"),
        "timeouts": Key(TIMEOUTS, "Patience with this archive.", TIMEOUTS.defaults()),
        "tls": Key(UPSTREAM_TLS, "TLS towards this archive, where its url is https.", None),
        "quirks": Key(QUIRKS, "What no default can know about this archive.", QUIRKS.defaults()),
        "limits": Key(p.LIMITS, "How much may be asked of this archive at a time.", None),
        "rate": Key(p.OneOrMore(p.RATE), "How often this archive may be asked: one rate, or a list.", ()),
        "breaker": Key(p.BREAKER, "When this archive is left alone for a while, because it fails.", None),
        "health": Key(p.HEALTH, "Ask this archive now and then whether it works.", None),
        "on_status": Key(
            p.ON_STATUS, "What is done with single codes (Table N.7-89): pass, follow or retry; all others pass.", {}
        ),
        "retry": Key(p.RETRY, "How requests are repeated, where on_status says so.", None),
        "follow": Key(p.FOLLOW, "How redirects are followed, where on_status says so.", None),
    },
)

ROUTE = Table(
    {
        "id": Key(ID, "A name for metrics and rules."),
        "prefix": Key(One(s.prefix), "Paths that begin so, at a segment boundary; the longest prefix wins.", "/"),
        "upstream": Key(TEXT, "The archive that serves it, by its id."),
        "service": Key(
            one_of("dicomweb", "wado-uri", "opaque"), "What is spoken there; opaque: judged as plain HTTP.", "dicomweb"
        ),
    }
)

RETRY_AFTER = Table(
    {
        "default": Key(DURATION, "The wait where nobody said better.", _RETRY.default),
        "min": Key(duration(1), "Never less than this.", _RETRY.minimum),
        "max": Key(duration(1), "Never more, as a guess.", _RETRY.maximum),
        "jitter": Key(PERCENT, "A random share added, so that not all come back at once.", _RETRY.jitter),
    }
)

INSPECT = Table(
    {
        "peek": Key(size(KIB, MIB), "How much of a body may be held to judge it.", 16 * KIB),
        "document": Key(size(KIB, 64 * MIB), "The same for documents that are judged as a whole.", 4 * MIB),
    }
)

LOGGING = Table(
    {
        "level": Key(one_of("debug", "info", "warning", "error"), "The least severe line to write.", _LOGGING.level),
        "format": Key(one_of("json", "text"), "How a line is written.", _LOGGING.format),
        "identifiers": Key(
            one_of("drop", "hash", "keep"), "What the access log tells of the UIDs in a request.", _LOGGING.identifiers
        ),
        "identifier_key_file": Key(
            SecretFile(least=16), "The key of the hashes; without it, a new one at each start.", None
        ),
    }
)

AUDIT = Table(
    {
        "url": Key(One(s.collector, str), "The collector, such as tls://audit.internal:6514; tcp:// on this host."),
        "ca_file": Key(FILE, "Authorities to trust in the place of the system's.", None),
        "cert_file": Key(FILE, "The certificate that the collector is shown, with its chain, in PEM.", None),
        "key_file": Key(FILE, "Its private key, in PEM.", None),
        "source_id": Key(TEXT, "The name of this gateway in the trail (AuditSourceID).", _AUDIT.source_id),
        "site": Key(TEXT, "The site it belongs to (AuditEnterpriseSiteID).", None),
        "queue": Key(whole(1, 1_000_000), "Messages that may wait for the collector.", _AUDIT.queue),
    }
)


def _node(node: Node, _report: Report) -> Node:
    """Rules are read later, when it is known what they may refer to."""
    return node


SECTIONS = Table(
    {
        "version": Key(One(_version), "The version of this format is 1."),
        "mode": Key(one_of("enforce", "observe"), "observe answers as the archive did, and counts.", "enforce"),
        "server": Key(SERVER, "The port for clients.", SERVER.defaults()),
        "admin": Key(ADMIN, "The port for operators.", ADMIN.defaults()),
        "documented": Key(DOCUMENTED, "The status codes that may leave.", DOCUMENTED.defaults()),
        "upstreams": Key(MapOf(s.identifier, UPSTREAM), "Name at least one archive, by an id."),
        "routes": Key(ListOf(ROUTE), "Which paths go where; with one upstream, all go there.", None),
        "packs": Key(PACKS, "Rules that ship: a list of names, or all; they come after the rules of the file.", ()),
        "rules": Key(By(_node), "Rules of this file; the first that matches decides.", None),
        "retry_after": Key(RETRY_AFTER, "Retry-After where the archive sent none.", RETRY_AFTER.defaults()),
        "inspect": Key(INSPECT, "Looking at bodies.", INSPECT.defaults()),
        "logging": Key(LOGGING, "The log.", LOGGING.defaults()),
        "audit": Key(AUDIT, "The audit trail of DICOM PS3.15; without it, none is sent.", None),
        "maintenance": Key(ListOf(p.MAINTENANCE), "When archives are not asked; 503 until the end.", ()),
        "cors": Key(p.CORS, "Scripts of other sites that may see answers; without it, the archive decides.", None),
        "shared_state": Key(p.SHARED_STATE, "Where replicas keep rates in common; without it, each alone.", None),
    },
)
