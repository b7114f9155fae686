"""docs/cookbook.md: each recipe runs, its examples hold, and nothing in it could be left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from gateway.config.case_files import CaseFile, read_text_of_cases
from gateway.config.cases import Case, exchange_of, play
from gateway.config.findings import ConfigErrors
from gateway.config.lint import in_earnest, lint
from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.config.source import Pairs
from gateway.config.trials import State, Verdict, trials, verdict
from gateway.core.normalise import normalise
from tests.documents.markdown import ROOT

PAGE = (ROOT / "docs/cookbook.md").read_text("utf-8")
# What a case without a network cannot show to be needed, and what does.
SHOWN_ELSEWHERE = {
    "upstreams.pacs.timeouts": "tests/proxy/test_patience.py",
    "upstreams.pacs.breaker": "tests/proxy/test_breaker.py",
}
_FIXED = ("version", "upstreams", "url")


@dataclass(frozen=True)
class Recipe:
    """A configuration, and cases where it has no rule of its own to carry them."""

    title: str
    config: str
    cases: tuple[CaseFile, ...]
    said: str

    @property
    def settings(self) -> Settings:
        return load_text(self.config, "gateway.yaml", {})

    def verdicts(self) -> list[Verdict]:
        """Of its own examples and cases; those of packs are for the tests of packs."""
        found = trials(self.settings, self.cases, self._with)
        return [verdict(trial) for trial in found if not trial.pack]

    def _with(self, overlay: Pairs) -> Settings:
        return load_text(self.config, "gateway.yaml", {}, overlay)


def recipes() -> Iterator[Recipe]:
    for part in re.split(r"^## \d+\. ", PAGE, flags=re.MULTILINE)[1:]:
        config, *cases = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)
        files = tuple(read_text_of_cases(text, "cases.yaml", {}) for text in cases)
        yield Recipe(part.partition("\n")[0], config, files, part.rpartition("```")[2].strip())


RECIPES = list(recipes())


def parts(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each setting by its place, and the configuration without it."""
    for key, value in tree.items():
        if key == "upstreams":
            for place, without in parts(value["pacs"], "upstreams.pacs."):
                yield place, {**tree, "upstreams": {"pacs": without}}
        elif key == "rules":
            for number, rule in enumerate(value):
                yield f"rules.{rule['id']}", {**tree, "rules": value[:number] + value[number + 1 :]}
        elif key not in _FIXED:
            yield path + key, {name: other for name, other in tree.items() if name != key}


def told(recipe: Recipe) -> str:
    return recipe.title


@pytest.mark.parametrize("recipe", RECIPES, ids=told)
def test_a_recipe_is_a_configuration_as_it_stands(recipe: Recipe) -> None:
    assert lint(recipe.settings) == ()


@pytest.mark.parametrize("recipe", RECIPES, ids=told)
def test_clients_get_what_its_examples_say(recipe: Recipe) -> None:
    found = recipe.verdicts()
    assert found
    assert [(one.trial.name, one.played and one.played.differences) for one in found if one.state != State.HOLDS] == []


@pytest.mark.parametrize("recipe", RECIPES, ids=told)
def test_nothing_in_a_recipe_could_be_left_out(recipe: Recipe) -> None:
    """Without any one setting or rule, the file is refused, or an example comes out otherwise."""
    cases = [one.trial.case for one in recipe.verdicts()]
    for place, without in parts(yaml.safe_load(recipe.config)):
        if place not in SHOWN_ELSEWHERE:
            assert is_another(without, cases), f"{place} is not needed"


def is_another(configuration: dict[str, Any], cases: list[Case]) -> bool:
    try:
        policy = in_earnest(load_text(yaml.safe_dump(configuration), "without.yaml", {}).policy)
    except ConfigErrors:
        return True
    return any(play(case, policy).differences for case in cases)


def test_what_is_shown_elsewhere_is_in_a_recipe_and_the_tests_exist() -> None:
    places = {place for recipe in RECIPES for place, _ in parts(yaml.safe_load(recipe.config))}
    assert set(SHOWN_ELSEWHERE) <= places
    assert [file for file in SHOWN_ELSEWHERE.values() if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("recipe", RECIPES, ids=told)
def test_the_text_names_the_code_that_clients_get(recipe: Recipe) -> None:
    """Where it is another than the archive's."""
    first = recipe.verdicts()[0].trial.case
    if first.expect.status != getattr(first.upstream, "status", None):
        assert str(first.expect.status) in recipe.said


def test_a_breaker_hears_what_the_recipes_say() -> None:
    """`healthy` changes no answer, so no example can show it."""
    tried = [one.trial for recipe in RECIPES if "healthy:" in recipe.config for one in recipe.verdicts()]
    heard = {trial.name: normalise(*exchange_of(trial.case, trial.policy), trial.policy).healthy for trial in tried}
    assert heard == {
        "unknown-study: examples[0]": True,
        "unknown-study: examples[1]": False,
        "study-on-tape: examples[0]": True,
        "quota-page: examples[0]": True,
        "database-away: examples[0]": False,
        "database-away: examples[1]": True,
    }


def test_there_are_twenty_and_they_are_numbered() -> None:
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", PAGE, re.MULTILINE)]
    assert numbers == list(range(1, len(RECIPES) + 1))
    assert len(RECIPES) >= 20
