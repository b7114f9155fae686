"""`pacs-gateway conformance`: the statement of a configuration, with what a running gateway has counted, and the letter."""

import asyncio
import json
import os
import socket
from pathlib import Path

import pytest

from gateway.cli.running import Admin
from tests.cli.command import Ended, called, started
from tests.support.client import ask, request
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

CONFIG = "version: 1\nupstreams: {pacs: {url: 'http://pacs:8042'}}\npacks: [orthanc]\n"
HEAD = "# DICOM conformance statement, PS3.2 N.7.3.3.1: HTTP status codes\n"


def bad_gateway(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(502, b"bad gateway", ("Content-Type", "text/plain")))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIG)
    return file


async def in_a_thread(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Ended:
    """The command in a thread, so that the gateway in this one can answer it."""
    return await asyncio.to_thread(called, capsys, "conformance", *arguments)


def test_the_statement_of_a_configuration(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = called(capsys, "conformance", config)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(HEAD)
    assert "rules of the pack orthanc" in ended.out


def test_without_a_configuration_it_is_that_of_a_quick_start(capsys: pytest.CaptureFixture[str]) -> None:
    ended = called(capsys, "conformance", "--format", "json")
    told = json.loads(ended.out)
    packs = {source["pack"] for row in told["rows"] for source in row["sources"] if source["pack"]}
    assert (ended.code, len(packs) > 5) == (0, True)


def test_it_can_be_written_to_a_file(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "statement.html"
    assert called(capsys, "conformance", config, "--format", "html", "--output", file) == Ended(0, "", "")
    assert file.read_text().startswith("<!doctype html>")


def test_equal_settings_give_equal_bytes(config: Path) -> None:
    first, second = started("conformance", config), started("conformance", config, PYTHONHASHSEED="1")
    assert first == second
    assert first.out.startswith(HEAD)


@pytest.mark.parametrize("form", ["markdown", "json", "html"])
async def test_a_running_gateway_tells_what_it_has_sent(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ScriptedUpstream(bad_gateway) as archive, running(tmp_path, archive.url) as gateway:
        await ask(gateway.port, request("GET", "/studies"))
        file, admin = tmp_path / "gateway.yaml", f"127.0.0.1:{gateway.admin_port}"
        (tmp_path / "same.yaml").write_text(file.read_text().replace("${UPSTREAM}", archive.url))
        own = await in_a_thread(capsys, "--observed", admin, "--format", form)
        joined = await in_a_thread(capsys, tmp_path / "same.yaml", "--observed", f"http://{admin}/", "--format", form)
    assert (own.code, own.err) == (joined.code, joined.err) == (0, "")
    if form == "json":
        assert json.loads(own.out)["observed"] == json.loads(joined.out)["observed"]
        assert json.loads(own.out)["observed"]["seen"] == {"503": 1}
    else:
        assert "Sent so far" in own.out
        assert "Sent so far" in joined.out


async def test_what_is_not_declared_and_was_sent_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with ScriptedUpstream(bad_gateway) as archive, running(tmp_path, archive.url, "mode: observe\n") as gateway:
        await ask(gateway.port, request("GET", "/studies"))
        ended = await in_a_thread(capsys, "--observed", f"127.0.0.1:{gateway.admin_port}")
    assert ended.code == 1
    assert ended.err == "pacs-gateway: codes were sent that are not declared: 502 (once)\n"
    assert ended.out.startswith(HEAD)


async def test_a_saved_file_does_as_well_and_may_be_of_another_configuration(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    async with ScriptedUpstream(bad_gateway) as archive, running(tmp_path / "other", archive.url) as gateway:
        await ask(gateway.port, request("GET", "/studies"))
        assert gateway.admin_port is not None
        saved = tmp_path / "metrics.txt"
        saved.write_bytes((await ask(gateway.admin_port, request("GET", "/metrics"))).body)
    ended = called(capsys, "conformance", config, "--observed", saved)
    assert ended.code == 0
    assert ended.err == (
        "pacs-gateway: note: the counts are of a gateway that runs another configuration than the one given\n"
    )
    letter = called(capsys, "conformance", config, "--observed", saved, "--scoreboard")
    assert (letter.code, letter.err) == (0, "")
    assert "| Search (QIDO-RS) | 502 | 1 | no |" in letter.out


async def test_the_letter_of_a_running_gateway(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with ScriptedUpstream(bad_gateway) as archive, running(tmp_path, archive.url) as gateway:
        await ask(gateway.port, request("GET", "/studies"))
        ended = await in_a_thread(capsys, "--scoreboard", "--observed", f"127.0.0.1:{gateway.admin_port}")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("# How the archive's answers keep to DICOM PS3.18\n")


async def test_without_a_value_it_is_the_admin_port_of_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        file = tmp_path / "with-port.yaml"
        file.write_text(CONFIG + f"admin: {{host: 0.0.0.0, port: {gateway.admin_port}}}\n")
        ended = await in_a_thread(capsys, file, "--observed", "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out)["observed"]["seen"] == {}


async def test_a_configuration_that_comes_through_a_pipe_is_read_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks it a second time finds nothing there."""
    reading, writing = os.pipe()
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        with os.fdopen(reading), os.fdopen(writing, "w") as pipe:
            pipe.write(CONFIG + f"admin: {{port: {gateway.admin_port}}}\n")
            pipe.close()
            ended = await in_a_thread(capsys, f"/dev/fd/{reading}", "--observed", "--format", "json")
    assert (ended.code, json.loads(ended.out)["observed"]["seen"]) == (0, {})


def told(*arguments: str | Path) -> tuple[int, str]:
    """How a command fails: its code, and its last line without a traceback."""
    ended = started("conformance", *arguments)
    assert ended.out == ""
    assert "Traceback" not in ended.err
    return ended.code, ended.err


def test_nobody_there_is_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    where = f"no gateway answers at the admin port 127.0.0.1:{port} (Connection refused)"
    assert told("--observed", f"127.0.0.1:{port}") == (2, f"pacs-gateway: {where}; name another with HOST:PORT\n")


async def test_another_server_is_2(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The port for clients, most likely."""
    (tmp_path / "other").mkdir()
    async with running(tmp_path / "other", "http://127.0.0.1:1") as gateway:
        port = gateway.port
        ended = await in_a_thread(capsys, config, "--observed", f"127.0.0.1:{port}")
    line = f"pacs-gateway: 127.0.0.1:{port}/metrics answered 503; is it the gateway's admin port?\n"
    assert ended == Ended(2, "", line)


@pytest.mark.parametrize("content", [b"<html>welcome</html>", b"[]", b'{"observed": null}'])
async def test_another_server_that_answers_is_2_as_well(content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    async with ScriptedUpstream(lambda _received, _number: Said(answer(200, content))) as server:
        ended = await in_a_thread(capsys, "--observed", server.url)
    line = f"pacs-gateway: {server.url[7:]}: is no admin port of a pacs-gateway that can write a statement\n"
    assert ended == Ended(2, "", line)


def test_mistakes_are_one_clear_line(config: Path, tmp_path: Path) -> None:
    assert told("--scoreboard") == (
        2,
        "pacs-gateway: --scoreboard needs counts: add --observed HOST:PORT, the admin port of a running gateway\n",
    )
    assert told(config, "--observed", "nowhere at all") == (
        2,
        "pacs-gateway: --observed nowhere at all: is neither a file nor an address such as 127.0.0.1:9090\n",
    )
    assert told(config, "--observed", config) == (
        2,
        f"pacs-gateway: {config}: these are not the metrics of a gateway\n",
    )
    assert told(tmp_path / "none.yaml")[0] == 2
    assert told(config, "--output", tmp_path / "none" / "x") == (
        2,
        f"pacs-gateway: {tmp_path}/none/x: cannot be written: No such file or directory\n",
    )


def test_a_configuration_with_mistakes_is_1(config: Path) -> None:
    config.write_text(CONFIG + "moed: observe\n")
    code, line = told(config)
    assert code == 1
    assert "did you mean" in line


@pytest.mark.parametrize(
    ("written", "admin"),
    [
        ("localhost:9090", Admin("http", "localhost:9090")),
        ("[::1]:9090", Admin("http", "[::1]:9090")),
        ("https://ops.example/gw/", Admin("https", "ops.example", "/gw")),
        ("ftp://ops.example", None),
        ("9090", None),
        ("http://", None),
        ("metrics.txt", None),
    ],
)
def test_addresses_of_admin_ports(written: str, admin: Admin | None) -> None:
    assert Admin.named(written) == admin
