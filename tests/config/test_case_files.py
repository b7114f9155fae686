"""Files of cases: what they may hold, and the exact message for what they may not."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from gateway.config.case_files import CaseFile, read_case_files, read_text_of_cases
from gateway.config.case_reader import read_case
from gateway.config.cases import Answer, Case, Raw
from gateway.config.findings import ConfigErrors, Place, Report
from gateway.config.source import from_plain
from gateway.core.decision import BodyPlan
from gateway.core.failures import Failure, FailureKind, Origin, Sent
from gateway.core.fields import Fields

GOOD = """\
name: a case
request: {path: /studies}
upstream: {status: 200}
expect: {status: 200}
"""


def listed(*cases: str) -> str:
    """Cases as the items of a list."""
    return "".join("- " + indent(case.strip(), "  ").lstrip() + "\n" for case in cases)


def read(text: str, **environ: str) -> CaseFile:
    return read_text_of_cases(dedent(text), "c.yaml", environ)


def one(text: str) -> Case:
    (written,) = read(listed(dedent(text))).cases
    return written.case


def with_(part: str, value: str) -> str:
    """The good case with another part."""
    lines = [f"{part}: {value}" if line.startswith(f"{part}:") else line for line in GOOD.splitlines()]
    return "\n".join(lines) + "\n"


def messages(text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        read(text)
    return [str(finding) for finding in caught.value.findings]


# ---- what a case holds ---------------------------------------------------------------------------------------------


def test_everything_a_case_may_say() -> None:
    case = one("""
        name: a page for people
        why: It is no result.
        source: [RFC 9110 15.5.2, seen in a hospital]
        request:
          method: POST
          path: /studies?a=b
          headers: {Accept: [a/b, c/d], Content-Type: text/plain}
          body: "one\\r\\n"
          route: main
        upstream: {status: 200, reason: Fine, headers: {Content-Type: text/html}, body: ä}
        expect:
          status: [401, 403]
          rule: portal
          headers: {WWW-Authenticate: ~ ^Basic, Content-Type: a/b}
          headers_absent: [ETag]
          body: problem
          content: ä
    """)
    assert (case.name, case.why) == ("a page for people", "It is no result.")
    assert case.source == ("RFC 9110 15.5.2", "seen in a hospital")
    assert (case.request.method, case.request.path, case.request.route) == ("POST", "/studies?a=b", "main")
    assert list(case.request.fields) == [("Accept", "a/b"), ("Accept", "c/d"), ("Content-Type", "text/plain")]
    assert case.request.content == b"one\r\n"
    assert case.upstream == Answer(200, Fields([("Content-Type", "text/html")]), "ä".encode(), "Fine")
    expect = case.expect
    assert (expect.status, expect.others, expect.rule) == (401, (403,), "portal")
    assert [(name, getattr(value, "pattern", value)) for name, value in expect.headers] == [
        ("WWW-Authenticate", "^Basic"),
        ("Content-Type", "a/b"),
    ]
    assert (expect.headers_absent, expect.body, expect.content) == (("ETag",), BodyPlan.PROBLEM, "ä".encode())


def test_a_case_says_little_where_little_is_to_say() -> None:
    case = one(GOOD)
    assert (case.why, case.source, case.request.method, case.request.content) == ("", (), "GET", None)
    assert case.upstream == Answer(200)
    assert (case.expect.rule, case.expect.body, case.expect.content, case.expect.others) == (None, None, None, ())


def test_bytes_that_are_no_text_come_in_base64() -> None:
    case = one(with_("request", "{path: /x, method: POST, body_base64: '/9j/ AA=='}"))
    assert case.request.content == b"\xff\xd8\xff\x00"
    assert one(with_("upstream", "{status: 200, body_base64: ''}")).upstream == Answer(200)
    assert one(with_("upstream", "{raw_base64: AwAA}")).upstream == Raw(b"\x03\x00\x00")


def test_no_content_and_no_word_about_content_are_two_things() -> None:
    assert one(with_("request", "{path: /x, body: ''}")).request.content == b""


@pytest.mark.parametrize("plan", BodyPlan)
def test_every_plan_for_a_body_is_a_word(plan: BodyPlan) -> None:
    assert one(with_("expect", f"{{status: 200, body: {plan.value}}}")).expect.body is plan


@pytest.mark.parametrize("after", ["close", "rst", "hold"])
def test_an_answer_may_be_bytes_or_break_off(after: str) -> None:
    raw = one(with_("upstream", f"{{raw: rubbish, after: {after}}}"))
    cut = one(with_("upstream", f"{{status: 200, body: content, cut: 3, after: {after}}}"))
    assert raw.upstream == Raw(b"rubbish", after)  # type: ignore[arg-type]
    assert cut.upstream == Answer(200, content=b"content", cut=3, after=after)  # type: ignore[arg-type]
    assert raw.needs_sockets
    assert cut.needs_sockets
    assert not one(GOOD).needs_sockets


@pytest.mark.parametrize(
    "upstream",
    [
        "{status: 200, body: abc, cut: 3, headers: {Content-Length: '4'}}",
        "{status: 200, body: abc, cut: 3, headers: {Transfer-Encoding: chunked}}",
        "{status: 200, cut: 0, headers: {Content-Length: '9'}}",
    ],
)
def test_what_was_announced_may_be_missing(upstream: str) -> None:
    assert one(with_("upstream", upstream)).needs_sockets


EARLY = [
    "dns_timeout", "dns_error", "destination_unavailable", "destination_ip_unroutable", "connection_refused",
    "connection_timeout", "tls_protocol_error", "tls_certificate_error",
]  # fmt: skip


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_on_the_way_may_have_reached_the_archive(kind: FailureKind) -> None:
    """A store that is never answered must not be repeated; one that met a closed port may."""
    failure = one(with_("upstream", f"{{failure: {kind.value}}}")).upstream
    early = kind.value in EARLY or Failure(kind).origin is not Origin.UPSTREAM
    assert failure == Failure(kind, Sent.NOTHING if early else Sent.PERHAPS)


ONE_OF = "upstream has one of status, failure, raw, raw_base64; given: "
NO_TARGET = "is not a request target; it begins with / and holds visible ASCII characters, without #"
SECTIONS = "known here: mode, documented, packs, retry_after, inspect, quirks"


# ---- what a file holds ---------------------------------------------------------------------------------------------


def test_a_list_and_a_mapping_hold_the_same_cases() -> None:
    alone = read(listed(GOOD))
    mapping = read("about: Cases.\npolicy: {mode: observe}\ncases:\n" + indent(listed(GOOD), "  "))
    assert [entry.case for entry in alone.cases] == [entry.case for entry in mapping.cases]
    assert (alone.policy, alone.about, mapping.about) == (None, "", "Cases.")
    assert mapping.policy is not None
    assert [pair.key for pair in mapping.policy.pairs] == ["mode"]


def test_a_case_knows_where_it_is_written() -> None:
    file = read("cases:\n" + listed(GOOD, GOOD.replace("a case", "another")))
    assert [str(entry.place) for entry in file.cases] == ["c.yaml:2:3", "c.yaml:6:3"]


def test_values_may_come_from_the_environment_as_in_a_configuration() -> None:
    (written,) = read(listed(with_("upstream", "{status: 200, body: '${WHO:-nobody} $${HOME}'}")), WHO="me").cases
    assert written.case.upstream == Answer(200, content=b"me ${HOME}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "c.yaml:1:1: holds nothing; a file of cases begins with cases:"),
        ("# nothing\n", "c.yaml:1:1: holds nothing; a file of cases begins with cases:"),
        ("cases\n", 'c.yaml:1:1: is "cases" where keys and values are wanted'),
        ("about: Nothing.\n", "c.yaml:1:1: cases: is missing. The cases."),
        ("cases: 5\n", 'c.yaml:1:8: cases: is "5" where a list is wanted'),
        ("case: []\ncases: []\n", 'c.yaml:1:1: case: unknown key; did you mean "cases"?'),
        ("policy: {rules: []}\ncases: []\n", "c.yaml:1:10: policy.rules: unknown key; " + SECTIONS),
        ("policy: {quirk: {}}\ncases: []\n", 'c.yaml:1:10: policy.quirk: unknown key; did you mean "quirks"?'),
        ("policy: 5\ncases: []\n", 'c.yaml:1:9: policy: is "5" where keys and values are wanted'),
        (listed(GOOD.replace("a case", "")), "c.yaml:1:8: [0].name: has no value"),
        (listed(GOOD.replace("name: a case\n", "")), "c.yaml:1:3: [0].name: is missing. A name for people."),
        (listed(GOOD, GOOD), "c.yaml:5:3: [1].name: is already the name of the case in line 1"),
        (listed("<<: {}\n" + GOOD), "c.yaml:1:3: [0]: merge keys (<<) are not read here; write the values out"),
        (listed(GOOD.replace("name:", "nam:")), 'c.yaml:1:3: [0].nam: unknown key; did you mean "name"?'),
    ],
)
def test_a_mistake_in_a_file_has_its_message(text: str, expected: str) -> None:
    assert messages(text) == [expected]


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ("request", "{method: get, path: /}", '2:21: [0].request.method: "get" is not a method; did you mean GET?'),
        ("request", "{path: studies}", "2:19: [0].request.path: " + NO_TARGET),
        (
            "request",
            "{path: /, body: a, body_base64: YQ==}",
            "2:12: [0].request: body and body_base64 say the same thing; give one of them",
        ),
        ("request", "{path: /, body_base64: YQ}", "2:35: [0].request.body_base64: is not base64"),
        ("upstream", "{}", "3:13: [0].upstream: " + ONE_OF + "none"),
        ("upstream", "{status: 200, failure: dns_error}", "3:13: [0].upstream: " + ONE_OF + "status and failure"),
        ("upstream", "{raw: a, raw_base64: YQ==}", "3:13: [0].upstream: " + ONE_OF + "raw and raw_base64"),
        ("upstream", "{raw: a, body: b}", "3:13: [0].upstream: body says nothing beside raw; leave it out"),
        (
            "upstream",
            "{failure: dns_error, after: rst}",
            "3:13: [0].upstream: after says nothing beside failure; leave it out",
        ),
        (
            "upstream",
            "{failure: dns_eror}",
            '3:23: [0].upstream.failure: "dns_eror" is not known; did you mean "dns_error"?',
        ),
        (
            "upstream",
            "{raw: a, after: keep}",
            '3:29: [0].upstream.after: "keep" is not known; known here: close, rst, hold',
        ),
        (
            "upstream",
            "{status: 200, after: rst}",
            "3:13: [0].upstream: after says what follows raw or a cut; without them the answer just ends",
        ),
        (
            "upstream",
            "{status: 200, body: abc, cut: 3}",
            "3:13: [0].upstream: cut is 3, and the content has 3 bytes: nothing would be missing",
        ),
        (
            "upstream",
            "{status: 200, body: abc, cut: 4, headers: {Content-Length: '9'}}",
            "3:13: [0].upstream: cut is 4, and the content has 3 bytes: nothing would be missing",
        ),
        ("upstream", "{status: 99}", '3:22: [0].upstream.status: "99" is not a whole number from 100 to 999'),
        ("expect", "{}", "4:11: [0].expect.status: is missing. What the client gets; of several, the best first."),
        ("expect", "{status: []}", "4:11: [0].expect: status names no code"),
        ("expect", "{status: [200, 600]}", '4:26: [0].expect.status[1]: "600" is not a status code from 200 to 599'),
        ("expect", "{status: 200, body: kept}", '4:31: [0].expect.body: "kept" is not known; did you mean "keep"?'),
        ("expect", "{status: 200, header: {}}", '4:25: [0].expect.header: unknown key; did you mean "headers"?'),
    ],
)
def test_a_mistake_in_a_case_has_its_message(part: str, value: str, expected: str) -> None:
    assert messages(listed(with_(part, value))) == [f"c.yaml:{expected}"]


def test_a_case_that_is_no_mapping_says_so() -> None:
    assert messages("- a case\n") == ['c.yaml:1:3: [0]: is "a case" where keys and values are wanted']


def test_a_faulty_case_is_no_case() -> None:
    report = Report()
    assert read_case(from_plain({"name": "x"}, Place("c.yaml")), report) is None
    assert [finding.path for finding in report.findings] == ["request", "upstream", "expect"]


# ---- files and folders ---------------------------------------------------------------------------------------------


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_folder_is_read_to_its_depth_in_alphabetical_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "deeper/c.yaml", "notes.txt"):
        write(tmp_path, name, listed(GOOD.replace("a case", name)))
    names = [entry.case.name for file in read_case_files([tmp_path], {}) for entry in file.cases]
    assert names == ["a.yml", "b.yaml", "deeper/c.yaml"]


def test_files_keep_the_order_in_which_they_are_given_and_play_once(tmp_path: Path) -> None:
    first, second = write(tmp_path, "b.yaml", listed(GOOD)), write(tmp_path, "a.yaml", listed(GOOD))
    detour = tmp_path / ".." / tmp_path.name / "a.yaml"
    files = read_case_files([first, tmp_path, second, detour], {})
    assert [file.name for file in files] == [str(first), str(second)]


def test_the_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", listed(with_("expect", "{}")))
    write(tmp_path, "b.yaml", "cases: [\n")
    write(tmp_path, "c.yaml", listed(with_("upstream", "{}")))
    with pytest.raises(ConfigErrors) as caught:
        read_case_files([tmp_path], {})
    assert [Path(finding.file).name for finding in caught.value.findings] == ["a.yaml", "b.yaml", "c.yaml"]
    assert caught.value.unreadable


def test_a_file_that_is_not_there_and_a_folder_without_cases_are_unreadable(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "x.yaml", "cannot be read: No such"), (tmp_path, "no .yaml file is in this")):
        with pytest.raises(ConfigErrors, match=message) as caught:
            read_case_files([path], {})
        assert caught.value.unreadable
