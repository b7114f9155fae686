"""`diff` as an administrator meets it: what a change of the policy changes, before anybody meets it."""

import json
from pathlib import Path

import pytest

from tests.cli.command import called
from tests.recordings.making import EMPTY, FOUND, FULL, WORDS, configuration, recording

RULE = "rules: [{id: gone, why: A test., when: {body: No such}, then: {status: 404}}]\n"


def test_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = configuration(tmp_path / "old.yaml")
    file = recording(tmp_path / "a.jsonl", [EMPTY, FOUND, FULL])
    ended = called(capsys, "diff", old, old, file)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith(": 0 different, 3 the same, 0 cannot be told\n")


def test_differences_are_told_the_commonest_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = configuration(tmp_path / "old.yaml")
    new = configuration(
        tmp_path / "new.yaml",
        "documented: {edition: 2026a}\nrules: [{id: full, why: A test., when: {status: 507}, then: {status: 500}}]\n",
    )
    file = recording(tmp_path / "a.jsonl", [FULL, *[EMPTY] * 12, FOUND])
    ended = called(capsys, "diff", old, new, file)
    assert ended.code == 1
    assert ended.out == (
        "count  transaction             archive  old               new\n"
        "   12  studies.search          200      204 empty-search  200 -\n"
        "    1  studies.retrieve.dicom  507      503 fold          500 full\n"
        "\n"
        "14 exchanges, 2026-11-20T10:00:00.000Z to 2026-11-20T10:00:00.000Z: 13 different, 1 the same, 0 cannot be told\n"
    )


def test_another_content_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = "rules: [{{id: full, why: A test., when: {{status: 507}}, then: {{status: 500, body: {body}}}}}]\n"
    old, new = (configuration(tmp_path / f"{body}.yaml", rule.format(body=body)) for body in ("keep", "problem"))
    ended = called(capsys, "diff", old, new, recording(tmp_path / "a.jsonl", [FULL]))
    assert ended.code == 1
    assert "500 full, content: keep  500 full, content: problem" in ended.out


def test_what_cannot_be_told_names_the_policy_that_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = configuration(tmp_path / "old.yaml"), configuration(tmp_path / "new.yaml", RULE)
    file = recording(tmp_path / "a.jsonl", [WORDS])
    ended = called(capsys, "diff", old, new, file)
    assert ended.code == 0
    assert "1  rule gone asks for text that is not in a recording, in the new one\n" in ended.out
    assert called(capsys, "diff", old, new, file, "--strict").code == 1
    both = called(capsys, "diff", new, new, file)
    assert "1  rule gone asks for text that is not in a recording, in both\n" in both.out


def test_a_rule_that_was_in_force_is_told_in_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_it, without = configuration(tmp_path / "old.yaml", RULE), configuration(tmp_path / "new.yaml")
    file = recording(tmp_path / "a.jsonl", [WORDS], with_it.read_text())
    ended = called(capsys, "diff", with_it, without, file, "--json")
    assert ended.code == 1
    (row,) = json.loads(ended.out)["rows"]
    assert (row["old_status"], row["old_rule"], row["new_status"], row["new_rule"]) == (404, "gone", 500, "-")


def test_a_route_that_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = configuration(tmp_path / "old.yaml"), tmp_path / "new.yaml"
    new.write_text(old.read_text().replace("id: rs", "id: dicomweb"))
    ended = called(capsys, "diff", old, new, recording(tmp_path / "a.jsonl", [EMPTY]))
    assert "1  there is no route rs in this configuration, in the new one\n" in ended.out


def test_what_is_unusable_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = configuration(tmp_path / "old.yaml")
    assert called(capsys, "diff", old, tmp_path / "none.yaml", old).code == 2
    ended = called(capsys, "diff", old, old, tmp_path / "none.jsonl")
    assert (ended.code, ended.err) == (2, f"pacs-gateway: {tmp_path}/none.jsonl: there is no such file or folder\n")
