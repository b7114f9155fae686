"""The settings of one generation: what the YAML said, all defaults filled in. Durations in seconds, sizes in bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from gateway.config.cases import Example
from gateway.core.policy import Policy

Service = Literal["dicomweb", "wado-uri", "opaque"]
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client connection may ask of the gateway. `headers` bounds one field line and the whole section."""

    target: int = 8 * 1024
    headers: int = 32 * 1024
    header_timeout: float = 10.0
    idle_timeout: float = 75.0
    body_timeout: float = 60.0
    connections: int = 10_000


@dataclass(frozen=True, slots=True)
class ServerTls:
    """TLS towards clients; with `client_ca_file` a client must show a certificate."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The port for traffic."""

    host: str = "0.0.0.0"  # noqa: S104 - a gateway in a container listens for others
    port: int = 8080
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
    two reads or writes; `by_transaction` replaces `response` for a transaction id."""

    connect: float = 5.0
    response: float = 60.0
    idle: float = 60.0
    by_transaction: Mapping[str, float] = field(default_factory=dict)

    def response_for(self, transaction: str) -> float:
        return self.by_transaction.get(transaction, self.response)


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """TLS towards an archive."""

    ca_file: Path | None = None
    verify: bool = True


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


@dataclass(frozen=True, slots=True)
class LoggingSettings:
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


@dataclass(frozen=True, slots=True)
class Settings:
    """One whole configuration. `source` names the file, empty for a quick start; `digest` tells two of them apart."""

    policy: Policy
    upstreams: Mapping[str, Upstream]
    routes: tuple[Route, ...]
    server: ServerSettings = ServerSettings()
    admin: AdminSettings = AdminSettings()
    logging: LoggingSettings = LoggingSettings()
    source: str = ""
    digest: str = ""
    effective: Mapping[str, object] = field(default_factory=dict)  # for /-/config: secrets already masked
    examples: tuple[Example, ...] = ()  # of the operator's rules, for `check` to run
