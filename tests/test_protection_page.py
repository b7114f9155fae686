"""docs/protection.md: its examples load, its tables are those of the code, and it knows every key."""

import re
from pathlib import Path

import pytest
import yaml

from gateway.config import protection
from gateway.config.coherence import LIMIT_REACHED
from gateway.config.kinds import Table
from gateway.config.lint import lint
from gateway.config.load import load_text, quick_start
from gateway.config.settings import FollowSettings, Settings
from gateway.core.failures import Failure
from gateway.core.normalise import normalise
from gateway.core.policy import Documented, Policy
from gateway.core.redirect import FOLLOWABLE
from gateway.guard.cost import COSTS
from gateway.guard.protection import ProtectionSettings
from gateway.proxy.shared_counts import connections
from gateway.telemetry.labels import HELD_BACK
from gateway.telemetry.metrics import Metrics
from gateway.workers.summing import Sums
from tests.core.making import RETRIEVE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/protection.md").read_text("utf-8")
COMMENTED = (ROOT / "config/gateway.yaml").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ENVIRON = {"REDIS_PASSWORD": "secret"}
ARCHIVE = "upstreams: {pacs: {url: 'http://pacs', rate: [{requests: 1}]}}\n"
TABLES = {
    "limits": protection.LIMITS,
    "adaptive": protection.ADAPTIVE,
    "rate": protection.RATE,
    "breaker": protection.BREAKER,
    "health": protection.HEALTH,
    "retry": protection.RETRY,
    "follow": protection.FOLLOW,
    "maintenance": protection.MAINTENANCE,
    "cors": protection.CORS,
    "shared_state": protection.SHARED_STATE,
}


def loaded(example: str) -> Settings:
    return load_text("version: 1\n" + ("" if "upstreams:" in example else ARCHIVE) + example, "page.yaml", ENVIRON)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.split(":")[0]))
def test_the_examples_are_good_configurations(example: str) -> None:
    settings = loaded(example)
    assert lint(settings) == ()
    changed = settings.upstreams["pacs"].protection != ProtectionSettings() or settings.upstreams["pacs"].on_status
    assert changed or settings.maintenance or settings.policy.cors


def test_the_example_of_a_store_can_be_used() -> None:
    (example,) = [example for example in EXAMPLES if "shared_state" in example]
    shared = loaded(example).shared_state
    assert shared is not None
    assert connections(shared).make_connection().password == "secret"


@pytest.mark.parametrize("section", TABLES)
def test_every_key_is_on_the_page_and_in_the_commented_file(section: str) -> None:
    table: Table = TABLES[section]
    for text in (PAGE, COMMENTED):
        words = set(re.findall(r"[\w.]+", text))
        assert section in words
        assert [key for key in table.keys if key not in words] == []


def test_the_table_of_refusals_is_what_clients_get() -> None:
    rows = re.findall(r"^\|.*?\| (\d{3}) `(\w+)` \| `(\w+)`: .*\|$", PAGE, re.MULTILINE)
    policy = Policy(documented=Documented(added=LIMIT_REACHED))
    said = []
    for kind in HELD_BACK:
        decision = normalise(RETRIEVE, Failure(kind, retry_after=1.0), policy)
        assert decision.retry is not None
        said.append((str(decision.status), kind.value, decision.retry.source.value))
    assert rows == said


def test_the_table_of_codes_is_what_may_be_written() -> None:
    (followable,) = re.findall(r"^\| ([\d, ]+) \| `pass` \| `follow` \|", PAGE, re.MULTILINE)
    assert {int(code) for code in followable.split(", ")} == FOLLOWABLE
    assert quick_start("http://pacs").upstreams["pacs"].on_status == {}, "without a word, everything passes"


def test_the_costs_are_as_they_are_said() -> None:
    said = re.search(
        r"A study costs (\d), a series and a store (\d), everything else (\d);.*?\(([a-z,\s]+)\)", PAGE, re.DOTALL
    )
    assert said is not None
    study, series, rest = map(int, said.groups()[:3])
    assert set(re.split(r",\s+", said[4])) == set(COSTS)
    assert {**dict.fromkeys(COSTS, rest), "study": study, "series": series, "store": series} == COSTS


def test_the_metrics_that_are_named_exist(tmp_path: Path) -> None:
    metrics = Metrics(loaded(EXAMPLES[0]), 0.0)
    metrics.guard.shared_state(is_up=True)
    rendered = (metrics.render() + Sums(tmp_path, loaded(EXAMPLES[0]), 0.0).render()).decode()
    named = set(re.findall(r"pacs_gateway_\w+", PAGE))
    assert len(named) > 12
    assert [name for name in sorted(named) if f"# TYPE {name.removesuffix('_total')}" not in rendered] == []


def test_what_is_commented_out_in_the_file_to_copy_can_be_used(tmp_path: Path) -> None:
    """Without what needs files, and with the values that the comments call the defaults."""
    text = re.sub(r"^( *)# ( *[\w-]+:.*|  +- .*)$", r"\1\2", COMMENTED, flags=re.MULTILINE)
    sections = yaml.safe_load(text.replace("${GATEWAY_MODE:-enforce}", "enforce"))
    kept = {name: sections[name] for name in ("maintenance", "cors", "shared_state")}
    pacs = {key: value for key, value in sections["upstreams"]["pacs"].items() if key not in ("tls", "url")}
    file = {"version": 1, "upstreams": {"pacs": {"url": "http://pacs", **pacs}}, **kept}
    settings = load_text(yaml.safe_dump(file), "uncommented.yaml", {})
    assert lint(settings) == ()
    archive = settings.upstreams["pacs"]
    assert archive.protection.adaptive
    assert archive.protection.breaker
    assert archive.health
    assert len(archive.protection.rates) == 2
    assert (archive.follow.hops, archive.protection.retry) == (FollowSettings().hops, ProtectionSettings().retry)
    assert settings.policy.cors
    assert settings.shared_state


def test_the_page_can_be_read_at_one_sitting() -> None:
    assert len(PAGE.splitlines()) <= 220
