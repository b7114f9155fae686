"""Several processes on one port: each records into files of its own, and together they keep no more than was allowed."""

from pathlib import Path

from gateway.recordings.exchanges import Recorded
from gateway.recordings.reading import files_in, read_files
from tests.lifecycle.process import Gateway
from tests.lifecycle.test_workers import metric, until
from tests.support.client import ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

CONFIGURATION = """\
version: 1
server: {{host: 127.0.0.1, port: 0, workers: 2}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
routes: [{{id: all, prefix: /, upstream: pacs}}]
recording: {{directory: {folder}, identifiers: hash}}
"""
EXCHANGES = 40


def locked(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(423, b"locked", ("Content-Type", "text/plain")))


async def test_every_worker_records_and_all_are_counted_as_one(tmp_path: Path) -> None:
    folder, gateway = tmp_path / "recordings", Gateway(tmp_path)
    async with ScriptedUpstream(locked) as archive:
        gateway.configure(CONFIGURATION.format(url=archive.url, folder=folder))
        async with gateway:
            for _ in range(EXCHANGES):
                await ask(gateway.port, request("GET", "/studies/1.2.3/metadata"))
            await until(gateway, "pacs_gateway_recorded_total", EXCHANGES)
            dropped = await metric(gateway, "pacs_gateway_recorded_total", result="dropped")
    found = list(read_files(files_in([folder]), lambda _: None))
    entries = [one.entry for one in found if isinstance(one, Recorded)]
    assert (len(found), len(entries), dropped) == (EXCHANGES, EXCHANGES, 0)
    assert {file.name for file in files_in([folder])} == {"exchanges-0-000001.jsonl", "exchanges-1-000001.jsonl"}
    # Without a file for it, one key is drawn for all: a study has the same name whoever served it.
    assert len({entry.names["study"] for entry in entries}) == 1
    assert len({entry.id for entry in entries}) == EXCHANGES
