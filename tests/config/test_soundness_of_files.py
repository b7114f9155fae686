"""What the gateway accepts, the schema accepts: whole files, changed at random."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from gateway.config.case_files import read_text_of_cases
from gateway.config.findings import ConfigErrors, Report
from gateway.config.lint import lint
from gateway.config.load import load_text
from gateway.config.parse import parse
from gateway.config.reference.examples import EXAMPLES
from gateway.config.reference.json_schema import json_schema
from tests.support.certificates import Authority
from tests.support.editor import seen
from tests.support.mutation import Mutant, mutants

Load = Callable[[str, str, dict[str, str]], object]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder /run of the example."""
    folder = tmp_path_factory.mktemp("run")
    for name in ("tls", "secrets"):
        (folder / name).mkdir()
    authority = Authority(folder / "tls")
    made = authority.certificate()
    authority.file.rename(folder / "tls/ca.crt")
    made.cert.rename(folder / "tls/tls.crt")
    made.key.rename(folder / "tls/tls.key")
    (folder / "secrets/log-key").write_bytes(b"sixteen bytes...")
    (folder / "secrets/otel-headers").write_text("Authorization: Bearer t")
    return folder


def accepted(text: str, load: Load, of: str) -> list[Mutant]:
    """Change this text two hundred times; what was accepted, all of it by the schema too."""
    schema = Draft202012Validator(json_schema(of))
    found: list[Mutant] = []

    @settings(max_examples=200, deadline=None)
    @given(mutants(parse(text, "example.yaml", {}, Report())))
    def attempt(mutant: Mutant) -> None:
        try:
            load(mutant.text, "mutant.yaml", mutant.environ)
        except ConfigErrors:
            return
        found.append(mutant)
        assert [f"{error.json_path}: {error.message}" for error in schema.iter_errors(seen(mutant.text))] == []

    attempt()
    return found


def test_the_example_of_the_reference_is_good(run: Path) -> None:
    found = load_text(EXAMPLES["configuration"].replace("/run/", f"{run}/"), "example.yaml", {})
    assert lint(found) == ()
    assert read_text_of_cases(EXAMPLES["cases"], "example.yaml", {}).cases


def test_what_becomes_of_a_configuration_and_is_accepted_is_valid(run: Path) -> None:
    text = EXAMPLES["configuration"].replace("/run/", f"{run}/")
    assert len(accepted(text, load_text, "configuration")) > 20


def read_with_policy(text: str, file: str, environ: dict[str, str]) -> None:
    """What the cases suppose of a configuration is read together with one."""
    policy = read_text_of_cases(text, file, environ).policy
    load_text("version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\n", file, environ, policy)


def test_what_becomes_of_cases_and_is_accepted_is_valid() -> None:
    assert len(accepted(EXAMPLES["cases"], read_with_policy, "cases")) > 20
