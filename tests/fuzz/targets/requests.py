"""What a client sends: its transaction, its soundness, and the header sections that are made of it."""

import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urlsplit

from gateway.core.addresses import rebased
from gateway.core.failures import FailureKind, Origin, Sent
from gateway.core.fields import Fields
from gateway.core.headers import (
    FORWARDING,
    HOP_BY_HOP,
    RENAMED,
    SINGLE,
    is_looping,
    request_lines,
    response_lines,
)
from gateway.core.request import FORWARDED_METHODS, RequestLine, Sound, examine, is_authority
from gateway.dicomweb.classify import classify
from gateway.dicomweb.transactions import TRANSACTIONS
from tests.fuzz.form import lines, message, words

ORIGIN, BASE = "http://pacs.internal:8042", "https://gw.example"
MAX_TARGET, MAX_FIELDS = 512, 2048

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_AROUND = "".join(map(chr, range(0x21)))
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAY_FAIL = {Origin.DOWNSTREAM, Origin.GATEWAY}


def check_classify(data: bytes) -> None:
    """Every request is one of the transactions, found without altering it, and a HEAD is what its GET is."""
    method, target, accept, content_type, signs = lines(data, 5)
    flags = {word: word in signs for word in ("soap_action", "websocket", "preflight")}
    found = classify(method, target, accept=accept, content_type=content_type, **flags)
    assert found == classify(method, target, accept=accept, content_type=content_type, **flags)
    assert TRANSACTIONS[found.transaction.id] is found.transaction
    assert target.startswith(found.root)
    assert all(re.fullmatch("[A-Z]+", name) for name in found.allow)
    if method == "GET" and not flags["websocket"]:
        head = classify("HEAD", target, accept=accept, content_type=content_type, **flags)
        assert head.transaction is found.transaction


def check_request(data: bytes) -> None:
    """What goes on has one length, one authority and a target in origin-form, byte for byte as it came."""
    first, fields, _ = message(data)
    method, target, version = words(first, 3)
    line = RequestLine(method, target, (1, 0) if version == "HTTP/1.0" else (1, 1), fields)
    sound = examine(line, MAX_TARGET, MAX_FIELDS)
    if not isinstance(sound, Sound):
        assert sound.origin in _MAY_FAIL
        assert sound.sent is Sent.NOTHING
        assert sound.kind is not FailureKind.METHOD_REFUSED or sound.allow
        return
    assert method in FORWARDED_METHODS
    assert sound.target.startswith("/")
    assert re.fullmatch(r"[!-~]+", sound.target)
    assert target.endswith(sound.target) or (sound.target[0] == "/" and target.endswith(sound.target[1:]))
    assert not sound.authority or is_authority(sound.authority)
    assert not sound.chunked or (sound.length is None and "Content-Length" not in fields)
    assert "Transfer-Encoding" not in fields or sound.chunked
    assert examine(replace(line, target=sound.target), MAX_TARGET, MAX_FIELDS) == sound


def check_request_fields(data: bytes) -> None:
    """Nothing that frames, routes or vouches for a request comes from the client, unless a proxy of ours says it."""
    first, fields, _ = message(data)
    host, peer, trusted = words(first, 3)
    if not is_authority(host) or not re.fullmatch(r"[0-9a-f.:]+", peer):
        return
    trusts = trusted == "trusted"
    out = request_lines(fields, host=host, peer=peer, scheme="http", public_host=host, trusted=trusts, version="1.1")
    _can_be_written(out)
    names = [name.lower() for name, _ in out]
    assert out[0] == ("Host", host)
    for name in ("host", "via", "x-forwarded-for", "forwarded"):
        assert names.count(name) == 1
    assert not {"expect", "content-length", "transfer-encoding"} & set(names)
    said = Fields(out)
    assert is_looping(said)
    assert said.get("X-Forwarded-For").endswith(peer)
    if not trusts:
        assert (said.get("X-Forwarded-For"), said.all("X-Forwarded-Proto")) == (peer, ("http",))
        assert not {name.replace("_", "-") for name in names} & (FORWARDING - _OURS)
    _are_as_they_came([line for line in out if line[0].lower() not in FORWARDING | {"host", "via"}], fields)


_OURS = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}


def check_response_fields(data: bytes) -> None:
    """An answer's lines leave as they came, or not at all; what is said once stays so; protected ones are not lost."""
    _, fields, _ = message(data)
    out = response_lines(fields, upstream_origin=ORIGIN, public_base=BASE, version="1.1")
    _can_be_written(out.lines)
    assert len(out.all("Via")) == 1
    for name in SINGLE:
        assert len(out.all(name)) <= 1
    for name in ("WWW-Authenticate", "Warning"):
        assert out.all(name) == _sendable(fields, name)
    for ours, theirs in zip(out.all("Set-Cookie"), _sendable(fields, "Set-Cookie"), strict=True):
        _is_no_wider(ours.split(";"), theirs.split(";"))
    _are_as_they_came([line for line in out if line[0].lower() not in RENAMED.keys() | {"via"}], fields)


def _sendable(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(value for value in fields.all(name) if not _CONTROL.search(value))


def _is_no_wider(ours: list[str], theirs: list[str]) -> None:
    """The same cookie, without its `Domain` at most."""
    gone = [attribute for attribute in theirs if attribute not in ours]
    assert ours[0] == theirs[0]
    assert [attribute for attribute in theirs if attribute not in gone] == ours
    assert all(attribute.partition("=")[0].strip(" \t").lower() == "domain" for attribute in gone)


def check_rebased(data: bytes) -> None:
    """An address at the archive becomes the same path at the gateway; any other stays, to the letter."""
    address = lines(data, 1)[0]
    out = rebased(address, ORIGIN, BASE)
    if out != address:
        match = re.fullmatch(r"(https://gw\.example|wss://gw\.example)([/?#].*|)", out, re.DOTALL)
        assert match
        path = match[2]
        plain = re.sub(r"[\t\r\n]", "", address.strip(_AROUND))
        assert plain.replace("\\", "/").endswith(path.replace("\\", "/"))
    assert rebased(out, ORIGIN, BASE) == out
    alone = rebased(address, ORIGIN, "")
    assert alone == address or re.match(r"/(?![\\/])", alone)
    assert not _leads_to_the_archive(out)


def _leads_to_the_archive(address: str) -> bool:
    """The opinion of another reader of addresses."""
    try:
        parts = urlsplit(address, scheme="http")
        return (parts.scheme, parts.hostname, parts.port) == ("http", "pacs.internal", 8042)
    except ValueError:
        return False


def _can_be_written(out: object) -> None:
    for name, value in out:  # type: ignore[attr-defined]
        assert _TOKEN.fullmatch(name)
        assert not _CONTROL.search(value)
        assert name.lower() not in HOP_BY_HOP
        value.encode("latin-1")


def _are_as_they_came(out: list[tuple[str, str]], fields: Fields) -> None:
    """Lines of the original, in its order."""
    came = list(fields)
    places = []
    for line in out:
        assert line in came
        places.append(came.index(line, places[-1] + 1 if places else 0))
    assert all(before < after for before, after in pairwise(places))
