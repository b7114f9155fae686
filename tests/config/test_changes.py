"""What changed, in the operator's words: a line for each difference, and none for what means the same."""

from pathlib import Path

import pytest

from bench.policies import rules
from gateway.config.changes import bounded, changes
from gateway.config.load import load_text, quick_start
from gateway.config.settings import Settings

SHARED = """\
version: 1
upstreams: {{pacs: {{url: "http://pacs:8042", rate: {{requests: 9, per: 1s, key: client}}}}}}
shared_state: {{url: "redis://me:{}@{}:6379/0"}}
"""
BASE = """\
version: 1
upstreams: {pacs: {url: "http://pacs:8042"}}
"""


def read(more: str, file: str = "gateway.yaml") -> Settings:
    return load_text(more if "version" in more else BASE + more, file, {})


def rule(name: str, then: str = "{status: 404}", when: str = "{status: 500}", why: str = "It is so.") -> str:
    return f"  - {{id: {name}, why: {why}, when: {when}, then: {then}}}\n"


def ruled(*names: str) -> str:
    return "rules:\n" + "".join(map(rule, names))


LONG = "The vendor answers like this while a study is fetched from tape which takes some minutes on a Monday"
TABLE = {
    "nothing": ("", "", []),
    "a default written out": ("", "retry_after: {default: 10s}", []),
    "a comment, and keys in another order": (
        "retry_after: {min: 2s, max: 9s, default: 5s}",
        "# x\nretry_after: {default: 5s, max: 9s, min: 2s}",
        [],
    ),
    "a value": (
        "retry_after: {default: 10s}",
        "retry_after: {default: 20s}",
        ["retry_after.default: 10s -> 20s"],
    ),
    "one in another unit": ("retry_after: {default: 60s}", "retry_after: {default: 1m}", []),
    "a mode": ("", "mode: observe", ["mode: enforce -> observe"]),
    "the address of an archive": (
        "",
        BASE.replace("pacs:8042", "pacs2:8042"),
        ["upstreams.pacs.url: http://pacs:8042 -> http://pacs2:8042"],
    ),
    "a section that was not there": (
        "",
        "cors: {origins: [https://viewer.example]}",
        ["cors: (not set) -> {origins: [https://viewer.example], credentials: false, max_age: 10m}"],
    ),
    "a key that is gone": (
        "logging: {identifiers: hash}\ndocumented: {fold: {402: 403}}",
        "logging: {identifiers: hash}",
        ["documented.fold.402: 403 -> (not set)"],
    ),
    "another archive": (
        "routes: [{id: all, prefix: /, upstream: pacs}]",
        (
            'version: 1\nupstreams: {pacs: {url: "http://pacs:8042"}, second: {url: "http://second"}}\n'
            "routes: [{id: all, prefix: /, upstream: pacs}, {id: new, prefix: /new, upstream: second}]"
        ),
        ["upstreams: + second", "routes: + new"],
    ),
    "packs": ("packs: [iis]", "packs: [iis, orthanc]", ["packs: + orthanc"]),
    "packs in another order": ("packs: [iis, orthanc]", "packs: [orthanc, iis]", ["packs: order: orthanc before iis"]),
    "a new rule": (ruled("a"), ruled("portal-login", "a"), ["rules: + portal-login"]),
    "a rule that is gone": (ruled("old-rule", "a"), ruled("a"), ["rules: - old-rule"]),
    "a rule that was renamed": (ruled("a", "b"), ruled("c", "b"), ["rules: - a", "rules: + c"]),
    "a rule that does something else": (
        ruled("a", "unknown-study"),
        "rules:\n" + rule("a") + rule("unknown-study", "{status: 410}"),
        ["rules: ~ unknown-study (then.status: 404 -> 410)"],
    ),
    "a rule for another case": (
        "rules:\n" + rule("a", when="{status: 500, transaction: search}"),
        "rules:\n" + rule("a", when="{status: [500, 502], body: ERR}", then="{status: 503, retry_after: 3m}"),
        [
            (
                "rules: ~ a (when.status: 500 -> [500, 502]; when.transaction: search -> (not set); "
                "when.body: (not set) -> ERR; then.status: 404 -> 503; then.retry_after: (not set) -> 3m)"
            )
        ],
    ),
    "codes of a rule": (
        "rules:\n" + rule("a", when="{status: [500, 501]}"),
        "rules:\n" + rule("a", when="{status: [501, 502]}"),
        ["rules: ~ a (when.status: - 500; when.status: + 502)"],
    ),
    "rules in another order": (ruled("a", "b", "c"), ruled("c", "a", "b"), ["rules: order: c before a"]),
    "a rule at the end": (ruled("a", "b", "c"), ruled("b", "c", "a"), ["rules: order: a last"]),
    "examples, which decide nothing": (
        ruled("a"),
        "rules:\n"
        + rule("a").replace(
            "then: {status: 404}}",
            "then: {status: 404}, examples: [{request: {path: /studies/1.2}, upstream: {status: 500}, "
            "expect: {status: 404}}]}",
        ),
        [],
    ),
    "words that begin alike": (
        "rules:\n" + rule("a", why=LONG + " morning."),
        "rules:\n" + rule("a", why=LONG + " afternoon."),
        ["rules: ~ a (why: ...minutes on a Monday morning. -> ...minutes on a Monday afternoon.)"],
    ),
    "words that do not fit": (
        ruled("a"),
        "rules:\n" + rule("a", why=LONG),
        [f"rules: ~ a (why: It is so. -> {LONG[:77]}...)"],
    ),
    "a line break, which would begin a line of the log": (
        ruled("a"),
        "rules:\n" + rule("a", why='"so\\nit is"'),
        [r'rules: ~ a (why: It is so. -> "so\nit is")'],
    ),
    "a window": (
        "maintenance: [{from: 2026-12-05T22:00:00Z, to: 2026-12-06T02:00:00Z}]",
        (
            "maintenance: [{from: 2026-12-05T22:00:00Z, to: 2026-12-06T02:00:00Z}, "
            "{from: 2027-01-05T22:00:00Z, to: 2027-01-06T02:00:00Z}]"
        ),
        ["maintenance: + {from: 2027-01-05T22:00:00+00:00, to: 2027-01-06T02:00:00+00:00}"],
    ),
    "a password, and who has it": (
        SHARED.format("one", "redis"),
        SHARED.format("two", "redis"),
        ["shared_state.url: what is not shown of it changed"],
    ),
}


@pytest.mark.parametrize(("before", "after", "told"), TABLE.values(), ids=TABLE)
def test_what_changed(before: str, after: str, told: list[str]) -> None:
    assert list(changes(read(before), read(after))) == told


def test_a_password_is_never_told() -> None:
    told = changes(read(SHARED.format("s3cret", "one")), read(SHARED.format("s3cret", "two")))
    assert len(told) == 1
    assert "s3cret" not in told[0]


def test_what_a_file_holds_is_told_by_its_name(tmp_path: Path) -> None:
    file, key = tmp_path / "gateway.yaml", tmp_path / "key"
    text = BASE + "logging: {identifiers: hash, identifier_key_file: key}\n"
    seen = []
    for secret in ("the first key of the house", "the first key of the house", "another key of the house"):
        key.write_text(secret)
        seen.append(load_text(text, str(file), {}))
    assert changes(seen[0], seen[1]) == ()
    assert changes(seen[1], seen[2]) == (f"logging.identifier_key_file: {key} has new content",)


def test_the_same_under_another_name_is_no_change() -> None:
    assert changes(read("", "old.yaml"), read("# of today\n", "new.yaml")) == ()
    assert changes(quick_start("http://pacs"), quick_start("http://pacs")) == ()


def test_a_thousand_rules_are_compared_one_by_one() -> None:
    before, after = read(rules(1000)), read(rules(1000).replace("why: ", "why: Now "))
    told = changes(before, after)
    assert len(told) == 1000
    assert all(line.startswith("rules: ~ ") for line in told)


@pytest.mark.parametrize(
    ("number", "told"), [(0, ""), (20, "19"), (21, "and 1 more"), (34, "and 14 more")], ids=["none", "20", "21", "34"]
)
def test_a_log_is_told_the_first_of_them(number: int, told: str) -> None:
    lines = bounded([str(line) for line in range(number)], 20)
    assert lines[-1:] == ((told,) if told else ())
    assert len(lines) == min(number, 21)
