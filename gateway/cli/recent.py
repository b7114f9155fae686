"""An exchange that took place, as the admin port of the running gateway tells it."""

import json
from typing import Any
from urllib.parse import quote

from gateway.cli.errors import UserError
from gateway.cli.running import Admin


def recent(address: str, id_: str) -> dict[str, Any]:
    """What the gateway at this address says about the exchange."""
    admin = Admin.named(address)
    if admin is None:
        raise UserError(f"--admin {address}: is not HOST:PORT or http://HOST:PORT")
    if not id_.strip():
        raise UserError(
            "--id is empty; the id of an exchange is in the access log and in the report that the client got"
        )
    status, content = admin.ask(f"/-/exchanges/{quote(id_, safe='')}", "application/json")
    told = _read(content, address)
    if status == 404 and "endpoints" in told:
        raise UserError(f"--id {id_}: {told.get('error', 'is not known')}")
    if status != 200 or "explanation" not in told:
        raise UserError(
            f"--admin {address}: is no admin port of a pacs-gateway that can explain (it answered {status})"
        )
    return told


def _read(content: str, address: str) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if isinstance(told, dict):
        return told
    raise UserError(f"--admin {address}: is no admin port of a pacs-gateway: its answer is not JSON")
