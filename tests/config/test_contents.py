"""What files held: equal for equal bytes, and empty for whatever cannot be read, which is never waited for."""

import os
from pathlib import Path

import pytest

from gateway.config.contents import Content, changed
from gateway.config.findings import ConfigErrors
from gateway.config.load import load

BASE = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\nlogging: {identifiers: hash, identifier_key_file: key}\n"


def test_the_same_bytes_are_the_same_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one")
    before = Content.of(file)
    os.utime(file, (0, 0))
    assert Content.of(file) == before == Content.read(file, b"\xef\xbb\xbfone")
    file.write_bytes(b"two")
    assert Content.of(file) != before


@pytest.mark.parametrize("name", ["nothing", "folder", "pipe", "x" * 300, "with\0zero", "folder/below", "file/below"])
def test_what_is_no_file_holds_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    assert Content.of(tmp_path / name).digest == ""
    assert Content.of(tmp_path / "file").digest != ""


def test_a_configuration_knows_what_it_was_read_from(tmp_path: Path) -> None:
    file, key = tmp_path / "gateway.yaml", tmp_path / "key"
    file.write_text(BASE)
    key.write_text("a key of some length")
    contents = load(file, {}).contents
    assert {name: content.path for name, content in contents.items()} == {"": file, "logging.identifier_key_file": key}
    assert changed(contents) == ()
    key.write_text("another key of some length")
    assert changed(contents) == (key,)
    file.unlink()
    assert changed(contents) == (file, key)


@pytest.mark.parametrize("text", [None, b"\xff\xfe", b"a: [", b"version: 2\n", BASE.encode()])
def test_so_does_one_that_is_of_no_use(text: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(ConfigErrors) as refused:
        load(file, {})
    assert refused.value.contents[""].path == file
    assert changed(refused.value.contents) == ()
    file.write_text(BASE + "# more\n")
    assert changed(refused.value.contents) == (file,)
    assert ("logging.identifier_key_file" in refused.value.contents) is (text == BASE.encode())
