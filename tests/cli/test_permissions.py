"""Files and folders that are closed to the user: one line says which, and it is not taken for an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Ended, started_by_nobody_special

CONFIG = "version: 1\nupstreams: {pacs: {url: 'http://pacs.example'}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that only its owner's privileges could open."""
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "gateway.yaml").write_text(CONFIG)
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


def test_a_configuration(closed: Path) -> None:
    file = closed / "gateway.yaml"
    ended = started_by_nobody_special("check", file)
    assert ended == Ended(2, "", f"{file}: cannot be read: Permission denied\n{file}: 1 finding\n")


def test_a_folder_of_cases(config: Path, closed: Path) -> None:
    line = f"pacs-gateway: {closed}: may not be read by this user\n"
    assert started_by_nobody_special("test", config, closed) == Ended(2, "", line)
    assert started_by_nobody_special("explain", config, "--case", closed) == Ended(2, "", line)


def test_a_folder_of_recordings(config: Path, closed: Path) -> None:
    line = f"pacs-gateway: {closed}: cannot be read: Permission denied\n"
    assert started_by_nobody_special("replay", config, closed) == Ended(2, "", line)


def test_what_cannot_be_written_is_told_before_the_archive_is_asked(tmp_path: Path) -> None:
    """Nobody is at that address, and that is not what is said."""
    folder = tmp_path / "read only"
    folder.mkdir(mode=0o500)
    ended = started_by_nobody_special("probe", "http://127.0.0.1:1/rs", "--write", folder / "rules.yaml")
    assert ended == Ended(2, "", f"pacs-gateway: {folder / 'rules.yaml'} may not be written by this user\n")
