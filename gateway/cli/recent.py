"""An exchange that took place, as the admin port of the running gateway tells it."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from gateway.cli.errors import UserError

_PATIENCE = 10.0  # seconds; several workers may have to be asked


def recent(address: str, id_: str) -> dict[str, Any]:
    """What the gateway at this address says about the exchange."""
    status, content = _asked(address, f"/-/exchanges/{quote(id_, safe='')}")
    told = _read(content, address)
    if status == 404 and "endpoints" in told:
        raise UserError(f"--id {id_}: {told.get('error', 'is not known')}")
    if status != 200 or "explanation" not in told:
        raise UserError(
            f"--admin {address}: is no admin port of a pacs-gateway that can explain (it answered {status})"
        )
    return told


def _asked(address: str, path: str) -> tuple[int, bytes]:
    host, port = _place(address)
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        where = f"--admin {address}: no gateway answers there ({reason})"
        raise UserError(f"{where}; give --admin HOST:PORT of the admin port") from None
    finally:
        connection.close()


def _place(address: str) -> tuple[str, int]:
    """`host:port`, or what a browser shows."""
    parts = urlsplit(address if "//" in address else f"//{address}")
    try:
        if parts.scheme in ("", "http") and parts.hostname:
            return parts.hostname, parts.port or 9090
    except ValueError:
        pass  # a port that is none
    raise UserError(f"--admin {address}: is not HOST:PORT or http://HOST:PORT")


def _read(content: bytes, address: str) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if isinstance(told, dict):
        return told
    raise UserError(f"--admin {address}: is no admin port of a pacs-gateway: its answer is not JSON")
