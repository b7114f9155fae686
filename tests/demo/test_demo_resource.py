"""How the legacy PACS reads a request."""

import pytest

from gateway.demo.resource import Transaction, read

T = Transaction


@pytest.mark.parametrize(
    ("method", "path", "transaction", "uids", "level"),
    [
        ("GET", "/dicom-web/studies", T.SEARCH, ("", "", ""), "studies"),
        ("HEAD", "/dicom-web/studies/", T.SEARCH, ("", "", ""), "studies"),
        ("GET", "/dicom-web/series", T.SEARCH, ("", "", ""), "series"),
        ("GET", "/dicom-web/instances", T.SEARCH, ("", "", ""), "instances"),
        ("GET", "/dicom-web/studies/1/series", T.SEARCH, ("1", "", ""), "series"),
        ("GET", "/dicom-web/studies/1/instances", T.SEARCH, ("1", "", ""), "instances"),
        ("GET", "/dicom-web/studies/1/series/2/instances", T.SEARCH, ("1", "2", ""), "instances"),
        ("GET", "/dicom-web/studies/1", T.RETRIEVE, ("1", "", ""), ""),
        ("GET", "/dicom-web/studies/1/series/2/instances/3", T.RETRIEVE, ("1", "2", "3"), ""),
        ("GET", "/dicom-web/studies/1/metadata", T.METADATA, ("1", "", ""), ""),
        ("GET", "/dicom-web/studies/1/series/2/instances/3/frames/1,2", T.FRAMES, ("1", "2", "3"), ""),
        ("GET", "/dicom-web/studies/1/series/2/instances/3/rendered", T.RENDERED, ("1", "2", "3"), ""),
        ("GET", "/dicom-web/studies/1/series/2/instances/3/bulkdata/7FE00010", T.BULKDATA, ("1", "2", "3"), ""),
        ("GET", "/dicom-web/studies/1/thumbnail", T.OTHER, ("1", "", ""), ""),
        ("POST", "/dicom-web/studies", T.STORE, ("", "", ""), "studies"),
        ("POST", "/dicom-web/studies/1", T.STORE, ("1", "", ""), ""),
        ("POST", "/dicom-web/series", T.OTHER, ("", "", ""), "series"),
        ("POST", "/dicom-web/studies/1/series/2", T.OTHER, ("1", "2", ""), ""),
        ("DELETE", "/dicom-web/studies/1", T.OTHER, ("1", "", ""), ""),
        ("GET", "/dicom-web", T.OTHER, ("", "", ""), ""),
        ("GET", "/dicom-web/", T.OTHER, ("", "", ""), ""),
        ("GET", "/dicom-webs/studies", T.OTHER, ("", "", ""), ""),
        ("GET", "/studies", T.OTHER, ("", "", ""), ""),
    ],
)
def test_method_and_path_say_what_is_asked(
    method: str, path: str, transaction: Transaction, uids: tuple[str, str, str], level: str
) -> None:
    resource = read(method, path, {})
    assert (resource.transaction, resource.uids, resource.level) == (transaction, uids, level)


def test_wado_uri_names_its_object_in_the_query() -> None:
    query = {"requestType": "WADO", "studyUID": "1", "seriesUID": "2", "objectUID": "3"}
    resource = read("GET", "/wado", query)
    assert (resource.transaction, resource.uids) == (T.WADO_URI, ("1", "2", "3"))
    assert read("POST", "/wado", query).transaction is T.OTHER
