"""docs/statuses.md and docs/metrics.md are what the tables say, and what they advise Prometheus understands."""

from pathlib import Path
from types import ModuleType

import pytest

from gateway.dicomweb.statuses import DCS_SET, DICOM_SET
from tests.documents import metrics_page, statuses_page
from tests.documents.markdown import pages
from tests.support.client import ask, request
from tests.support.prometheus import understands
from tests.support.running import running


@pytest.mark.parametrize("made", [statuses_page, metrics_page], ids=lambda made: str(made.PAGE.name))
def test_a_page_is_current(made: ModuleType) -> None:
    current = made.PAGE.read_text("utf-8") == made.page()
    assert current, f"{made.PAGE.name} is not what the tables say any more; run: make reference"


def test_there_is_a_part_for_each_code_of_both_sets() -> None:
    text = statuses_page.PAGE.read_text("utf-8")
    assert [code for code in DICOM_SET | DCS_SET if f'<a id="{code}"></a>' not in text] == []


def test_each_metric_has_a_question_that_it_answers() -> None:
    names = set(map(metrics_page.name_of, metrics_page.metrics()))
    assert metrics_page.QUERIES.keys() == names, "tests/documents/queries.yaml has one for each"
    assert [name for name, query in metrics_page.QUERIES.items() if name not in query] == []


def test_prometheus_reads_the_questions(tmp_path: Path) -> None:
    blocks = [block.text for page in pages() for block in page.blocks if block.language == "promql"]
    written = [query for text in blocks for query in text.split("\n\n")]
    assert len(written) >= len(metrics_page.QUERIES)
    understands(written, tmp_path)


async def test_a_gateway_that_runs_has_no_metric_that_is_not_on_the_page(tmp_path: Path) -> None:
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        assert gateway.admin_port is not None
        text = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    there = {line.split(" ")[2] for line in text.splitlines() if line.startswith("# TYPE pacs_gateway_")}
    assert len(there) > 20
    assert there <= metrics_page.QUERIES.keys()
