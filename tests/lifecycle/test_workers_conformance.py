"""Several processes on one port: one statement, with the counts of all of them."""

import json
from pathlib import Path
from typing import Any

from tests.lifecycle.process import Gateway
from tests.support.client import ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

CONFIGURATION = """\
version: 1
mode: observe
server: {{host: 127.0.0.1, port: 0, workers: 2}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
"""


def bad_gateway(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(502, b"bad gateway", ("Content-Type", "text/plain")))


async def told(gateway: Gateway, target: str) -> Any:
    return json.loads((await ask(gateway.admin_port, request("GET", target, ("Accept", "application/json")))).body)


async def test_the_counts_of_all_workers_stand_beside_the_statement(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    async with ScriptedUpstream(bad_gateway) as archive:
        gateway.configure(CONFIGURATION.format(url=archive.url))
        async with gateway:
            for _ in range(8):
                await ask(gateway.port, request("GET", "/studies"))
            said, board = [await told(gateway, target) for target in ("/conformance", "/conformance?scoreboard")]
            text = (await gateway.ask("GET", "/metrics")).body.decode()
    assert said["observed"]["undeclared"] == {"502": 8}
    assert said["observed"]["since"]
    (operation,) = board["operations"]
    (code,) = operation["codes"]
    assert (operation["answers"], operation["in_set"]) == (8, 0)
    assert code["first"] <= code["last"]
    assert 'pacs_gateway_undeclared_total{code="502"} 8.0' in text
