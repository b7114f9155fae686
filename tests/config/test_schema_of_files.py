"""The schema and whole files: the good ones are good to it, and of the bad ones it finds all that one key can tell."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from gateway.config.findings import ConfigErrors
from gateway.config.reference.json_schema import ROOTS, json_schema
from gateway.config.schema import SECTIONS
from tests.support.editor import seen

ROOT = Path(__file__).parents[2]
CONFIGURATION = Draft202012Validator(json_schema("configuration"))
CASES = Draft202012Validator(json_schema("cases"))
MINIMAL = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\n"

# What the schema does not find in bad/, since it looks at one key at a time and knows no other file. Everything else it does.
BEYOND_A_SCHEMA = {
    "two keys contradict each other": """
        audit-certificate-without-key audit-key-without-certificate audit-tls-without-tls audit-url-in-the-clear
        logging-key-without-hash port-twice protect-adaptive-floor protect-cors-star protect-limit-family
        recording-key-without-hash rule-wait-cut
        protect-maintenance-order protect-retry-for-nothing protect-shared-state-for-nothing protect-shared-state-seconds
        protect-shared-state-without-rates retry-after-bounds retry-after-default route-missing upstream-tls-half-a-pair
        upstream-tls-without-https workers-limits tracing-certificate-without-key
        tracing-tls-without-tls""",
    "a name is that of nothing in the file, or of two things": """
        protect-maintenance-upstream route-twins route-upstream rule-id-of-a-pack rule-id-twice when-route""",
    "a word is well written, and belongs to the gateway": "rule-id-built-in then-field-framing then-field-governed",
    "whether a code may stand there, other codes tell": """
        documented-add-known documented-add-retired documented-fold-known documented-fold-success documented-fold-target
        protect-status-follow protect-status-retry rule-status-added rule-status-undocumented""",
    "a rule as a whole could never fire, or would do harm": """
        then-body-of-204 then-retry-after-meaningless then-success-of-a-failure then-success-of-a-store
        then-success-of-everything then-success-that-is-none then-success-without-permission when-failure-of-upstream
        when-failure-with-status when-gateway-with-body""",
    "the environment or a file says otherwise": """
        environment-unset environment-unset-in-a-rule logging-key-missing logging-key-short recording-key-short
        tls-not-pem tracing-headers value-file""",
    "a number within a text is out of bounds": """
        audit-url-port recording-keep upstream-url-port value-duration-bounds value-size-bounds""",
    "YAML reads a number or a truth value where the gateway reads what is written": "value-boolean-case value-port-octal",
    "a pattern compiles, and explodes": "when-regex-explodes",
}
BEYOND = {stem: reason for reason, stems in BEYOND_A_SCHEMA.items() for stem in stems.split()}


def mistakes(schema: Draft202012Validator, text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}"[:300] for error in schema.iter_errors(seen(text))]


def bad_files() -> Iterator[tuple[Path, object]]:
    """Those that are YAML as the gateway reads it; the others never come to a schema."""
    for file in sorted((Path(__file__).parent / "bad").glob("*.yaml")):
        try:
            yield file, seen(file.read_text("utf-8"))
        except (ConfigErrors, AssertionError):
            continue


BAD = dict(bad_files())


@pytest.mark.parametrize("of", ROOTS)
def test_the_schema_is_one(of: str) -> None:
    Draft202012Validator.check_schema(json_schema(of))


def patterns_in(schema: object) -> Iterator[str]:
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
    for below in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from patterns_in(below)


@pytest.mark.parametrize("of", ROOTS)
def test_the_patterns_mean_the_same_in_every_editor(of: str) -> None:
    """Python's regular expressions and ECMAScript's have parts that the other has not, or reads otherwise."""
    patterns = set(patterns_in(json_schema(of)))
    assert len(patterns) > 10
    assert [pattern for pattern in patterns if re.search(r"\(\?[^:]|\\[^^$\\.*+?()\[\]{}|/sStrn]", pattern)] == []


@pytest.mark.parametrize("file", ["config/gateway.yaml", "config/minimal.yaml", "gateway/demo/demo.yaml"])
def test_a_configuration_that_ships_is_valid(file: str) -> None:
    assert mistakes(CONFIGURATION, (ROOT / file).read_text("utf-8")) == []


def test_the_configuration_of_the_benchmarks_is_valid() -> None:
    text = re.sub("@(PORT|ADMIN|ORIGIN|WORKERS)@", "1", (ROOT / "bench/configurations/gateway.yaml").read_text("utf-8"))
    assert mistakes(CONFIGURATION, text.replace("@LOG@", "info").replace("@RULES@", "")) == []


COMMENTED = (ROOT / "config/gateway.yaml").read_text("utf-8")


def test_the_commented_sections_are_valid() -> None:
    """With everything that is commented out in force."""
    text = re.sub(r"(?m)^( *)# ( *(?:- \{|(?:- )?[a-z_]+:).*)$", r"\1\2", COMMENTED)
    assert {"cors", "audit", "shared_state"} <= yaml.safe_load(text).keys()
    assert mistakes(CONFIGURATION, text) == []


def examples() -> Iterator[tuple[str, str]]:
    """What is configuration in the documentation, whole or in parts, with the name of its page."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for example in re.findall(r"(?m)^```yaml\n([^`]*)^```", page.read_text("utf-8")):
            if re.match(rf"(?:#.*\n|\n)*(?:{'|'.join(SECTIONS.keys)}):", example):
                yield page.name, example


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", [pytest.param(text, id=name) for name, text in EXAMPLES])
def test_an_example_of_the_documentation_is_valid(example: str) -> None:
    found = seen(example)
    assert isinstance(found, dict)
    assert list(CONFIGURATION.iter_errors({"version": 1, "upstreams": {"pacs": {"url": "http://pacs"}}, **found})) == []


def test_the_documentation_has_examples() -> None:
    assert {"configuration.md", "protection.md", "audit.md"} <= {name for name, _ in EXAMPLES}


@pytest.mark.parametrize("file", sorted((ROOT / "gateway/packs").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_rules_of_a_pack_are_valid(file: Path) -> None:
    (_, rules) = file.read_text("utf-8").split("\nrules:\n")
    assert mistakes(CONFIGURATION, f"{MINIMAL}rules:\n{rules}") == []


@pytest.mark.parametrize("file", sorted((ROOT / "tests/cases").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_file_of_cases_is_valid(file: Path) -> None:
    assert mistakes(CASES, file.read_text("utf-8")) == []


@pytest.mark.parametrize("stem", sorted(file.stem for file in BAD))
def test_a_bad_file_is_bad_to_the_schema_too_where_one_key_can_tell(stem: str) -> None:
    (found,) = [tree for file, tree in BAD.items() if file.stem == stem]
    assert CONFIGURATION.is_valid(found) == (stem in BEYOND), BEYOND.get(stem)


def test_what_is_beyond_a_schema_is_there() -> None:
    assert BEYOND.keys() <= {file.stem for file in BAD}
    assert len(BAD) > 2 * len(BEYOND)
