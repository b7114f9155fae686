"""The settings of one generation: what the YAML said, all defaults filled in. Durations in seconds, sizes in bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from gateway.config.cases import Example
from gateway.config.contents import Contents
from gateway.core.policy import Policy
from gateway.guard.maintenance import Window
from gateway.guard.protection import ProtectionSettings

Behaviour = Literal["pass", "follow", "retry"]  # Table N.7-89
Service = Literal["dicomweb", "wado-uri", "opaque"]
ShownTo = Literal["listener", "upstream", "audit", "tracing"]
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may ask of the gateway. `headers` bounds one field line and the whole section; `tunnels` the notification
    channels open at a time, `tunnel_idle` the silence in which one of them is ended."""

    target: int = 8 * 1024
    headers: int = 32 * 1024
    header_timeout: float = 10.0
    idle_timeout: float = 75.0
    body_timeout: float = 60.0
    connections: int = 10_000
    tunnels: int = 100
    tunnel_idle: float = 600.0


@dataclass(frozen=True, slots=True)
class ServerTls:
    """TLS towards clients; with `client_ca_file` a client must show a certificate."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The port for traffic, and how many processes serve it."""

    host: str = "0.0.0.0"  # noqa: S104 - a gateway in a container listens for others
    port: int = 8080
    workers: int | Literal["auto"] = 1
    drain: float = 30.0
    limits: Limits = Limits()
    tls: ServerTls | None = None
    trusted_proxies: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """The port for operators."""

    host: str = "127.0.0.1"
    port: int = 9090


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Patience with one archive. `response` runs from the end of the request to the head of the answer, `idle` between
    two reads or writes and for each 256 bytes of a content; `by_transaction` replaces `response` for a transaction id."""

    connect: float = 5.0
    response: float = 60.0
    idle: float = 60.0
    by_transaction: Mapping[str, float] = field(default_factory=dict)

    def response_for(self, transaction: str) -> float:
        return self.by_transaction.get(transaction, self.response)


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """TLS towards an archive; `cert_file` and `key_file` are what the gateway shows to one that asks, both or none."""

    ca_file: Path | None = None
    verify: bool = True
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """A GET now and then; what is below 500 says that the archive works."""

    path: str
    interval: float = 10.0
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """How far redirects are followed: within the archive's own origin, or to one of these `scheme://authority`."""

    hosts: tuple[str, ...] = ()
    hops: int = 3


@dataclass(frozen=True, slots=True)
class Upstream:
    """One archive. `origin` is scheme and authority without a path: the path of a request is forwarded as it came."""

    id: str
    scheme: Literal["http", "https"]
    host: str
    port: int
    host_header: Literal["upstream", "client"] = "upstream"
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: UpstreamTls = UpstreamTls()
    protection: ProtectionSettings = field(default_factory=ProtectionSettings)
    health: HealthSettings | None = None
    on_status: Mapping[int, Behaviour] = field(default_factory=dict)
    follow: FollowSettings = FollowSettings()

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Route:
    """Requests whose path begins with `prefix`, at a segment boundary, go to `upstream`. The longest prefix wins."""

    id: str
    prefix: str
    upstream: str
    service: Service = "dicomweb"

    def covers(self, target: str) -> bool:
        """Whether the path of this raw target begins with the prefix, at a segment boundary."""
        path, prefix = target.partition("?")[0], self.prefix.rstrip("/")
        return path == prefix or path.startswith(prefix + "/")


def route_for(target: str, routes: Iterable[Route]) -> Route | None:
    """The route that covers this raw target; of several, the one with the longest prefix."""
    return max((route for route in routes if route.covers(target)), key=lambda route: len(route.prefix), default=None)


@dataclass(frozen=True, slots=True)
class Secret:
    """What a file holds that nobody may see. The name of the file may be shown."""

    file: Path
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoggingSettings:
    """The log. `identifiers` says how a line of the access log names study, series and instance."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"
    identifiers: Literal["drop", "hash", "keep"] = "drop"
    identifier_key_file: Secret | None = None


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The collector of the audit trail, and how the gateway is called in it. `tcp` is for a collector on the same host."""

    scheme: Literal["tls", "tcp"]
    host: str
    port: int
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    source_id: str = "pacs-gateway"
    site: str = ""
    queue: int = 10_000


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Where exchanges are recorded, without what names anybody, and how many bytes of that are kept. `place` is the number of
    a worker among so many `places`."""

    directory: Path
    keep: int = 128 * 1024 * 1024
    identifiers: Literal["drop", "hash"] = "drop"
    identifier_key_file: Secret | None = None
    place: int = 0
    places: int = 1


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """Where spans go, and the share of exchanges that have one where the client has not said it. The endpoint is without the
    path of the signal."""

    endpoint: str
    sample: float = 0.1
    service_name: str = "pacs-gateway"
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    headers_file: Secret | None = None


@dataclass(frozen=True, slots=True)
class SharedState:
    """Where replicas keep rates in common, and how long that may take in seconds."""

    url: str = field(repr=False)
    timeout: float = 0.05


@dataclass(frozen=True, slots=True)
class Switches:
    """Where observing is switched off, as `file:line`: `mode` is empty where the whole does not observe, `rules` are those
    that observe by themselves, by their ids."""

    mode: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate that the gateway shows, by the key that names its file. `name` is that of an archive, or `-`. It and its
    chain are valid from `begins` to `ends`, in Unix seconds."""

    use: ShownTo
    name: str
    key: str
    file: Path
    begins: float
    ends: float
    is_in_order: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """One whole configuration. `source` names the file, empty for a quick start; `digest` tells two of them apart."""

    policy: Policy
    upstreams: Mapping[str, Upstream]
    routes: tuple[Route, ...]
    server: ServerSettings = ServerSettings()
    admin: AdminSettings = AdminSettings()
    logging: LoggingSettings = LoggingSettings()
    audit: AuditSettings | None = None
    recording: RecordingSettings | None = None
    tracing: TracingSettings | None = None
    maintenance: tuple[Window, ...] = ()
    shared_state: SharedState | None = None
    source: str = ""
    digest: str = ""
    effective: Mapping[str, object] = field(default_factory=dict)  # for /-/config: secrets already masked
    examples: tuple[Example, ...] = ()  # of the operator's rules, for `check` to run
    contents: Contents = field(default_factory=dict)  # of the files it was read from
    certificates: tuple[ShownCertificate, ...] = ()  # as they were when it was read
    switches: Switches = Switches()
