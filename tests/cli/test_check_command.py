"""`pacs-gateway check`: every mistake at once, each with its place; or one line that says all is well."""

from pathlib import Path

import pytest

from tests.cli.command import called, started

GOOD = """\
version: 1
upstreams: {pacs: {url: 'http://pacs:8042'}}
rules:
  - id: on-tape
    why: It comes back from tape.
    when: {transaction: retrieve, status: 500, body: ERR-1}
    then: {status: 503}
    examples:
      - request: {path: /studies/2.25.1}
        upstream: {status: 500, headers: {Content-Type: text/plain}, body: ERR-1}
        expect: {status: 503}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(GOOD)
    return file


def test_a_valid_file_is_one_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = called(capsys, "check", file)
    assert (ended.code, ended.err, ended.out.count("\n")) == (0, "", 1)
    assert ended.out.startswith(f"{file}: valid. 1 upstream(s), 1 route(s), 1 rule(s), 1 example(s) that hold, ")


def test_every_mistake_has_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD.replace("upstreams:", "upstream:"))
    ended = called(capsys, "check", file)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        f"{file}:1:1: upstreams: is missing. The archives, each by an id of your choice; name at least one.",
        f'{file}:2:1: upstream: unknown key; did you mean "upstreams"?',
        f"{file}: 2 findings",
    ]


def test_an_example_that_does_not_hold_is_a_finding(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD.replace("expect: {status: 503}", "expect: {status: 503, body: empty}"))
    ended = called(capsys, "check", file)
    assert ended.code == 1
    assert ended.err == f"{file}:9:9: rules[0].examples[0]: body keep instead of empty\n{file}: 1 finding\n"


def test_an_example_about_bytes_on_a_wire_is_a_finding(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was never run, so nobody may believe that it holds."""
    example = "{status: 500, headers: {Content-Type: text/plain}, body: ERR-1}"
    file.write_text(GOOD.replace(example, "{raw: rubbish}"))
    ended = called(capsys, "check", file)
    assert ended.code == 1
    assert "rules[0].examples[0]: needs sockets: raw and cut are about bytes on a wire" in ended.err


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read: No such file or directory"), (b"a: [", "not YAML"), (b"\xff", "is not UTF-8")],
)
def test_what_cannot_be_read_ends_in_2(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "gateway.yaml"
    if content is not None:
        file.write_bytes(content)
    ended = started("check", file)
    assert (ended.code, ended.out) == (2, "")
    first, last = ended.err.splitlines()
    assert message in first
    assert last == f"{file}: 1 finding"


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    ended = started("check", tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"{tmp_path}: cannot be read: Is a directory\n")


@pytest.mark.parametrize("shipped", ["gateway.yaml", "minimal.yaml"])
def test_the_configurations_that_ship_are_valid(shipped: str) -> None:
    file = Path(__file__).parents[2] / "config" / shipped
    ended = started("check", file, PACS_URL="http://pacs.example:8042")
    assert (ended.code, ended.err) == (0, "")


def test_the_difference_to_another_file_is_what_a_reload_would_log(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(
        GOOD.replace("pacs:8042", "pacs2:8042").replace(
            "rules:", "server: {port: 8081}\nretry_after: {default: 20s}\nrules:"
        )
    )
    ended = called(capsys, "check", new, "--diff", file)
    assert (ended.code, ended.err) == (0, "")
    valid, *told = ended.out.splitlines()
    assert valid.startswith(f"{new}: valid. ")
    assert told == [
        f"a reload from {file} changes:",
        "  server.port: 8080 -> 8081",
        "  upstreams.pacs.url: http://pacs:8042 -> http://pacs2:8042",
        "  retry_after.default: 10s -> 20s",
        "  note: server.port changed and takes effect at the next start",
    ]


def test_two_files_that_mean_the_same_differ_in_nothing(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text("# the same\n" + GOOD + "mode: enforce\n")
    ended = called(capsys, "check", new, "--diff", file)
    assert (ended.code, ended.out.splitlines()[1:]) == (0, [f"a reload from {file} changes nothing"])


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [(None, 2, "cannot be read: No such file or directory"), ("version: 1\n", 1, "upstreams: is missing")],
)
def test_the_other_file_must_be_one_as_well(
    file: Path, tmp_path: Path, content: str | None, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.yaml"
    if content is not None:
        old.write_text(content)
    ended = called(capsys, "check", file, "--diff", old)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.endswith(f"{old}: 1 finding\n")
