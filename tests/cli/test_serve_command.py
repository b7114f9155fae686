"""`pacs-gateway serve`: what it does not start with, each in one line. That it serves is shown everywhere else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import started


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(*arguments: str | Path, **environ: str) -> tuple[int, str]:
    """The exit code and the single line on stderr."""
    ended = started("serve", *arguments, **{"PACS_GATEWAY_CONFIG": "", **environ})
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    return ended.code, line


def test_without_a_source_it_says_what_to_give() -> None:
    code, line = refused()
    assert code == 2
    assert line == (
        "pacs-gateway: nothing to serve: give --config FILE or --upstream URL (try `pacs-gateway demo` first)"
    )


@pytest.mark.parametrize(("option", "value"), [("--port", "8081"), ("--admin-port", "9091"), ("--host", "127.0.0.1")])
def test_the_port_of_a_file_stands_in_the_file(option: str, value: str) -> None:
    code, line = refused("--config", "gateway.yaml", option, value)
    assert code == 2
    assert line.startswith(f"pacs-gateway: {option}: only with --upstream; with a file, write it there")


def test_a_port_that_is_taken_is_named(taken: int) -> None:
    code, line = refused(
        "--upstream", "http://pacs:1", "--host", "127.0.0.1", "--port", str(taken), "--admin-port", "0"
    )
    assert code == 2
    assert str(taken) in line


def test_the_variable_names_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "nowhere.yaml"
    ended = started("serve", PACS_GATEWAY_CONFIG=str(file))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (f"pacs-gateway: {file}: cannot be read: No such file or directory\n")


def test_a_file_with_mistakes_is_told_with_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("version: 2\nupstreams: {pacs: {}}\n")
    ended = started("serve", "--config", file)
    assert ended.code == 1
    head, version, url = ended.err.splitlines()
    assert head == "pacs-gateway: 2 mistakes:"
    assert version == f"  {file}:1:10: version: this release reads version 1"
    assert url.startswith(f"  {file}:2:19: upstreams.pacs.url: is missing. ")


def test_an_address_that_is_none_is_told_with_its_option() -> None:
    ended = started("serve", "--upstream", "pacs:8042")
    assert ended.code == 1
    assert "--upstream: " in ended.err
    assert "has no scheme; write http://pacs:8042" in ended.err
    assert "Traceback" not in ended.err


def test_a_file_and_an_address_are_one_too_many() -> None:
    ended = started("serve", "--upstream", "http://pacs:1", "--config", "gateway.yaml")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].endswith("not allowed with argument --upstream")
