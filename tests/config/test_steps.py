"""A configuration that is read in steps is the one that is read at once, and its mistakes are the same."""

from collections.abc import Iterator

import pytest

from bench.policies import rules
from gateway.config.findings import ConfigErrors
from gateway.config.load import load_text, loading_text
from gateway.config.settings import Settings
from gateway.config.steps import Steps, finished

HEAD = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\npacks: [orthanc, login-pages]\n"
RULES = 50


def steps_of(text: str) -> Iterator[Settings]:
    """None for each step, as `finished` would take them, and at last what comes out."""
    yield (yield from loading_text(text, "g.yaml", {}))  # type: ignore[misc]


def stepwise(text: str) -> tuple[int, Settings]:
    *steps, settings = steps_of(text)
    assert not any(steps)
    return len(steps), settings


def test_the_same_settings_come_out() -> None:
    text = HEAD + rules(RULES)
    steps, settings = stepwise(text)
    assert settings == load_text(text, "g.yaml", {})
    assert len([rule for rule in settings.policy.rules if not rule.pack]) == RULES
    assert steps > 3 * RULES  # read, understood, written into the digest: each rule apart


def test_two_that_take_turns_do_not_disturb_each_other() -> None:
    """A reload that was given up is not the end of the next, nor of the packs that both read."""
    texts = [HEAD + rules(RULES), HEAD + "mode: observe\n"]
    given_up, (first, second) = (
        loading_text(texts[0], "g.yaml", {}),
        (loading_text(text, "g.yaml", {}) for text in texts),
    )
    made = []
    waiting: list[Steps[Settings]] = [given_up, first, second]
    for turn in range(100_000):
        if turn == RULES:
            waiting.remove(given_up)
            given_up.close()
        for steps in tuple(waiting):
            try:
                next(steps)
            except StopIteration as done:
                waiting.remove(steps)
                made.append(done.value)
        if not waiting:
            break
    assert made == [load_text(text, "g.yaml", {}) for text in reversed(texts)]


@pytest.mark.parametrize("wrong", ["rules: [{id: a}, {id: b}]", "rules: [", "mode: never", "packs: [orthank]"])
def test_the_same_mistakes_are_found(wrong: str) -> None:
    text = f"version: 1\nupstreams: {{pacs: {{url: 'http://pacs'}}}}\n{wrong}\n"
    with pytest.raises(ConfigErrors) as at_once:
        load_text(text, "g.yaml", {})
    with pytest.raises(ConfigErrors) as in_steps:
        stepwise(text)
    assert in_steps.value.findings == at_once.value.findings


def test_finished_steps_give_what_they_made() -> None:
    def steps() -> Steps[str]:
        yield
        return "made"

    assert finished(steps()) == "made"
