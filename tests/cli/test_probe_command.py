"""`pacs-gateway probe`: what it asks, what it says, what it writes, and what it refuses."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.cli.command import Ended, called
from tests.probe.archives import GoodArchive, serving
from tests.support.certificates import Authority
from tests.support.ports import free_port

ELSEWHERE = "perhaps its DICOMweb service begins elsewhere, such as at /dicom-web"
QUICK = ("--rate", "1000", "--timeout", "1s", "--studies", "1")


async def probed(*arguments: str | Path) -> Ended:
    """The command in a process of its own, while an archive of this one answers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "probe", *map(str, arguments),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


def failing(resource: object, _known: bool) -> web.Response | None:
    return web.Response(status=502) if getattr(resource, "tail", ()) == ("metadata",) else None


async def test_a_good_archive_ends_in_0() -> None:
    async with serving(GoodArchive()) as origin:
        ended = await probed(f"{origin}/dicom-web", *QUICK)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Survey of {origin}/dicom-web by pacs-gateway ")
    assert "No deviation from PS3.18 and RFC 9110 was found." in ended.out


async def test_deviations_end_in_1_and_can_be_read_by_programs() -> None:
    async with serving(GoodArchive(failing)) as origin:
        ended = await probed(f"{origin}/dicom-web", *QUICK, "--json")
    report = json.loads(ended.out)
    assert (ended.code, ended.err) == (1, "")
    (first, *_) = report["deviations"]
    assert (first["check"], first["came"]["status"]) == ("metadata", 502)
    assert first["gateway"] == {
        "repaired": True, "status": 503, "rule": "fold", "pack": None, "own_rule": False, "left": [],
        "words": "repaired by the built-in semantics (fold): clients get 503",
    }  # fmt: skip


async def test_a_written_configuration_is_valid_and_its_examples_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rules.yaml"
    async with serving(GoodArchive(failing)) as origin:
        ended = await probed(f"{origin}/dicom-web", *QUICK, "--write", file)
    assert ended.code == 1
    assert f"Wrote {file}, with 0 rules of its own. Next: pacs-gateway check {file}" in ended.out
    assert called(capsys, "check", file).code == 0
    assert called(capsys, "test", file).code == 0


async def test_a_file_that_is_there_is_not_replaced_and_nobody_is_asked(tmp_path: Path) -> None:
    file, archive = tmp_path / "rules.yaml", GoodArchive()
    file.write_text("mine")
    async with serving(archive) as origin:
        ended = await probed(f"{origin}/dicom-web", *QUICK, "--write", file)
        assert (ended.code, archive.asked, file.read_text()) == (2, [], "mine")
        assert ended.err == (f"pacs-gateway: {file} is there already; name another file, or replace it with --force\n")
        assert (await probed(f"{origin}/dicom-web", *QUICK, "--write", file, "--force")).code == 0
    assert file.read_text().startswith("# Written by")


async def test_headers_go_with_every_request_and_are_told_nowhere(tmp_path: Path) -> None:
    archive, file = GoodArchive(), tmp_path / "login.txt"
    file.write_text("X-Tenant: radiology\n\n")
    async with serving(archive) as origin:
        ended = await probed(
            f"{origin}/dicom-web", *QUICK, "--header", "Authorization: Bearer s3cret", "--header-file", file
        )
    assert {request.headers["Authorization"] for request in archive.asked} == {"Bearer s3cret"}
    assert {request.headers["X-Tenant"] for request in archive.asked} == {"radiology"}
    assert "s3cret" not in ended.out + ended.err


def heeding_ctrl_c() -> None:
    """Whoever runs the tests in the background has its shell ignore Ctrl-C, and a child inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def test_ctrl_c_ends_with_what_is_known_so_far() -> None:
    asked, over = asyncio.Event(), asyncio.Event()

    async def hangs(request: web.BaseRequest) -> web.StreamResponse:
        if "limit" not in request.query:
            asked.set()
            await over.wait()
        return await archive(request)

    archive = GoodArchive()
    async with serving(hangs) as origin:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "probe", f"{origin}/dicom-web", "--timeout", "60s",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=heeding_ctrl_c,
        )  # fmt: skip
        await asked.wait()
        process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(30):
                out, err = await process.communicate()
        finally:
            over.set()
    assert (process.returncode, err) == (130, b"")
    assert b"The survey ended early: it was stopped by hand." in out
    assert b"  - search, search-below-study" in out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The only line that a mistake leaves."""
    ended = called(capsys, "probe", *arguments)
    (line,) = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert line.startswith("pacs-gateway: ")
    return line.removeprefix("pacs-gateway: ")


def test_without_a_target_it_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys) == (
        "probe asks nobody unless you name somebody: give the URL of a DICOMweb service, "
        "such as http://pacs.local:8042/dicom-web"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pacs.local",), "pacs.local is no http or https URL; write something like http://pacs.local:8042/dicom-web"),
        (("http://pacs", "--rate", "fast"), "--rate: fast is not a rate; write 5/s, or 30/m for one every two seconds"),
        (("http://pacs", "--timeout", "10"), '--timeout "10" is not a duration such as 500ms, 30s, 2m or 1h; 10s?'),
        (("http://pacs", "--studies", "0"), "--studies and --requests are numbers from 1 upwards"),
        (
            ("http://pacs", "--study", "Anna"),
            "--study Anna: that is no UID; it has digits and dots, and at most 64 of them",
        ),
        (("http://pacs", "--header", "s3cret"), "a header line is a name, a colon and a value, such as"),
        (("http://pacs", "--header", "Accept: x/y"), "Accept is for the survey to send; leave it out"),
        (("http://pacs", "--header-file", "no/such"), "no/such cannot be read: No such file or directory"),
        (("http://pacs", "--write", "no/such/file"), "/no/such is no folder, so file cannot be written there"),
        (("http://pacs", "--insecure"), "about certificates, and an http URL has none; write https"),
        (("https://pacs", "--ca-file", "no/such"), "the file no/such cannot be read: No such file or directory"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    line = refused(capsys, *arguments)
    assert words in line
    assert "s3cret" not in line


def test_nobody_there_is_said_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    origin = f"http://127.0.0.1:{free_port()}"
    assert refused(capsys, f"{origin}/dicom-web") == (f"no connection to {origin}: the archive refused the connection")


async def test_an_address_without_a_service_is_no_archive() -> None:
    async with serving(GoodArchive()) as origin:
        ended = await probed(f"{origin}/pacs", *QUICK)
    assert ended.code == 2
    assert ended.err.startswith(f"pacs-gateway: {origin}/pacs/studies answered 404, so no DICOMweb service begins at")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            401,
            "the archive answered the first search with 401: it wants to know who asks; give a login with --header-file",
        ),
        (503, "the archive answered the first search with 503: it cannot answer now; try again later"),
        (400, f"the archive answered the first search with 400: it takes that for a mistake; {ELSEWHERE}"),
    ],
)
async def test_an_archive_that_lets_nobody_in_has_no_report(status: int, words: str) -> None:
    """All its answers would be documented, and `no deviation` would be a lie."""

    async def refuses(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"WWW-Authenticate": "Basic", "Retry-After": "5"})

    async with serving(refuses) as origin:
        ended = await probed(f"{origin}/dicom-web", *QUICK)
    assert (ended.code, ended.out, ended.err) == (2, "", f"pacs-gateway: {words}\n")


@pytest.mark.tls
async def test_a_certificate_that_nobody_vouches_for_is_told_with_what_to_do(tmp_path: Path) -> None:
    authority, file = Authority(tmp_path), tmp_path / "rules.yaml"
    async with serving(GoodArchive(), authority.certificate().server()) as origin:
        ended = await probed(f"{origin}/dicom-web", *QUICK)
        trusting = await probed(f"{origin}/dicom-web", *QUICK, "--ca-file", authority.file, "--write", file)
        looking_away = await probed(f"{origin}/dicom-web", *QUICK, "--insecure")
    assert ended.code == 2
    assert ended.err.endswith("; name those whom you trust with --ca-file, or do without proof with --insecure\n")
    assert (trusting.code, looking_away.code) == (0, 0)
    assert f'    tls: {{ca_file: "{authority.file}"}}' in file.read_text()
