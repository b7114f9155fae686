"""One mistake per file in `bad/`: the comment at its beginning holds the exact messages, and there are no others."""

from pathlib import Path

import pytest

from gateway.config.findings import ConfigErrors
from gateway.config.lint import lint
from gateway.config.load import load

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
MARK = "# expect: "


def messages(file: Path) -> list[str]:
    try:
        return [str(finding) for finding in lint(load(file, {}))]
    except ConfigErrors as errors:
        return [str(finding) for finding in errors.findings]


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_each_mistake_has_its_message(file: Path) -> None:
    expected = [line.removeprefix(MARK) for line in file.read_text("utf-8").splitlines() if line.startswith(MARK)]
    folder = f"{file.parent}/"
    assert [message.replace(folder, "").removeprefix(f"{file.name}:") for message in messages(file)] == expected
    assert expected


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_findings_come_in_the_order_of_the_file(file: Path) -> None:
    try:
        found = lint(load(file, {}))
    except ConfigErrors as errors:
        found = errors.findings
    assert list(found) == sorted(found)


def test_the_text_of_the_error_has_a_line_for_each_finding() -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(BAD[0].parent / "all-at-once.yaml", {})
    assert len(str(caught.value).splitlines()) == len(caught.value.findings) > 10


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_only_what_is_not_yaml_is_unreadable(file: Path) -> None:
    not_yaml = {
        "yaml-syntax", "yaml-tab", "yaml-colon", "yaml-two-documents", "yaml-empty", "yaml-alias", "yaml-too-deep",
        "yaml-control-character", "yaml-escape-too-large", "yaml-quotes-needed", "yaml-quotes-needed-in-a-block",
        "yaml-quotes-needed-at-a-sign",
    }  # fmt: skip
    unreadable = False
    try:
        load(file, {})
    except ConfigErrors as errors:
        unreadable = errors.unreadable
    assert unreadable == (file.stem in not_yaml)
