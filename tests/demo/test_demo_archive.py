"""The memory of the legacy PACS: what a search finds and what a store refuses."""

import pytest

from gateway.demo import studies
from gateway.demo.archive import (
    CANNOT_UNDERSTAND,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
    Archive,
    BadQueryError,
    RefusedError,
)
from gateway.demo.dataset import text
from gateway.demo.part10 import part10
from gateway.demo.resource import read

ARCHIVE = Archive(studies.files())
ANNA, BEN, JOERG = "2.25.101", "2.25.102", "2.25.103"
DATASET = next(studies.datasets())


def found(path: str, uid: str, **query: str) -> list[str]:
    return [text(match, uid) for match in ARCHIVE.search(read("GET", path, query))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [ANNA, BEN, JOERG]),
        ({"PatientID": "DEMO-1"}, [ANNA]),
        ({"PatientID": "demo-1"}, []),
        ({"PatientID": "DEMO-?"}, [ANNA, BEN, JOERG]),
        ({"PatientID": ""}, [ANNA, BEN, JOERG]),
        ({"00100020": "DEMO-2"}, [BEN]),
        ({"PatientName": "demo^a*"}, [ANNA]),
        ({"PatientName": "DEMO^JÖRG"}, [JOERG]),
        ({"PatientName": "DEMO.ANNA"}, []),
        ({"ModalitiesInStudy": "MR"}, [BEN]),
        ({"ModalitiesInStudy": "CT", "PatientSex": "O"}, [JOERG]),
        ({"StudyDate": "20240102"}, [ANNA]),
        ({"StudyDate": "20240201-20240303"}, [BEN]),
        ({"StudyDate": "20240201-"}, [BEN, JOERG]),
        ({"StudyDate": "-20240201"}, [ANNA]),
        ({"StudyInstanceUID": f"{ANNA},{JOERG}"}, [ANNA, JOERG]),
        ({"StudyInstanceUID": f"{ANNA}\\{BEN}"}, [ANNA, BEN]),
        ({"limit": "2"}, [ANNA, BEN]),
        ({"limit": "2", "offset": "2"}, [JOERG]),
        ({"limit": "0"}, []),
        ({"offset": "9"}, []),
        ({"fuzzymatching": "true", "includefield": "all"}, [ANNA, BEN, JOERG]),
    ],
)
def test_a_search_finds_the_studies_that_match(query: dict[str, str], expected: list[str]) -> None:
    assert found("/dicom-web/studies", "StudyInstanceUID", **query) == expected


def test_series_and_instances_are_found_below_what_the_path_names() -> None:
    assert found("/dicom-web/series", "SeriesInstanceUID", Modality="MR") == [f"{BEN}.1", f"{BEN}.2"]
    assert found(f"/dicom-web/studies/{ANNA}/series", "SeriesInstanceUID") == [f"{ANNA}.1"]
    assert len(found(f"/dicom-web/studies/{BEN}/instances", "SOPInstanceUID")) == 4
    below = found(f"/dicom-web/studies/{BEN}/series/{BEN}.2/instances", "SOPInstanceUID", InstanceNumber="2")
    assert below == [f"{BEN}.2.2"]
    assert found("/dicom-web/studies/2.25.9/series", "SeriesInstanceUID") == []


def test_a_match_says_how_much_there_is_and_where() -> None:
    (study,) = ARCHIVE.search(read("GET", "/dicom-web/studies", {"PatientID": "DEMO-2"}))
    assert (study["NumberOfStudyRelatedSeries"], study["NumberOfStudyRelatedInstances"]) == ("2", "4")
    assert study["ModalitiesInStudy"] == ("MR",)
    assert study["RetrieveURL"] == f"/dicom-web/studies/{BEN}"
    *_, series = ARCHIVE.search(read("GET", f"/dicom-web/studies/{BEN}/series", {}))
    assert series["NumberOfSeriesRelatedInstances"] == "2"
    assert series["RetrieveURL"] == f"/dicom-web/studies/{BEN}/series/{BEN}.2"
    instance, *_ = ARCHIVE.search(read("GET", "/dicom-web/instances", {}))
    assert instance["RetrieveURL"] == f"/dicom-web/studies/{ANNA}/series/{ANNA}.1/instances/{ANNA}.1.1"


@pytest.mark.parametrize(
    "query",
    [{"Nonsense": "1"}, {"99990010": "1"}, {"Modality": "CT"}, {"limit": "-1"}, {"limit": "x"}, {"offset": "1.5"}],
)
def test_a_search_that_it_does_not_understand_is_refused_and_not_ignored(query: dict[str, str]) -> None:
    with pytest.raises(BadQueryError):
        found("/dicom-web/studies", "StudyInstanceUID", **query)


def test_a_full_archive_keeps_what_it_has_and_refuses_the_rest() -> None:
    first, second, *_ = studies.files()
    archive = Archive([first], capacity=len(first) + len(second) - 1)
    with pytest.raises(RefusedError) as refused:
        archive.store(second)
    assert refused.value.reason == OUT_OF_RESOURCES
    assert len(archive.search(read("GET", "/dicom-web/instances", {}))) == 1


def test_an_instance_that_is_already_there_stays_and_takes_no_room() -> None:
    first, *_ = studies.files()
    archive = Archive([first], capacity=len(first))
    again = archive.store(part10({**DATASET, "PatientName": "DEMO^OTHER"}))
    assert again.content == first


@pytest.mark.parametrize(
    ("content", "study", "reason", "named"),
    [
        (b"garbage", "", CANNOT_UNDERSTAND, False),
        (part10({**DATASET, "SeriesInstanceUID": ""}), "", CANNOT_UNDERSTAND, False),
        (part10({**DATASET, "StudyInstanceUID": "../login"}), "", CANNOT_UNDERSTAND, False),
        (part10({**DATASET, "SOPClassUID": ""}), "", CANNOT_UNDERSTAND, False),
        (part10(DATASET), "2.25.9", PROCESSING_FAILURE, True),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_reason(content: bytes, study: str, reason: int, named: bool) -> None:
    with pytest.raises(RefusedError) as refused:
        Archive().store(content, study)
    assert refused.value.reason == reason
    assert (refused.value.dataset is not None) is named
