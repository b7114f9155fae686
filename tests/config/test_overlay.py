"""What a file of cases supposes of the configuration: sections in the place of its own."""

import pytest

from gateway.config.case_files import read_text_of_cases
from gateway.config.findings import ConfigErrors
from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.core.policy import Mode

CONFIG = """
version: 1
documented: {set: dicom, add: {418: Tea.}}
upstreams:
  one: {url: 'http://one', quirks: {unauthorized_challenge: Basic}}
  two: {url: 'http://two'}
routes: [{id: all, prefix: /, upstream: one}]
rules: [{id: tea, why: It is a pot., when: {status: 500}, then: {status: 418}}]
retry_after: {default: 20s}
"""


def supposing(policy: str, config: str = CONFIG) -> Settings:
    file = read_text_of_cases(f"policy: {policy}\ncases: []\n", "c.yaml", {})
    return load_text(config, "g.yaml", {}, file.policy)


def test_a_section_stands_in_place_of_the_whole_section() -> None:
    policy = supposing("{mode: observe, retry_after: {max: 10m}, packs: [login-pages]}").policy
    assert policy.mode is Mode.OBSERVE
    assert (policy.retry.default, policy.retry.maximum) == (10.0, 600.0)
    assert {rule.pack for rule in policy.rules} == {"", "login-pages"}
    assert set(policy.documented.added) == {418}


def test_quirks_become_those_of_every_archive() -> None:
    quirks = supposing("{quirks: {unauthorized_challenge: Negotiate}}").policy.quirks
    assert {id_: each.unauthorized_challenge for id_, each in quirks.items()} == {
        "one": "Negotiate",
        "two": "Negotiate",
    }
    assert {each.unauthorized_challenge for each in supposing("{quirks: {}}").policy.quirks.values()} == {""}


def test_without_a_policy_the_configuration_is_as_it_is() -> None:
    assert supposing("{}").policy == load_text(CONFIG, "g.yaml", {}).policy


def test_ports_archives_and_routes_stay() -> None:
    before, after = load_text(CONFIG, "g.yaml", {}), supposing("{mode: observe}")
    assert (before.routes, before.upstreams, before.server) == (after.routes, after.upstreams, after.server)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("{mode: watch}", 'c.yaml:1:16: policy.mode: "watch" is not known; known here: enforce, observe'),
        ("{quirks: {challenge: x}}", "c.yaml:1:19: policy.quirks.challenge: unknown key"),
        ("{documented: {set: dicom}}", "g.yaml:8:74: rules[0].then.status: 418 is not in the documented set"),
    ],
)
def test_a_mistake_in_it_is_told_at_its_place(policy: str, expected: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        supposing(policy)
    assert any(str(finding).startswith(expected) for finding in caught.value.findings), str(caught.value)


@pytest.mark.parametrize("config", ["- a list\n", "version: 1\nupstreams: 5\n", "version: 1\nupstreams: {one: 5}\n"])
def test_a_configuration_that_is_none_is_told_as_without_it(config: str) -> None:
    with pytest.raises(ConfigErrors) as alone:
        load_text(config, "g.yaml", {})
    with pytest.raises(ConfigErrors) as overlaid:
        supposing("{quirks: {}}", config)
    assert str(overlaid.value) == str(alone.value)
