"""The whole demonstration: the legacy PACS, the gateway with demo.yaml in front of it, and the tour.

What a newcomer is shown must be true, so each row is asked for through the gateway and its answer compared.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.demo.misbehaviours import BY_ID
from gateway.demo.sighting import client_session, look
from gateway.demo.tour import tour
from gateway.server import GatewayProcess
from tests.demo.wire import Running

PATIENCE = 5.0
CHALLENGE = ("WWW-Authenticate", 'Basic realm="PACS"')


@dataclass(frozen=True)
class Expected:
    """What the client gets: the status, a field that it must have, and how the answer ends."""

    status: int
    field: tuple[str, str] = ("", "")
    trouble: bool = False


SOON = ("Retry-After", "1")  # 10 to 12 seconds, for the full disk 120 to 144
THROUGH = {
    "front-proxy-502": Expected(503, SOON),
    "gateway-timeout-504": Expected(503, SOON),
    "unavailable-503": Expected(503, SOON),
    "retry-after-soon": Expected(503, SOON),
    "quota-429": Expected(429, SOON),
    "disk-full-507": Expected(503, SOON),
    "bare-401": Expected(401, CHALLENGE),
    "bare-405": Expected(405, ("Allow", "GET")),
    "login-redirect-302": Expected(401, CHALLENGE),
    "login-form-200": Expected(401, CHALLENGE),
    "login-metadata-200": Expected(401, CHALLENGE),
    "range-416": Expected(400),
    "timeout-408": Expected(503, SOON),
    "no-match-404": Expected(204),
    "vendor-599": Expected(503, SOON),
    "no-content-with-content": Expected(404),
    "cut-study": Expected(200, trouble=True),
    "endless-chunks": Expected(200, trouble=True),
    "closed-without-answer": Expected(503, SOON),
    "no-answer": Expected(503, SOON),
    "unknown-study-500": Expected(404),
}


@pytest.fixture
async def gateway(running: Running, tmp_path: Path) -> AsyncIterator[str]:
    """The gateway as `pacs-gateway demo` configures it, but with less patience."""
    text = files("gateway.demo").joinpath("demo.yaml").read_text(encoding="utf-8")
    assert "response: 5s" in text
    file = tmp_path / "demo.yaml"
    file.write_text(text.replace("response: 5s", "response: 500ms"), encoding="utf-8")
    settings = load(file, {"LEGACY_PACS_URL": running.url, "GATEWAY_PORT": "0", "ADMIN_PORT": "0"})
    async with GatewayProcess(settings) as process:
        yield f"http://127.0.0.1:{process.port}"


def test_every_row_is_repaired() -> None:
    assert THROUGH.keys() == BY_ID.keys()


@pytest.mark.parametrize("row_id", THROUGH)
async def test_the_client_gets_a_documented_answer(gateway: str, row_id: str) -> None:
    expected = THROUGH[row_id]
    async with client_session() as client:
        got = await look(client, gateway, BY_ID[row_id].try_it, PATIENCE)
    name, value = expected.field
    assert got.status == expected.status
    assert got.fields.get(name, "").startswith(value)
    assert bool(got.trouble) is expected.trouble


async def test_the_tour_shows_what_it_says(running: Running, gateway: str) -> None:
    lines: list[str] = []
    await tour(gateway, running.url, lines.append, patience=2.0)
    assert lines[-1] == "14 stops: the gateway changed 11 answers and left 3 as they were."
    assert sum("decided by  nobody" in line for line in lines) == 3
    for rule in ("fold", "login-redirect", "login-page", "legacy-unknown-study", "legacy-no-match", "legacy-disk-full"):
        assert any(f"decided by  rule {rule}" in line for line in lines), rule
