"""The rules ask for metrics, labels and words that there are, and `promtool check metrics` likes what gateways show."""

import asyncio
import re
from collections.abc import Iterable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.core.decision import RetrySource
from gateway.core.failures import MEANINGS, FailureKind, Origin
from gateway.core.normalise import BUILT_IN
from gateway.telemetry.labels import AUDIT_OUTCOMES, HEALTH, HELD_BACK, NONE, RECORDED, code_label
from tests.deploy.rules import Selector, expressions, grouped_by, selectors
from tests.deploy.scraping import one_with_a_certificate, workers_of
from tests.support.prometheus import promtool

# What Prometheus itself adds to each series, and what a histogram has.
ADDED = {"job", "instance", "le"}
CODES = [NONE, *map(code_label, range(100, 600))]
WORDS: dict[str, Iterable[str]] = {
    "code": CODES,
    "upstream_code": CODES,
    "rule": BUILT_IN,
    "kind": FailureKind,
    "source": RetrySource,
    "reason": HELD_BACK,
    "outcome": (*AUDIT_OUTCOMES, *HEALTH),
    "result": RECORDED,
}
ASKED = [selector for expression in expressions() for selector in selectors(expression)]


@pytest.fixture(scope="module")
def scrapes(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    async def both() -> tuple[str, str]:
        return (
            await workers_of(tmp_path_factory.mktemp("workers")),
            await one_with_a_certificate(tmp_path_factory.mktemp("one")),
        )

    return asyncio.run(both())


@pytest.fixture(scope="module")
def live(scrapes: tuple[str, str]) -> dict[str, dict[str, set[str]]]:
    """The words of each label of each metric."""
    found: dict[str, dict[str, set[str]]] = {}
    for family in (family for text in scrapes for family in text_string_to_metric_families(text)):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, word in sample.labels.items():
                labels.setdefault(label, set()).add(word)
    return found


def test_the_rules_ask_for_metrics_that_there_are(live: dict[str, dict[str, set[str]]]) -> None:
    assert ASKED
    assert {selector.metric for selector in ASKED} - live.keys() == set()


def test_the_rules_ask_for_labels_that_those_metrics_have(live: dict[str, dict[str, set[str]]]) -> None:
    for selector in ASKED:
        assert {label for label, _, _ in selector.matchers} <= live[selector.metric].keys(), selector
    for expression in expressions():
        there = {label for selector in selectors(expression) for label in live[selector.metric]}
        if there:
            assert grouped_by(expression) <= there | ADDED, expression


@pytest.mark.parametrize("selector", [one for one in ASKED if one.matchers], ids=str)
def test_the_rules_ask_for_words_that_exist(selector: Selector, live: dict[str, dict[str, set[str]]]) -> None:
    """Each word of each pattern: one that is misspelt would never fire, and nobody would know."""
    for label, _, value in selector.matchers:
        words = live[selector.metric]["le"] if label == "le" else WORDS[label]
        for alternative in value.split("|"):
            assert any(re.fullmatch(alternative, word) for word in words), (label, alternative)


def test_an_archive_that_does_not_answer_is_every_failure_that_is_the_archives() -> None:
    (pattern,) = {value for selector in ASKED for label, operator, value in selector.matchers
                  if (label, operator) == ("kind", "=~")}  # fmt: skip
    assert {kind for kind in FailureKind if re.fullmatch(pattern, kind)} == {
        kind for kind in FailureKind if MEANINGS[kind].origin is Origin.UPSTREAM
    }


def test_promtool_has_nothing_against_the_metrics(scrapes: tuple[str, str]) -> None:
    for text in scrapes:
        assert promtool("check", "metrics", text=text) == ""
