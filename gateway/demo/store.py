"""The Store transaction of the legacy PACS (PS3.18 10.5), with the Store Instances Response of Annex I."""

from collections.abc import Sequence

from aiohttp import web

from gateway.demo import multipart
from gateway.demo.answers import json_answer, refusal
from gateway.demo.archive import Archive, RefusedError
from gateway.demo.dataset import DataSet, dicom_json, text

STORED, FAILED, OTHERS = "ReferencedSOPSequence", "FailedSOPSequence", "OtherFailuresSequence"


def store(archive: Archive, study: str, content_type: str, content: bytes) -> web.Response:
    """200 if all instances were stored, 202 if some, 409 if none, 400 if there was none."""
    if not content_type.lower().startswith("multipart/related"):
        return refusal(415, 'Send multipart/related; type="application/dicom".')
    try:
        files = multipart.split(content_type, content)
    except multipart.MalformedError as error:
        return refusal(400, f"The content is not multipart: {error}.")
    if not files:
        return refusal(400, "There is no instance in the content.")
    report = _report(archive, study, files)
    return json_answer(dicom_json(report), _status(report))


def _status(report: DataSet) -> int:
    if STORED not in report:
        return 409
    return 202 if len(report) > 1 else 200


def _report(archive: Archive, study: str, files: Sequence[bytes]) -> DataSet:
    """The sequences that have items. What cannot even be named goes into the third (PS3.18 I.2)."""
    items: dict[str, tuple[DataSet, ...]] = {}
    for content in files:
        sequence, item = _store_one(archive, study, content)
        items[sequence] = (*items.get(sequence, ()), item)
    return items


def _store_one(archive: Archive, study: str, content: bytes) -> tuple[str, DataSet]:
    try:
        instance = archive.store(content, study)
    except RefusedError as refused:
        if refused.dataset is None:
            return OTHERS, {"FailureReason": refused.reason}
        return FAILED, {**_reference(refused.dataset), "FailureReason": refused.reason}
    return STORED, {**_reference(instance.dataset), "RetrieveURL": instance.url}


def _reference(dataset: DataSet) -> DataSet:
    return {
        "ReferencedSOPClassUID": text(dataset, "SOPClassUID"),
        "ReferencedSOPInstanceUID": text(dataset, "SOPInstanceUID"),
    }
