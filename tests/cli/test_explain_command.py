"""`pacs-gateway explain`: what it says, what it wants to be told, and what it answers to mistakes."""

import asyncio
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.core.explain import from_json
from tests.cli.command import Ended, called
from tests.support.client import ask, request
from tests.support.ports import free_port
from tests.support.stage import CALM, records, stage
from tests.support.upstream import ReceivedRequest, Said, answer

CONFIG = """\
version: 1
upstreams: {pacs: {url: 'http://pacs:8042'}}
routes: [{id: rs, prefix: /rs, upstream: pacs}]
rules:
  - id: on-tape
    why: It comes back from tape
    when: {transaction: retrieve, status: 500, body: ERR-1}
    then: {status: 503, retry_after: 3m}
"""
CASES = """\
policy: {mode: enforce}
cases:
  - name: a study on tape
    request: {path: /rs/studies/2.25.1}
    upstream: {status: 500, headers: {Content-Type: text/plain}, body: ERR-1}
    expect: {status: 503, rule: on-tape}
  - name: a study that is gone
    request: {path: /rs/studies/2.25.1}
    upstream: {status: 500, headers: {Content-Type: text/plain}, body: ERR-2}
    expect: {status: 404}
  - name: an answer that breaks off
    request: {path: /rs/studies/2.25.1}
    upstream: {status: 200, headers: {Content-Type: application/dicom}, body: '12345', cut: 2}
    expect: {status: 503}
  - name: rubbish
    request: {path: /rs/studies/2.25.1}
    upstream: {raw: rubbish}
    expect: {status: 503}
"""
TAPE = ("--path", "/rs/studies/2.25.1", "--status", "500", "--header", "Content-Type: text/plain")
Explain = Callable[..., Ended]


@pytest.fixture
def explain(capsys: pytest.CaptureFixture[str]) -> Explain:
    return lambda *arguments: called(capsys, "explain", *arguments)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    file = tmp_path / "cases.yaml"
    file.write_text(CASES)
    return file


# ---- what it says ----------------------------------------------------------------------------------------------------


def test_an_exchange_is_told_in_a_few_lines(explain: Explain, config: Path) -> None:
    ended = explain(config, *TAPE, "--header", "Date: Sun, 22 Nov 2026 08:00:00 GMT", "--body", "ERR-1: on tape")
    assert (ended.code, ended.err) == (0, "")
    assert (
        ended.out
        == """\
Outcome       The archive said 500: text/plain, 14 bytes, looks like text. The client gets 503
                (on-tape).
Transaction   Retrieve study, series or instance (WADO-RS), studies.retrieve.dicom (PS3.18 10.4)
              because the path ends as GET /studies/{study}, behind /rs
Rules         on-tape decides.
Code          500 -> 503  on-tape: It comes back from tape
Fields        + Via: 1.1 pacs-gateway  (RFC 9110 7.6.3: a gateway names itself)
              + Retry-After: 180  (RFC 9110 10.2.3: it says when to come back)
              + Proxy-Status: pacs-gateway; received-status=500; details="rule=on-tape"  (RFC 9209
                2: it says what the gateway received and did)
Content       kept: the archive's content passes, byte for byte
Retry-After   180 (rule): the rule says so
Breaker       learns that the archive fails
"""
    )


def test_a_rule_that_fails_says_where(explain: Explain, config: Path) -> None:
    ended = explain(config, *TAPE, "--body", "ERR-2")
    assert (
        'on-tape fails at condition 3 of 3: the content matches ERR-1; seen: 5 bytes that look like text: "ERR-2".'
        in (" ".join(ended.out.split()))
    )
    assert "nothing had to be changed" in ended.out
    assert "Code          stands as it came" in ended.out


def test_rules_without_a_part_in_it_are_counted_or_listed(explain: Explain) -> None:
    quick = ("--path", "/studies", "--failure", "dns_error")
    short, everything = explain(*quick), explain(*quick, "--all")
    assert "rules have no part in this; --all lists them" in short.out
    assert "rules have no part in this" not in everything.out
    assert len(everything.out.splitlines()) > 3 * len(short.out.splitlines())
    assert "There was no answer of the archive (dns_error)." in short.out


def test_lines_are_no_longer_than_a_page_is_wide(explain: Explain) -> None:
    ended = explain(
        "--path", "/studies", "--status", "200", "--header", "Content-Type: text/html", "--body", "<html>", "--all"
    )
    assert max(map(len, ended.out.splitlines())) <= 100


def test_everything_as_json(explain: Explain, config: Path) -> None:
    ended = explain(config, *TAPE, "--body", "ERR-1", "--json")
    told = json.loads(ended.out)
    explanation = from_json(told["explanation"])
    assert (explanation.status, explanation.rule, told["differences"]) == (503, "on-tape", [])
    assert [rule.decides for rule in explanation.rules] == [True]


def test_mode_observe_is_the_mode_of_the_file(explain: Explain, config: Path) -> None:
    config.write_text(CONFIG + "mode: observe\n")
    ended = explain(config, *TAPE, "--body", "ERR-1")
    assert "Noted, and not done: 503 by on-tape." in ended.out
    assert "Mode          observe: answers of the archive pass as they came" in ended.out
    assert "503 -> 500  observe" in ended.out


def test_a_path_that_no_route_covers_is_said_to_be_one(explain: Explain, config: Path) -> None:
    ended = explain(config, "--path", "/studies", "--status", "200")
    assert "Note          No route covers this path: it would not reach an archive. The route is rs here." in ended.out
    named = explain(config, "--path", "/studies", "--status", "200", "--route", "rs")
    assert "No route covers" not in named.out


def test_control_characters_are_made_visible(explain: Explain, config: Path) -> None:
    ended = explain(
        config, "--path", "/rs/studies", "--status", "404", "--reason", "\x1b[31m", "--header", "Server: \x1b[31m"
    )
    assert "\x1b" not in ended.out


# ---- ways to give one ------------------------------------------------------------------------------------------------


def test_a_content_from_stdin_and_from_a_file(
    explain: Explain, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "body").write_bytes(b"ERR-1")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ERR-1")))
    for source in (tmp_path / "body", "-"):
        assert "on-tape decides" in explain(config, *TAPE, "--body-file", source).out


def test_what_the_client_sent_counts_too(explain: Explain, config: Path, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"--b\r\n\r\nx\r\n--b--\r\n")
    store = ("--method", "POST", "--path", "/rs/studies", "--status", "200", "--body", '{"00081199": {"vr": "SQ"}}')
    sent = ("--request-header", 'Content-Type: multipart/related; type="application/dicom"; boundary=b')
    ended = explain(config, *store, *sent, "--request-body-file", tmp_path / "up")
    assert "Store (STOW-RS), studies.store" in ended.out
    assert "store-outcome" in ended.out
    assert explain(config, *store, *sent, "--request-body", "").code == 0


def test_a_case_in_json(explain: Explain, config: Path, tmp_path: Path) -> None:
    case = {"request": {"path": "/rs/studies/1"}, "upstream": {"status": 500, "body": "ERR-1"}}
    (tmp_path / "case.json").write_text(json.dumps(case))
    ended = explain(config, "--json-case", tmp_path / "case.json")
    assert (ended.code, "on-tape decides" in ended.out, "Expected" in ended.out) == (0, True, False)
    (tmp_path / "case.json").write_text(json.dumps({**case, "expect": {"status": 500}}))
    ended = explain(config, "--json-case", tmp_path / "case.json")
    assert ended.code == 1
    assert "Expected      does not hold: status 503 instead of 500" in ended.out


def test_the_cases_of_a_file(explain: Explain, config: Path, cases: Path) -> None:
    ended = explain(config, "--case", cases)
    assert ended.code == 1
    assert ended.out.count("Case          ") == 4
    assert "Expected      503, which holds" in ended.out
    assert "Expected      does not hold: status 500 instead of 404" in ended.out
    told = json.loads(explain(config, "--case", cases, "--json").out)
    assert [bool(one["differences"]) for one in told] == [False, True, False, False]


def test_one_case_of_a_file(explain: Explain, config: Path, cases: Path) -> None:
    ended = explain(config, "--case", cases, "--name", "a study on tape")
    assert (ended.code, ended.out.count("Case          ")) == (0, 1)
    assert json.loads(explain(config, "--case", cases, "--name", "a study on tape", "--json").out)["expected"] == 503


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("an answer that breaks off", "what is explained is the head of the answer"),
        ("rubbish", "they are no head of an answer: they are explained as invalid HTTP"),
    ],
)
def test_of_a_case_that_needs_sockets_the_head_is_explained(
    explain: Explain, config: Path, cases: Path, name: str, note: str
) -> None:
    ended = explain(config, "--case", cases, "--name", name)
    assert ended.code == 0
    assert note in " ".join(ended.out.split())


def test_a_file_of_cases_may_suppose_another_policy(explain: Explain, config: Path, cases: Path) -> None:
    cases.write_text(CASES.replace("{mode: enforce}", "{retry_after: {default: 77s, jitter: 0%}}"))
    ended = explain(config, "--case", cases, "--name", "rubbish")
    assert "Retry-After   77 (default)" in ended.out


# ---- an exchange that took place -------------------------------------------------------------------------------------


def locked(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(423, b"locked", ("Content-Type", "text/plain")))


async def in_a_thread(explain: Explain, *arguments: object) -> Ended:
    return await asyncio.to_thread(explain, *arguments)


async def test_an_exchange_of_a_running_gateway(explain: Explain, tmp_path: Path) -> None:
    async with stage(tmp_path, locked, CALM) as (_, gateway):
        await ask(gateway.port, request("GET", "/studies"))
        (record,) = await records(gateway, 1)
        port = gateway.admin_port
        ended = await in_a_thread(explain, "--id", record.id, "--admin", f"127.0.0.1:{port}")
        by_url = await in_a_thread(explain, "--id", record.id, "--admin", f"http://127.0.0.1:{port}/", "--json")
        as_reported = await in_a_thread(explain, "--id", f"urn:uuid:{record.id}", "--admin", f"127.0.0.1:{port}")
        unknown = await in_a_thread(explain, "--id", "nobody", "--admin", f"127.0.0.1:{port}")
        not_admin = await in_a_thread(explain, "--id", record.id, "--admin", f"127.0.0.1:{gateway.port}")
    assert ended.code == 0
    assert as_reported == ended
    assert f"Exchange      {record.id}, " in ended.out
    assert "Then          the archive said 423, the client got 409, by fold" in ended.out
    assert "Today         The present policy decides the same." in ended.out
    assert json.loads(by_url.out)["same"] is True
    assert unknown.code == 2
    assert unknown.err.startswith("pacs-gateway: --id nobody: No exchange with this id is known")
    assert not_admin.code == 2
    assert "is no admin port of a pacs-gateway" in not_admin.err


# ---- mistakes --------------------------------------------------------------------------------------------------------

MISTAKES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (),
        "no exchange given. Say what was asked and what the archive answered, such as --path /studies --status 404, or give",
    ),
    (("--status", "404"), "--path is missing: what did the client ask for"),
    (("--path", "/x"), "--status or --failure is missing: what did the archive do"),
    (("--path", "/x", "--status", "404", "--failure", "dns_error"), "--status and --failure: give one of them"),
    (
        ("--path", "/x", "--failure", "conection_refused"),
        '--failure: "conection_refused" is not known; did you mean "connection_refused"?',
    ),
    (
        ("--path", "/x", "--status", "404", "--header", "Server"),
        "--header 'Server': is not a header field; write 'Name: value'",
    ),
    (("--path", "/x", "--status", "404", "--header", "A: b\nc: d"), r"--header 'A: b\nc: d': is not a header field"),
    (("--path", "/x", "--status", "404", "--request-header", ": x"), "--request-header ': x': is not a header field"),
    (("--path", "/x", "--status", "404", "--header", "A B: x"), '--header: "A B" is not a field name'),
    (("--path", "studies", "--status", "404"), "--path: is not a request target; it begins with /"),
    (("--path", "/x", "--status", "later"), '--status: "later" is not a whole number from 100 to 999'),
    (("--path", "/x", "--status", "404", "--method", "get"), '--method: "get" is not a method; did you mean GET?'),
    (
        ("--path", "/x", "--status", "404", "--route", "nowhere"),
        "--route nowhere: is no route of this configuration; known here: pacs",
    ),
    (
        ("--path", "/x", "--status", "404", "--body", "a", "--body-file", "b"),
        "--body and --body-file say the same thing",
    ),
    (
        ("--path", "/x", "--status", "404", "--body-file", "/nowhere"),
        "/nowhere: cannot be read: No such file or directory",
    ),
    (("--path", "/x", "--id", "1"), "--id and --path do not go together: each gives an exchange; leave one out"),
    (("--path", "/x", "--status", "404", "--name", "y"), "--name: says which case of a file; give --case FILE with it"),
    (
        ("--path", "/x", "--status", "404", "--admin", "y"),
        "--admin: says whom to ask about an exchange that took place",
    ),
    (("--json-case", "/nowhere"), "/nowhere: cannot be read: No such file or directory"),
    (
        ("nowhere.yaml", "--path", "/x", "--status", "404"),
        "nowhere.yaml: cannot be read",
    ),
    (
        ("nowhere.yaml", "--id", "1"),
        "nowhere.yaml: says nothing beside --id; the running gateway explains by its own policy",
    ),
    (("--id", "1", "--admin", "ftp://x"), "--admin ftp://x: is not HOST:PORT or http://HOST:PORT"),
    (("--id", "1", "--admin", "http://[::1"), "--admin http://[::1: is not HOST:PORT or http://HOST:PORT"),
    (("--id", "1", "--admin", "http://a b:1"), "a b:1: is no address; write HOST:PORT"),
    (("--id", ""), "--id is empty; the id of an exchange is in the access log"),
    (("--id", "1", "--admin", "x:y"), "--admin x:y: is not HOST:PORT or http://HOST:PORT"),
)


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda value: " ".join(value)[:50])
def test_a_mistake_is_one_clear_line(explain: Explain, arguments: tuple[str, ...], message: str) -> None:
    ended = explain(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"pacs-gateway: {message}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"request":', "is not JSON: Expecting value: line 1 column 12 (char 11)"),
        (b"\x00\xff\xfe", "is not JSON: it is no text in UTF-8"),
        (b'{"request": ' + b"9" * 5000 + b"}", "is not JSON: a number in it is too long"),
        (b'{"request": ' * 100_000, "is nested deeper than any case is"),
        (b'{"request": {"path": ' + b"[" * 900 + b"]" * 900 + b"}}", "is nested deeper than any case is"),
        (b"[]", "is not a case; it is an object such as"),
    ],
    ids=["nothing", "half", "no text", "a long number", "brackets that never close", "brackets", "a list"],
)
def test_what_is_no_json_is_said_in_one_line(explain: Explain, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "case.json"
    file.write_bytes(content)
    ended = explain("--json-case", str(file))
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert ended.err.startswith(f"pacs-gateway: {file}: {said}")


def test_a_name_that_is_nearly_that_of_a_case(explain: Explain, config: Path, cases: Path) -> None:
    ended = explain(config, "--case", cases, "--name", "a study on tap")
    assert (ended.code, ended.err) == (
        2,
        f"pacs-gateway: --name: no case of {cases} is called 'a study on tap'; did you mean \"a study on tape\"?\n",
    )


def test_nobody_at_the_admin_port(explain: Explain) -> None:
    port = free_port()
    ended = explain("--id", "1", "--admin", f"127.0.0.1:{port}")
    where = f"no gateway answers at the admin port 127.0.0.1:{port} (Connection refused)"
    assert (ended.code, ended.err) == (2, f"pacs-gateway: {where}; name another with HOST:PORT\n")


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is not JSON: "), ("[]", "is not a case; it is an object"), ("{}", ": request: ")]
)
def test_what_is_no_case_in_json(explain: Explain, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "case.json").write_text(text)
    ended = explain("--json-case", tmp_path / "case.json")
    assert ended.code == 2
    assert message in ended.err


def test_a_configuration_with_mistakes_is_told_as_check_tells_it(explain: Explain, config: Path) -> None:
    config.write_text(CONFIG.replace("status: 500", "statos: 500"))
    ended = explain(config, *TAPE)
    assert ended.code == 1
    assert 'did you mean "status"?' in ended.err
