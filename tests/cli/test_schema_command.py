"""`schema`: what an editor needs, on standard output or in a file."""

import json
from pathlib import Path

import pytest

from gateway.config.reference.render import render
from tests.cli.command import Ended, called, started


def test_the_schema_of_a_configuration_by_itself() -> None:
    ended = started("schema")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["$id"] == "urn:pacs-gateway:configuration:1"


@pytest.mark.parametrize("of", ["configuration", "cases"])
@pytest.mark.parametrize("form", ["json", "markdown"])
def test_each_form_of_each(capsys: pytest.CaptureFixture[str], of: str, form: str) -> None:
    assert called(capsys, "schema", "--of", of, "--format", form) == Ended(0, render(of, form), "")


def test_it_is_written_into_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "cases.schema.json"
    assert called(capsys, "schema", "--of", "cases", "--output", str(file)) == Ended(0, "", "")
    assert file.read_text("utf-8") == render("cases", "json")


def test_a_file_that_cannot_be_written_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ended = called(capsys, "schema", "--output", str(tmp_path / "no" / "such.json"))
    line = f"pacs-gateway: {tmp_path}/no/such.json: cannot be written: No such file or directory\n"
    assert ended == Ended(2, "", line)
