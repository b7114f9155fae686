"""YAML to nodes: places, the traps of YAML 1.1, the environment, and files that cannot be read."""

from pathlib import Path

import pytest

from gateway.config.findings import ConfigErrors, Finding, Place, Report
from gateway.config.kinds import plain
from gateway.config.load import load, load_text
from gateway.config.parse import parse
from gateway.config.source import Items, Node, Pairs, Scalar, from_plain, place_of

PACS = "version: 1\nupstreams: {pacs: {url: 'http://pacs:8042'}}\n"


def tree(text: str, **environ: str) -> Node:
    report = Report()
    node = parse(text, "g.yaml", environ, report)
    assert report.findings == []
    return node


def value(text: str, **environ: str) -> str:
    node = tree(f"key: {text}\n", **environ)
    assert isinstance(node, Pairs)
    scalar = node.get("key")
    assert isinstance(scalar, Scalar)
    return scalar.text


@pytest.mark.parametrize("written", ["on", "off", "yes", "no", "10:30", "010", "0x1F", "1e3", "2026-01-01", "1_000"])
def test_yaml_1_1_does_not_turn_a_text_into_something_else(written: str) -> None:
    assert value(written) == written


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (("a",), "g.yaml:1:4"),
        (("b", "c"), "g.yaml:3:6"),
        (("b", "d", 0), "g.yaml:5:7"),
        (("b", "d", 1), "g.yaml:6:7"),
        (("b", "d", 1, "e"), "g.yaml:6:10"),
        (("b", "missing", "further"), "g.yaml:3:3"),
    ],
)
def test_every_node_knows_its_place(keys: tuple[str | int, ...], place: str) -> None:
    node = tree("a: 1\nb:\n  c: 2\n  d:\n    - x\n    - e: 3\n")
    assert str(place_of(node, *keys)) == place


def test_a_path_is_written_as_people_write_it() -> None:
    node = tree("rules:\n  - then: {status: 418}\n")
    assert place_of(node, "rules", 0, "then", "status") == Place("g.yaml", 2, 20, "rules[0].then.status")


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + PACS.replace("\n", "\r\n").encode())
    assert load(file, {}).upstreams["pacs"].port == 8042


def test_a_question_mark_in_an_unquoted_text_is_a_character() -> None:
    node = tree("{path: /studies?limit=1, location: /login?next=x}\n")
    assert plain(node) == {"path": "/studies?limit=1", "location": "/login?next=x"}


def test_json_is_yaml() -> None:
    assert plain(tree('{"a": [1, -2.5, true, null, "1", ""], "b": {}}')) == {
        "a": [1, -2.5, True, None, "1", ""],
        "b": {},
    }


@pytest.mark.parametrize("written", ["007", "1.", ".5", "1e5", "--1", "9" * 19, "True", "١"])
def test_what_json_would_not_call_a_number_stays_text(written: str) -> None:
    assert plain(tree(f"key: {written}\n")) == {"key": written}


def test_plain_values_make_the_same_tree_as_their_yaml() -> None:
    data = {"a": ["x", 1, True, None], "b": {"c": "1"}}
    made = from_plain(data, Place("--flag"))
    assert plain(made) == plain(tree('a: ["x", 1, true, null]\nb: {c: "1"}\n')) == data
    assert str(place_of(made, "a", 1)) == "--flag"
    assert place_of(made, "a", 1).path == "a[1]"


# The environment


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("${HOST}", "pacs"),
        ("http://${HOST}:${PORT}/", "http://pacs:8042/"),
        ("${HOST:-other}", "pacs"),
        ("${UNSET:-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("x${EMPTY}", "x"),
        ("x${UNSET:-}", "x"),
        ("'$${HOST}'", "${HOST}"),
        ("$HOST", "$HOST"),
        ("'^/login$'", "^/login$"),
    ],
)
def test_the_environment_fills_in_values(written: str, becomes: str) -> None:
    assert value(written, HOST="pacs", PORT="8042", EMPTY="") == becomes


def test_a_variable_can_never_change_the_structure() -> None:
    node = tree("a: ${X}\n", X='1\nb: {c: "d"}')
    assert plain(node) == {"a": '1\nb: {c: "d"}'}


@pytest.mark.parametrize("content", ["null", "~", ""])
def test_what_a_variable_holds_is_a_text(content: str) -> None:
    assert plain(tree("a: ${X}\n", X=content)) == {"a": content}


def test_an_unset_variable_is_one_finding_and_not_two() -> None:
    text = "version: 1\nupstreams: {pacs: {url: '${PACS}'}}\nserver: {trusted_proxies: '${NETS}', tls: '${TLS}'}\n"
    with pytest.raises(ConfigErrors) as caught:
        load_text(text, "g.yaml", {})
    assert [finding.path for finding in caught.value.findings] == [
        "upstreams.pacs.url", "server.trusted_proxies", "server.tls",
    ]  # fmt: skip


def test_bytes_in_a_variable_that_are_no_text_are_a_finding() -> None:
    report = Report()
    parse("a: ${X}\n", "g.yaml", {"X": "\udcff"}, report)
    assert report.findings == [Finding("g.yaml", 1, 4, "a", "holds half of a surrogate pair, which is no character")]


# Files


def unreadable(file: Path) -> str:
    with pytest.raises(ConfigErrors) as caught:
        load(file, {})
    assert caught.value.unreadable
    return str(caught.value)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert unreadable(tmp_path / "no.yaml") == f"{tmp_path}/no.yaml: cannot be read: No such file or directory"


def test_a_directory_is_unreadable(tmp_path: Path) -> None:
    assert unreadable(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_name_that_cannot_be_one_is_unreadable() -> None:
    assert unreadable(Path("a\0b")).endswith("cannot be read: embedded null byte")


def test_latin_1_is_unreadable_and_the_byte_has_a_place(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_bytes(b"version: 1\nmode: \xe4\n")
    assert unreadable(file) == f"{file}:2:7: is not UTF-8: byte 0xE4 here"


def test_an_items_node_has_no_keys() -> None:
    node = tree("[a]\n")
    assert isinstance(node, Items)
    assert place_of(node, "a").path == "a"
