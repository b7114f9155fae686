"""Which study, series and instance a request names."""

import pytest

from gateway.dicomweb.identifiers import NONE, Identifiers, identifiers

NAMED = [
    ("/dicom-web/studies/1.2", Identifiers("1.2")),
    ("/x/studies/1.2/series/3.4/instances/5.6/frames/1", Identifiers("1.2", "3.4", "5.6")),
    ("/studies/1%2E2/metadata", Identifiers("1.2")),
    ("/wado?requestType=WADO&studyUID=1.2&seriesUID=3.4&objectUID=5.6", Identifiers("1.2", "3.4", "5.6")),
    ("/studies?StudyInstanceUID=1.2", Identifiers("1.2")),
    ("/studies/2.9/series?0020000E=3.4", Identifiers("2.9", "3.4")),
    ("/studies/2.9?studyUID=1.2", Identifiers("2.9")),
    ("/studies/1.2/series", Identifiers("1.2")),
]
UNNAMED = [
    "/studies",
    "/studies/",
    "/studies?PatientName=DOE%5EJOHN&PatientID=4711",
    "/studies/DOE%5EJOHN",
    "/studies/4711",
    "/studies/1.2.",
    "/studies/" + "1." * 32 + "1",
    "/studies?StudyInstanceUID=1.2,1.3",
    "/studies?StudyInstanceUID=1.2&StudyInstanceUID=1.3",
    "/studies/\u0661.2",
    "*",
    "",
]


@pytest.mark.parametrize(("target", "expected"), NAMED)
def test_the_uids_of_a_request(target: str, expected: Identifiers) -> None:
    assert identifiers(target) == expected


@pytest.mark.parametrize("target", UNNAMED)
def test_what_is_no_uid_is_nobodys_name(target: str) -> None:
    assert identifiers(target) == NONE
