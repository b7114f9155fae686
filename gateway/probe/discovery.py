"""What a survey learns from answers: studies, an instance of each, whether it has pixels, where its bulk data is.

Only that. Names, dates and descriptions of patients are not looked at; a PatientID is taken to ask for it again.
"""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from gateway.dicomweb.identifiers import is_uid
from gateway.probe.contents import data_sets
from gateway.probe.exchange import Answer
from gateway.probe.names import Names, escaped
from gateway.probe.target import Target

SMALL = 10  # instances of a study that may be retrieved as a whole
_STUDY, _SERIES, _INSTANCE, _PATIENT = "0020000D", "0020000E", "00080018", "00100020"
_PIXELS = ("7FE00010", "7FE00008", "7FE00009", "00280010")


def value(data_set: dict[str, object], tag: str) -> str:
    """The first value of an attribute as text; empty where there is none."""
    attribute = data_set.get(tag)
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    first = values[0] if isinstance(values, list) and values else ""
    return str(first) if isinstance(first, (str, int)) else ""


def studies(answer: Answer) -> Iterator[tuple[str, str]]:
    """UID and PatientID of each study in a list of matches."""
    for data_set in _listed(answer):
        if is_uid(uid := value(data_set, _STUDY)):
            yield uid, value(data_set, _PATIENT)


def _listed(answer: Answer) -> list[dict[str, object]]:
    return data_sets(answer.content) if answer.status == 200 else []


def of_study(names: Names, number: int, uid: str, patient: str) -> Names:
    found = {"study": escaped(uid), **({"patient": escaped(patient)} if patient else {})}
    return names.finding(number, **found)


def with_instance(names: Names, number: int, answer: Answer) -> Names:
    """The first instance of a study, by a search that asked for one more than a small study may have."""
    listed = _listed(answer)
    for data_set in listed:
        series, instance = value(data_set, _SERIES), value(data_set, _INSTANCE)
        if is_uid(series) and is_uid(instance):
            names = names.finding(number, series=escaped(series), instance=escaped(instance))
            return names.knowing(small="yes") if len(listed) <= SMALL else names
    return names


def with_pixels(names: Names, number: int, answer: Answer, target: Target, asked: str) -> Names:
    """What the metadata of an instance tell about its pixels and its bulk data."""
    described = _listed(answer)
    if not described or not value(described[0], _INSTANCE):
        return names
    data_set = described[0]
    has_pixels = any(tag in data_set for tag in _PIXELS)
    names = names.knowing(**{"pixels" if has_pixels else "no_pixels": "yes"})
    bulk = next((path for path in _bulk(data_set, target, asked) if path), "")
    bad = bulk.rpartition("/")[0] + "/zzz" if bulk else asked.removesuffix("/metadata") + "/bulkdata/zzz"
    return names.concealing(number, bad_bulk=bad, **({"bulk": bulk} if bulk else {}))


def _bulk(data_set: dict[str, object], target: Target, asked: str) -> Iterator[str]:
    """Paths of bulk data at this archive, those of pixels first. Another host is nobody that we were told to ask."""
    tags = sorted(data_set, key=lambda tag: tag not in _PIXELS)
    for attribute in (data_set[tag] for tag in tags):
        uri = attribute.get("BulkDataURI") if isinstance(attribute, dict) else None
        if isinstance(uri, str) and uri.isascii() and uri.isprintable() and " " not in uri:
            parts = urlsplit(urljoin(target.origin + asked, uri))
            if f"{parts.scheme}://{parts.netloc}" == target.origin:
                yield parts.path + (f"?{parts.query}" if parts.query else "")
