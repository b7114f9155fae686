"""A survey of a real Orthanc: what it finds is what Orthanc is known for, and the configuration that it writes repairs that
in a running gateway."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.probe.configuration import Written
from gateway.probe.survey import Exchange, Found, Wishes
from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import UIDS, ct, part10
from tests.pacs.test_orthanc_meaning import report
from tests.pacs.wire import store
from tests.probe.surveying import configuration_of, deviating, survey

EVERYTHING = Wishes(studies=5, store=True)

# What the answers of Orthanc 1.10.1 with its DICOMweb plugin 1.7 mean: check, what it says, what clients get, whether that
# is all that can be wanted.
KNOWN = {
    ("search-limit-negative", 500): (400, True),
    ("search-not-acceptable", 200): (406, True),
    ("search-as-page", 200): (406, True),
    ("study-not-acceptable", 400): (406, True),
    ("instance-not-acceptable", 400): (406, True),
    ("metadata-not-acceptable", 400): (406, True),
    ("frame-not-acceptable", 400): (406, True),
    ("rendered-not-acceptable", 400): (406, True),
    ("frame-of-none", 500): (406, True),
    ("bulk-data-bad-tag", 500): (400, True),
    ("wado-no-type", 404): (400, True),
    ("wado-no-object", 404): (400, True),
    ("wado-picture", 200): (200, True),
    ("wado-picture-of-none", 500): (406, True),
    ("unknown-method", 404): (501, True),
    ("store-one-garbage", 400): (202, True),
    ("store-nothing", 200): (400, True),
    ("store-wrong-boundary", 200): (400, True),
    ("store-wrong-type", 200): (415, True),
    ("store-method", 400): (405, True),
    # It wants one media type and no list of them; HEAD and OPTIONS it does not have. No gateway can make these up.
    ("rendered-either", 400): (406, False),
    ("head-search", 404): (404, False),
    ("head-instance", 404): (404, False),
    ("options", 404): (404, False),
}
HABITS = {"no-date", "no-content-type"}


@dataclass(frozen=True)
class Stage:
    direct: Found
    configuration: Written
    through: Found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An Orthanc of its own, since a survey that may store leaves something behind."""
    orthanc = Orthanc(tmp_path_factory.mktemp("orthanc"))
    try:
        orthanc.start()
        files = [part10(ct(f"{UIDS}.1", number)) for number in (1, 2, 3)] + [part10(report(f"{UIDS}.60"))]
        store(orthanc.base, *files)
        url = f"{orthanc.base}/dicom-web"
        direct = asyncio.run(survey(url, EVERYTHING, patience=10))
        configuration = configuration_of(url, direct)
        yield Stage(direct, configuration, _through(tmp_path_factory.mktemp("gateway"), orthanc, configuration))
    finally:
        orthanc.kill()


def _through(folder: Path, orthanc: Orthanc, configuration: Written) -> Found:
    gateway = Gateway(folder, orthanc.base)
    ports = "server: {host: 127.0.0.1, port: 0}\nadmin: {host: 127.0.0.1, port: 0}\n"
    (folder / "gateway.yaml").write_text(configuration.text.replace("mode: observe", "mode: enforce") + ports)
    try:
        gateway.start()
        return asyncio.run(survey(f"{gateway.base}/dicom-web", EVERYTHING, patience=10))
    finally:
        gateway.kill()


def said(exchange: Exchange) -> tuple[str, int]:
    return exchange.check.id, exchange.answer.status


def test_it_finds_what_orthanc_is_known_for_and_nothing_else(stage: Stage) -> None:
    assert {said(exchange) for exchange in deviating(stage.direct)} == KNOWN.keys()
    habits = {problem.id for exchange in stage.direct.exchanges for problem in exchange.judgement.habits}
    assert habits == HABITS


def test_it_foresees_what_clients_get(stage: Stage) -> None:
    foreseen = {
        said(exchange): (repair.status, repair.complete)
        for exchange, repair in stage.configuration.judged
        if exchange.judgement.deviations
    }
    assert foreseen == KNOWN


def test_through_the_gateway_only_that_is_left_which_no_gateway_has(stage: Stage) -> None:
    left = {(check, status) for (check, _), (status, complete) in KNOWN.items() if not complete}
    assert {said(exchange) for exchange in deviating(stage.through)} == left


def test_the_configuration_needs_one_pack_and_passes_check_and_test(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "packs: [orthanc]" in stage.configuration.text
    file = tmp_path / "rules.yaml"
    file.write_text(stage.configuration.text)
    assert (main(["check", str(file)]), main(["test", str(file)])) == (0, 0)
    assert "0 fail" in capsys.readouterr().out


def test_it_tells_what_it_left_behind(stage: Stage) -> None:
    (left,) = stage.direct.left
    assert left.startswith("one image of PROBE^PACS-GATEWAY, study 2.25.")
