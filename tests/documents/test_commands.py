"""Every command of the README and of docs/: its options exist, and what needs neither a network nor an archive is run."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS, main, parser
from tests.cli.command import called
from tests.documents.commands import Command, commands, in_containers
from tests.documents.markdown import ROOT, Page, pages
from tests.support.client import ask, request
from tests.support.running import SHORT, running

PAGES = pages()
OURS = [command for page in PAGES for command in (*commands(page, "pacs-gateway"), *in_containers(page))]
CURLS = [command for page in PAGES for command in commands(page, "curl")]
MAKES = [command for page in PAGES for command in commands(page, "make")]
# Those that only read files. explain.md and getting-started.md have tests of their own.
OFFLINE = ("check", "test", "explain", "replay", "diff", "conformance", "schema", "version")
ONLINE = ("--observed", "--id", "--scoreboard")
ANSWER = {"status": 500, "statusText": "", "headers": [], "content": {"mimeType": "text/plain", "text": "x"}}
ASKED = {"method": "GET", "url": "http://pacs.internal:8042/studies/2.25.1", "headers": []}
HAR = {
    "log": {"entries": [{"startedDateTime": "2026-11-22T08:00:00Z", "time": 12, "request": ASKED, "response": ANSWER}]}
}
SITE = {
    "gateway.yaml": "version: 1\nupstreams: {pacs: {url: 'http://pacs.internal:8042'}}\npacks: all\n",
    "cases.yaml": "cases: [{name: a, request: {path: /studies}, upstream: {status: 204}, expect: {status: 204}}]\n",
}


def said(command: Command) -> str:
    return str(command)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder with the files that the pages speak of."""
    for name in ("gateway.yaml", "deployed.yaml", "rules.yaml", "new.yaml", "new-rules.yaml"):
        (tmp_path / name).write_text(SITE["gateway.yaml"])
    for folder in ("cases", "recordings"):
        (tmp_path / folder).mkdir()
    for file in ("cases.yaml", "cases/cases.yaml"):
        (tmp_path / file).write_text(SITE["cases.yaml"])
    for file in ("recordings/day.har", "day.har", "viewer.har"):
        (tmp_path / file).write_text(json.dumps(HAR))
    with chdir(tmp_path):
        yield tmp_path


@pytest.mark.parametrize("command", OURS, ids=said)
def test_a_command_and_its_options_exist(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in command.words[1:] if word != "..."]
    refused = None
    try:
        parser(words).parse_args(words)
    except SystemExit as left:
        refused = left.code
    assert not refused, capsys.readouterr().err


def runs_offline(command: Command) -> bool:
    words = command.words[1:]
    placeholders = any(re.fullmatch(r"[A-Z]{3,}|.*[<{].*", word) for word in words)
    of_its_own = command.page in ("docs/explain.md", "docs/getting-started.md")
    return bool(words) and words[0] in OFFLINE and not of_its_own and not placeholders and not set(words) & set(ONLINE)


@pytest.mark.parametrize("command", list(filter(runs_offline, OURS)), ids=said)
def test_a_command_that_needs_no_network_runs(command: Command, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [re.sub(r"^/(?:etc|var/lib)/pacs-gateway/", "", word) for word in command.words[1:]]
    ended = called(capsys, *words)
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_on_a_page(name: str) -> None:
    in_prose = any(re.search(rf"`(?:pacs-gateway )?{name}\b", page.text) for page in PAGES)
    assert in_prose or any(name in command.words for command in OURS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_what_is_said_of_a_command_in_a_sentence_exists(page: Page) -> None:
    """`pacs-gateway check --diff` in the middle of a sentence need not be complete, but its options exist."""
    for text in (code for code in page.code if re.match(r"pacs-gateway [a-z]", code)):
        name, *words = text.split()[1:]
        assert name in (*COMMANDS, "version"), text
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= known(name), text


def known(name: str) -> set[str]:
    """The options of a command, as its help has them."""
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit):
        parser([name]).parse_args([name, "--help"])
    return set(re.findall(r"--[a-z][a-z-]+", out.getvalue()))


def asked(command: Command) -> Iterator[tuple[str, str]]:
    """The method and the path of a request to the operators' port."""
    words = command.words[1:]
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    for word in words:
        if found := re.fullmatch(r"(?:http://)?[\w.{}$-]+:9090(/\S*)?", word, re.IGNORECASE):
            yield method, found[1] or "/"


def requests() -> set[tuple[str, str]]:
    written = {found for command in CURLS for found in asked(command)}
    in_sentences = {
        (method or "GET", path)
        for page in PAGES
        for code in page.code
        for method, path in re.findall(r"^(?:(GET|POST) )?(/-/[\w-]+|/metrics|/conformance)$", code)
    }
    return written | in_sentences


async def test_what_is_asked_of_the_operators_port_is_there(tmp_path: Path) -> None:
    found = requests() - {("GET", "/-/reload")}  # its path alone, in the middle of a sentence
    assert len(found) > 5
    async with running(tmp_path, "", base=SHORT.replace("${UPSTREAM}", "http://127.0.0.1:1")) as gateway:
        assert gateway.admin_port is not None
        for method, path in sorted(found):
            reply = await ask(gateway.admin_port, request(method, path))
            assert reply.status == 200, f"{method} {path}"


def test_the_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    in_sentences = [code.split()[1:] for page in PAGES for code in page.code if code.startswith("make ")]
    words = [word for words in (*in_sentences, *(command.words[1:] for command in MAKES)) for word in words]
    targets = {word for word in words if re.fullmatch(r"[a-z-]+", word)}
    variables = {word.partition("=")[0] for word in words if "=" in word}
    assert {"run", "test"} <= targets
    assert [name for name in sorted(targets) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    assert [name for name in sorted(variables) if not re.search(rf"\b{name}\b", makefile)] == []


def test_the_files_that_other_programs_are_given_exist() -> None:
    """`kubectl apply -k`, `docker compose -f`, `promtool check rules` and whatever else: what lies in this project."""
    programs = ("kubectl", "kustomize", "docker", "podman", "promtool", "cp", "install", "python", "systemd-analyze")
    found = {
        word for page in PAGES for name in programs for command in commands(page, name) for word in command.words[1:]
    }
    ours = {word for word in found if re.match(r"(?:\./)?(?:deploy|config|docs|tests|bench)/", word)}
    assert [word for word in sorted(ours) if not list(ROOT.glob(word.removeprefix("./")))] == []


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert re.fullmatch(r"pacs-gateway \d+\.\d+\.\d+\n", capsys.readouterr().out)
