"""What must hold for targets that nobody thought of."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.dicomweb.classify import classify
from gateway.dicomweb.transactions import TRANSACTIONS, Template, Transaction

ROWS = frozenset(TRANSACTIONS.values())
RESOURCES = [
    (row, template)
    for row in TRANSACTIONS.values()
    for template in row.templates
    if "{any*}" not in template.path and row.service != "common"
]
WORDS = {word for _, template in RESOURCES for word in template.path.split("/") if word.isascii() and word.islower()}
WORDS = {word for word in WORDS if not word.startswith("{")}
WORDS |= {"color-palettes", "defined-procedure-protocols", "hanging-protocols", "implant-templates", "rendered3d"}

methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", ""])
values = st.sampled_from(["1", "1.2.3", "x", "A B", "1.2.840.10008.5.1.4.34.5", "1.2.840.10008.5.1.4.34.5.1"])
segments = st.one_of(st.sampled_from(sorted(WORDS)), values, st.sampled_from(["", "%2F", "%73tudies", "rendered3D"]))
queries = st.sampled_from(["", "?", "?update", "?requestType=WADO", "?contentType=application/dicom&requesttype"])
targets = st.builds(lambda parts, query: "/" + "/".join(parts) + query, st.lists(segments, max_size=12), queries)
words_and_values = st.one_of(st.sampled_from(sorted(WORDS)), values)


@st.composite
def paths_of_templates(draw: st.DrawFn) -> list[str]:
    """Something in front, a template whose variables are filled at random, and at times something behind."""
    _, template = draw(st.sampled_from(RESOURCES))
    body = [draw(words_and_values) if "{" in part else part for part in template.path.split("/")[1:]]
    front, behind = st.lists(words_and_values, max_size=3), st.lists(words_and_values, max_size=1)
    return draw(front) + body + draw(behind)


plain_paths = st.one_of(paths_of_templates(), st.lists(words_and_values, min_size=1, max_size=10))


@given(method=st.one_of(methods, st.text()), target=st.one_of(targets, st.text()), texts=st.tuples(st.text(), st.text()),
       flags=st.tuples(st.booleans(), st.booleans(), st.booleans()))  # fmt: skip
def test_every_string_has_a_transaction(
    method: str, target: str, texts: tuple[str, str], flags: tuple[bool, bool, bool]
) -> None:
    found = classify(
        method, target, accept=texts[0], content_type=texts[1],
        soap_action=flags[0], websocket=flags[1], preflight=flags[2],
    )  # fmt: skip
    assert found.transaction in ROWS
    assert target.startswith(found.root)
    assert not found.root.endswith("/")
    assert list(found.allow) == sorted(set(found.allow))


@given(targets)
def test_head_is_what_get_is(target: str) -> None:
    assert classify("HEAD", target) == classify("GET", target)


@given(methods, plain_paths, st.sampled_from(["/r", "/dcm4chee-arc/aets/X/rs", "/a//b", "/%41"]))
def test_a_root_in_front_changes_nothing_but_the_root(method: str, parts: list[str], root: str) -> None:
    path = "/" + "/".join(parts)
    alone, behind = classify(method, path), classify(method, root + path)
    assert (behind.transaction, behind.level, behind.allow) == (alone.transaction, alone.level, alone.allow)
    known = alone.transaction.id != "other" or alone.allow
    if known and alone.allow != ("OPTIONS",):
        assert behind.root == root + alone.root


@given(methods, plain_paths)
def test_slashes_too_many_change_nothing(method: str, parts: list[str]) -> None:
    clean, sloppy = "/" + "/".join(parts), "//" + "//".join(parts) + "/"
    if classify(method, clean).transaction.id != "other":
        assert classify(method, sloppy).transaction is classify(method, clean).transaction


def shape(template: Template) -> re.Pattern[str]:
    """A template as a regular expression over a path: slow, and plainly what PS3.18 writes."""
    uid = "(?!(?:" + "|".join(sorted(WORDS)) + ")(?:/|$))[^/]+"
    kinds = "(?:color-palettes|defined-procedure-protocols|hanging-protocols|implant-templates)"
    text = re.escape(template.path)
    text = text.replace(r"\{npi\}", kinds).replace(r"\{attribute_path\*\}", ".+")
    text = re.sub(r"\\\{(?:aetitle|requester|frames)\\\}", "[^/]+", text)
    text = re.sub(r"\\\{\w+\\\}", lambda _: uid, text)
    return re.compile(text.replace("rendered3D", "(?i:rendered3d)"))


SHAPES = [(row, template, shape(template)) for row, template in RESOURCES]


def leftmost(parts: list[str]) -> list[tuple[Transaction, Template]]:
    for start in range(len(parts)):
        path = "/" + "/".join(parts[start:])
        found = [(row, template) for row, template, pattern in SHAPES if pattern.fullmatch(path)]
        if found:
            return found
    return []


@given(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), plain_paths, st.sampled_from(["", "?update"]))
@example("POST", ["workitems", "1.2.840.10008.5.1.4.34.5", "subscribers", "x"], "")
@example("DELETE", ["workitems", "1.2.840.10008.5.1.4.34.5", "subscribers", "x"], "")
@example("GET", ["studies", "studies", "1", "series"], "")
@example("POST", ["studies", "1", "modality-performed-procedure-steps", "1"], "?update")
def test_the_tree_finds_what_a_list_of_templates_would(method: str, parts: list[str], query: str) -> None:
    found = classify(method, "/" + "/".join(parts) + query)
    candidates = leftmost(parts)
    expected = [
        (row, template)
        for row, template in candidates
        if template.method == method and template.query <= {query[1:]} and template.absent.isdisjoint({query[1:]})
    ]
    assert {template.method for _, template in candidates if template.standard} <= set(found.allow)
    if not expected:
        assert found.transaction.id == "other"
        return
    row, template = min(expected, key=lambda pair: pair[1].path.count("{"))
    assert (found.transaction, found.level) == (row, template.level)
