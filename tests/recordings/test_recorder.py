"""The recorder beside traffic: what it hears is in the files when the process has ended, and nobody waits for it."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.config.load import load_text
from gateway.config.settings import RecordingSettings, Settings
from gateway.core.facts import RequestFacts, Response, classified
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.recordings.exchanges import Recorded
from gateway.recordings.reading import files_in, read_files
from gateway.recordings.recorder import Recorder
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import Seen
from tests.cli.command import started
from tests.support.cases import BASE
from tests.support.client import Connection, ask, request
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

JSON = ("Content-Type", "application/dicom+json")
RESULT = b'[{"0020000D": {"vr": "UI", "Value": ["1.2.3"]}}]'


def said(received: ReceivedRequest, _number: int) -> Said:
    if b"/broken" in received.line:
        return Said(answer(500, b"It failed: ORA-600", ("Content-Type", "text/plain")), "keep")
    return Said(answer(200, RESULT, JSON), "keep")


def entries(folder: Path) -> list[Recorded]:
    found = list(read_files(files_in([folder]), lambda _: None))
    assert all(isinstance(one, Recorded) for one in found), found
    return [one for one in found if isinstance(one, Recorded)]


def sample(gateway_metrics: bytes, result: str) -> float:
    line = next(
        line
        for line in gateway_metrics.decode().splitlines()
        if line.startswith(f'pacs_gateway_recorded_total{{result="{result}"}}')
    )
    return float(line.split()[1])


async def test_what_passed_is_in_the_files_once_the_process_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with (
        ScriptedUpstream(said) as archive,
        running(tmp_path, archive.url, f"recording: {{directory: {folder}}}") as gateway,
    ):
        await ask(gateway.port, request("GET", "/studies?PatientID=7"))
        await ask(gateway.port, request("GET", "/studies/1.2/broken/metadata"))
        await ask(gateway.port, request("GET", "/studies/1.2/metadata"))
    found = [(one.received, one.entry.exchange.request.transaction, one.entry.status) for one in entries(folder)]
    assert found == [
        ("200", "studies.search", 200), ("500", "other", 500), ("200", "studies.retrieve.metadata", 200),
    ]  # fmt: skip
    assert sample(gateway.runtime.metrics.render(), "written") == 3
    assert sample(gateway.runtime.metrics.render(), "dropped") == 0


async def test_the_short_way_is_recorded_like_the_long_one(tmp_path: Path) -> None:
    """From the third request of a connection on, exchanges go past the parser; they are recorded all the same."""
    folder = tmp_path / "recordings"
    async with (
        ScriptedUpstream(said) as archive,
        running(tmp_path, archive.url, f"recording: {{directory: {folder}}}") as gateway,
    ):
        client = await Connection.to(gateway.port)
        for _ in range(6):
            await client.send(request("GET", "/studies/1.2/metadata"))
            await client.reply()
        await client.close()
    found = entries(folder)
    assert len(found) == 6
    assert {json.dumps([str(one.entry.known), str(one.entry.exchange)]) for one in found} == {
        json.dumps([str(found[0].entry.known), str(found[0].entry.exchange)])
    }


async def test_without_the_section_nothing_is_recorded(tmp_path: Path) -> None:
    async with ScriptedUpstream(said) as archive, running(tmp_path, archive.url) as gateway:
        assert gateway.runtime.recorder is None
        assert gateway.runtime.telemetry.recorder is None


async def test_a_reload_leaves_the_recording_and_changes_the_policy(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    more = f"recording: {{directory: {folder}}}\n"
    rule = "rules: [{id: mine, why: A test., when: {status: 500}, then: {status: 503}}]\n"
    async with (
        ScriptedUpstream(said) as archive,
        running(tmp_path, archive.url, more) as gateway,
    ):
        await ask(gateway.port, request("GET", "/broken"))
        file = tmp_path / "gateway.yaml"
        file.write_text(file.read_text().replace("${UPSTREAM}", archive.url).replace("recordings", "others") + rule)
        result = await gateway.reloader.reload()
        await ask(gateway.port, request("GET", "/broken"))
    assert result.notes == ("recording changed and takes effect at the next start",)
    assert [one.entry.known.verdict.rule for one in entries(folder)] == ["-", "mine"]
    assert not (tmp_path / "others").exists()


async def test_a_disk_that_fails_stops_no_traffic_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "recordings"
    async with (
        ScriptedUpstream(said) as archive,
        running(tmp_path, archive.url, f"recording: {{directory: {folder}}}") as gateway,
    ):
        shutil.rmtree(folder)
        folder.write_bytes(b"")  # nothing can be made in it any more, not even by root
        for _ in range(3):
            assert (await ask(gateway.port, request("GET", "/studies"))).status == 200
    told = [record.getMessage() for record in caplog.records if record.name == "pacs_gateway.recording"]
    assert told == [f"exchanges are not recorded, {folder}: File exists"]
    assert sample(gateway.runtime.metrics.render(), "dropped") == 3


def recorder_in(folder: Path, counted: list[tuple[str, int]] | None = None) -> tuple[Recorder, Settings]:
    settings = load_text(BASE, "tests", {"UPSTREAM": "http://127.0.0.1:1"})
    counts = counted if counted is not None else []
    recorder = Recorder(RecordingSettings(folder), lambda result, number: counts.append((result, number)))
    recorder.adopt(settings)
    recorder.open()
    return recorder, settings


def exchange(settings: Settings, content: bytes = RESULT) -> tuple[Seen, ExchangeRecord]:
    fields = Fields([JSON])
    facts = RequestFacts("GET", "/studies", Fields(), classified("GET", "/studies", Fields()), "dicomweb", "pacs")
    outcome = Response(200, fields, content, whole=True)
    decision = normalise(facts, outcome, settings.policy)
    record = ExchangeRecord("an-id", 0.0, "dicomweb", "pacs", "studies.search", "GET", 200, 200, "-", "")
    return Seen(facts, outcome, decision, settings.policy), record


async def test_more_than_can_be_drawn_is_dropped_and_counted(tmp_path: Path) -> None:
    counted: list[tuple[str, int]] = []
    recorder, settings = recorder_in(tmp_path, counted)
    for _ in range(5000):
        recorder.hear(*exchange(settings))
    await recorder.close()
    sums = {result: sum(number for word, number in counted if word == result) for result in ("written", "dropped")}
    assert sum(sums.values()) == 5000
    assert sums["dropped"] > 1000 < sums["written"] + 1000
    assert len(entries(tmp_path)) == sums["written"]


async def test_large_contents_that_wait_are_bounded(tmp_path: Path) -> None:
    counted: list[tuple[str, int]] = []
    recorder, settings = recorder_in(tmp_path, counted)
    for _ in range(40):
        recorder.hear(*exchange(settings, b"[" + b" " * 4_000_000 + b"]"))
    await recorder.close()
    assert ("dropped", 1) in counted


async def test_an_exchange_that_nobody_judged_is_not_recorded(tmp_path: Path) -> None:
    counted: list[tuple[str, int]] = []
    recorder, settings = recorder_in(tmp_path, counted)
    recorder.hear(None, exchange(settings)[1])
    await recorder.close()
    assert [number for _, number in counted if number] == []


def test_a_folder_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    file = tmp_path / "gateway.yaml"
    file.write_text(
        "version: 1\nserver: {host: 127.0.0.1, port: 0}\nadmin: {port: 0}\nupstreams: {pacs: {url: 'http://127.0.0.1:1'}}\n"
        f"recording: {{directory: {tmp_path}/taken/recordings}}\n"
    )
    for workers in ("1", "2"):
        file.write_text(file.read_text().replace("port: 0}\nadmin", f"port: 0, workers: {workers}}}\nadmin"))
        ended = started("serve", "--config", file)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.splitlines()[-1] == (
            f"pacs-gateway: recording.directory: recordings cannot be written to {tmp_path}/taken/recordings: Not a directory"
        )
        file.write_text(file.read_text().replace(f", workers: {workers}", ""))
