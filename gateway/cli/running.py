"""Asking a running gateway, by the address of its admin port, for a command that has something to say about it."""

import http.client
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from gateway.cli.errors import UserError, reason_of

_PLAIN = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_PATIENCE = 10.0  # seconds
_CONNECTIONS: Mapping[str, type[http.client.HTTPConnection]] = MappingProxyType(
    {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
)


@dataclass(frozen=True, slots=True)
class Admin:
    """An admin port: `127.0.0.1:9090`, or a URL where it stands behind something else."""

    scheme: str
    authority: str
    base: str = ""

    @classmethod
    def named(cls, written: str) -> "Admin | None":
        """None for what is no address."""
        if _PLAIN.fullmatch(written):
            return cls("http", written)
        try:
            parts = urlsplit(written)
            is_one = parts.scheme in _CONNECTIONS and parts.hostname and parts.port != 0
        except ValueError:  # a bracket that is not closed, a port that is no number
            return None
        return cls(parts.scheme, parts.netloc, parts.path.rstrip("/")) if is_one else None

    def get(self, path: str, accept: str) -> str:
        """The content of an endpoint. Raises `UserError`."""
        status, text = self.ask(path, accept)
        if status != 200:
            raise UserError(f"{self.authority}{self.base}{path} answered {status}; is it the gateway's admin port?")
        return text

    def ask(self, path: str, accept: str) -> tuple[int, str]:
        """Status and content, whatever they are. Raises `UserError` where nobody answers."""
        try:
            with closing(_CONNECTIONS[self.scheme](self.authority, timeout=_PATIENCE)) as connection:
                connection.request("GET", self.base + path, headers={"Accept": accept})
                answer = connection.getresponse()
                return answer.status, answer.read().decode("utf-8", "replace")
        except http.client.InvalidURL:
            raise UserError(f"{self.authority}: is no address; write HOST:PORT") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            where = f"no gateway answers at the admin port {self.authority} ({reason_of(error)})"
            raise UserError(f"{where}; name another with HOST:PORT") from None
