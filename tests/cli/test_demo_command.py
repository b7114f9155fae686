"""`pacs-gateway demo`: a tour of a running gateway in front of a running archive, from the command line."""

import socket

from tests.cli.command import started


def test_the_tour_shows_what_the_gateway_changes_and_ends() -> None:
    ended = started("demo", "--once", "--port", "0", "--admin-port", "0")
    assert (ended.code, ended.err) == (0, "")
    assert "The gateway is up:" in ended.out
    assert "Put it in front of your own PACS:" in ended.out
    assert ended.out.count("PACS said") == ended.out.count("client got") == ended.out.count("decided by") > 3


def test_without_the_tour_it_only_says_where_it_is() -> None:
    ended = started("demo", "--once", "--no-tour", "--port", "0", "--admin-port", "0")
    assert ended.code == 0
    assert ended.out.lstrip().startswith("The gateway is up:")


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = started("demo", "--once", "--port", str(port), "--admin-port", "0")
    (line,) = ended.err.splitlines()
    assert ended.code == 2
    assert str(port) in line
    assert line.endswith("; choose others with --port and --admin-port")
