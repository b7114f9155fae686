"""`replay` as an administrator meets it: the table, the sums, the exit codes."""

import gzip
import json
import os
import pty
import subprocess
import sys
import termios
import tracemalloc
from pathlib import Path

import pytest

from tests.cli.command import called
from tests.recordings.making import EMPTY, FOUND, FULL, REFUSED, WORDS, configuration, line, recording
from tests.recordings.test_har import JSON, har_entry

RULE = "rules: [{id: gone, why: A test., when: {status: 500, body: No such}, then: {status: 404}}]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return configuration(tmp_path / "gateway.yaml")


def test_a_recording_is_told_as_a_table(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording(tmp_path / "a.jsonl", [EMPTY] * 3 + [FOUND] * 5 + [FULL, REFUSED])
    ended = called(capsys, "replay", config, tmp_path / "a.jsonl")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "count  transaction             archive             client  rule\n"
        "    5  studies.search          200                 200     -\n"
        "    3  studies.search          200                 204     empty-search\n"
        "    1  studies.retrieve.dicom  507                 503     fold\n"
        "    1  studies.retrieve.dicom  connection_refused  503     failure\n"
        "\n"
        "10 exchanges, 2026-11-20T10:00:00.000Z to 2026-11-20T10:00:00.000Z: 5 changed, 5 unchanged, 0 cannot be told; "
        "0 otherwise than recorded\n"
    )


def test_only_what_is_changed_and_only_one_transaction(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recording(tmp_path / "a.jsonl", [EMPTY, FOUND, FULL])
    ended = called(capsys, "replay", config, file, "--only-changed", "--transaction", "search")
    assert ended.out.splitlines()[1:3] == ["    1  studies.search  200      204     empty-search", ""]
    assert "2 exchanges" in ended.out


def test_what_cannot_be_told_is_counted_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recording(tmp_path / "a.jsonl", [WORDS] * 2 + [FOUND])
    config = configuration(tmp_path / "gateway.yaml", RULE)
    ended = called(capsys, "replay", config, file)
    assert ended.code == 0
    assert "cannot be told:\n        2  rule gone asks for text that is not in a recording\n" in ended.out
    assert called(capsys, "replay", config, file, "--fail-on", "untold").code == 1


def test_a_rule_that_was_there_when_it_was_recorded_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether its text held is in the line, so the same condition may go into another rule and to another place."""
    before = configuration(tmp_path / "gateway.yaml", RULE)
    file = recording(tmp_path / "a.jsonl", [WORDS, FULL], before.read_text())
    moved = "rules: [{id: full, why: A test., when: {status: 507}, then: {status: 500}}, "
    moved += "{id: other, why: A test., when: {transaction: retrieve, body: No such}, then: {status: 410}}]\n"
    ended = called(capsys, "replay", configuration(before, moved), file, "--json")
    rows = {(row["rule"], row["status"]): row["count"] for row in json.loads(ended.out)["rows"]}
    assert rows == {("other", 410): 1, ("full", 500): 1}
    assert json.loads(ended.out)["differs"] == 2


@pytest.mark.parametrize(
    ("what", "exchange", "code"),
    [
        ("changed", EMPTY, 1),
        ("changed", FOUND, 0),
        ("undocumented", FULL, 1),
        ("undocumented", EMPTY, 0),
        ("untold", FULL, 0),
        ("differs", FULL, 0),
    ],
)
def test_what_it_is_told_to_fail_on(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str], what: str, exchange: tuple[str, object], code: int
) -> None:
    file = recording(tmp_path / "a.jsonl", [exchange])  # type: ignore[list-item]
    assert called(capsys, "replay", config, file, "--fail-on", what).code == code


def test_another_verdict_than_was_recorded(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recording(tmp_path / "a.jsonl", [EMPTY, FULL])
    strict = configuration(tmp_path / "new.yaml", "documented: {edition: 2026a}\n")
    ended = called(capsys, "replay", strict, file, "--fail-on", "differs")
    assert ended.code == 1
    assert ended.out.endswith("; 1 otherwise than recorded\n")


def test_lines_that_cannot_be_read_are_named_and_passed_over(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(line(EMPTY) + "rubbish\n" * 30 + line(EMPTY))
    ended = called(capsys, "replay", config, file)
    assert ended.code == 1
    assert ended.out.splitlines()[1].split()[:2] == ["2", "studies.search"]
    said = ended.err.splitlines()
    assert said[0] == f"{file}:2: is no JSON; it may have been cut when the gateway was killed, or be from elsewhere"
    assert said[-1] == "and 10 more that cannot be read"
    assert json.loads(called(capsys, "replay", config, file, "--json").out)["unreadable"] == 30


def test_a_har_file_is_judged_by_its_contents(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "viewer.har"
    entries = [
        har_entry("http://pacs/studies", answer_headers=JSON, content={"size": 2, "text": "[]"}),
        har_entry("http://pacs/studies/1.2/metadata", answer_headers=JSON, content={"size": 900}),
        har_entry("blob:http://viewer/1"),
    ]
    file.write_text(json.dumps({"log": {"entries": entries}}))
    ended = called(capsys, "replay", config, file)
    assert ended.code == 0
    assert "1  studies.search  200      204     empty-search\n" in ended.out
    assert "cannot be told:\n        1  the file does not hold its content\n" in ended.out
    assert "not for this gateway:\n        1  it was no request over HTTP\n" in ended.out


def test_a_policy_that_observes_is_asked_what_it_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recording(tmp_path / "a.jsonl", [EMPTY])
    ended = called(capsys, "replay", configuration(tmp_path / "gateway.yaml", "mode: observe\n"), file)
    assert ended.out.startswith("mode: observe - what follows is what enforce would do\n")
    assert "204     empty-search" in ended.out


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "gone", "{folder}/gone: there is no such file or folder"),
        (
            lambda folder: folder,
            "{folder}: there is no recording in this folder; looked for .jsonl, .jsonl.gz, .har, .har.gz",
        ),
        (
            lambda folder: recording(folder / "empty.jsonl", []),
            "{folder}/empty.jsonl: nothing is recorded there, or nothing that was asked for",
        ),
    ],
)
def test_where_nothing_is_to_be_read_one_sentence_says_so(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str], make: object, message: str
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    ended = called(capsys, "replay", config, make(folder))  # type: ignore[operator]
    assert (ended.code, ended.out, ended.err) == (2, "", f"pacs-gateway: {message.format(folder=folder)}\n")


def test_mistakes_of_the_configuration_and_of_words_are_said(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recording(tmp_path / "a.jsonl", [EMPTY])
    ended = called(capsys, "replay", config, file, "--transaction", "serach")
    assert ended.code == 2
    assert ended.err.startswith('pacs-gateway: --transaction: "serach" is not a transaction; did you mean')
    assert called(capsys, "replay", tmp_path / "none.yaml", file).code == 2
    assert called(capsys, "replay", configuration(tmp_path / "bad.yaml", "mode: x\n"), file).code == 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    called(capsys, "replay", config, recording(tmp_path / "a.jsonl", [EMPTY, FULL]))  # what is loaded once
    lines = (line(EMPTY) + line(FULL)).encode() * 2000
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(lines))
    tracemalloc.start()
    called(capsys, "replay", config, file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < len(lines) / 4


def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else(tmp_path: Path, config: Path) -> None:
    file = recording(tmp_path / "a.jsonl", [EMPTY] * 2000)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))  # of a terminal without a width nothing fits
    command = [sys.executable, "-m", "gateway", "replay", str(config), str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    drawn = os.read(ours, 65536)
    os.close(ours), os.close(theirs)
    assert done.returncode == 0
    assert b"%|" in drawn
    assert b"%|" not in done.stdout
    assert subprocess.run(command, capture_output=True, timeout=60).stderr == b""
