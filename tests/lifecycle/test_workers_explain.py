"""Several processes on one port: whoever is asked, the one that served an exchange explains it."""

import json
from pathlib import Path

from tests.lifecycle.process import Gateway
from tests.support.client import ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

CONFIGURATION = """\
version: 1
server: {{host: 127.0.0.1, port: 0, workers: 2}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
routes: [{{id: all, prefix: /, upstream: pacs}}]
"""


def locked(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(423, b"locked", ("Content-Type", "text/plain")))


async def test_the_worker_that_served_an_exchange_explains_it(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    async with ScriptedUpstream(locked) as archive:
        gateway.configure(CONFIGURATION.format(url=archive.url))
        async with gateway:
            replies = [await ask(gateway.port, request("GET", "/studies")) for _ in range(8)]
            ids = [one["id"] for one in json.loads((await gateway.ask("GET", "/-/exchanges")).body)["exchanges"]]
            told = [json.loads((await gateway.ask("GET", f"/-/exchanges/{id_}")).body) for id_ in ids]
            unknown = await gateway.ask("GET", "/-/exchanges/nobody")
    assert [reply.status for reply in replies] == [409] * 8
    assert [one["exchange"]["id"] for one in told] == ids
    assert {(one["same"], one["explanation"]["rule"]) for one in told} == {(True, "fold")}
    assert unknown.status == 404
