"""The memory of the legacy PACS: instances by UID, and how they are found again.

It forgets everything when it stops, and refuses more than its capacity: a demonstration must not eat a
workstation.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.demo.dataset import BY_TAG, ELEMENTS, DataSet, Value, text
from gateway.demo.part10 import UnreadableError, read
from gateway.demo.resource import LEVELS, ROOT, Resource, Uids

CAPACITY = 64 * 1024 * 1024

PROCESSING_FAILURE = 0x0110
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000

PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
VISIT = ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyDescription", "StudyID")
STUDY = (*PATIENT, *VISIT, "StudyInstanceUID")
SERIES = ("Modality", "SeriesDescription", "BodyPartExamined", "SeriesInstanceUID", "SeriesNumber")
INSTANCE = ("SOPClassUID", "SOPInstanceUID", "InstanceNumber", "NumberOfFrames", "Rows", "Columns", "BitsAllocated")
ATTRIBUTES = {"studies": STUDY, "series": STUDY + SERIES, "instances": STUDY + SERIES + INSTANCE}
SIZES = ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "NumberOfSeriesRelatedInstances")
COUNTED = ("ModalitiesInStudy", *SIZES)
CONTROLS = frozenset(
    {"limit", "offset", "includefield", "fuzzymatching", "emptyvaluematching", "multiplevaluematching"}
)


class BadQueryError(ValueError):
    """A search that this archive does not understand (PS3.18 10.6.3: 400)."""


class RefusedError(Exception):
    """An instance that is not stored: the reason (PS3.18 I.2.2), and what could be read of it."""

    def __init__(self, reason: int, dataset: DataSet | None = None) -> None:
        super().__init__(reason, dataset)
        self.reason = reason
        self.dataset = dataset


@dataclass(frozen=True, slots=True)
class Instance:
    """One stored file, byte for byte, and what was read from it."""

    dataset: DataSet
    content: bytes

    @property
    def uids(self) -> Uids:
        study, series = text(self.dataset, "StudyInstanceUID"), text(self.dataset, "SeriesInstanceUID")
        return study, series, text(self.dataset, "SOPInstanceUID")

    @property
    def url(self) -> str:
        """A relative reference, which PS3.5 allows for UR: so it leads through whatever stands in front."""
        return ROOT + "".join(f"/{level}/{uid}" for level, uid in zip(LEVELS, self.uids, strict=True))


class Archive:
    """Instances in memory, in the order in which they came."""

    def __init__(self, files: Iterable[bytes] = (), capacity: int = CAPACITY) -> None:
        self._instances: dict[str, Instance] = {}
        self._room = capacity
        for content in files:
            self.store(content)

    def store(self, content: bytes, study: str = "") -> Instance:
        """Keep one file, of the named study if one is named; an instance already there stays as it was."""
        instance = _identified(content)
        if study not in ("", instance.uids[0]):
            raise RefusedError(PROCESSING_FAILURE, instance.dataset)
        known = self._instances.get(instance.uids[2])
        if known is None:
            if len(content) > self._room:
                raise RefusedError(OUT_OF_RESOURCES, instance.dataset)
            self._room -= len(content)
            self._instances[instance.uids[2]] = instance
        return known or instance

    def knows(self, resource: Resource) -> bool:
        """Whether something is here of the study that is named, or of the PatientID where none is."""
        patient = resource.query.get("PatientID", "")
        held = self._instances.values()
        if resource.study or not patient:
            return any(instance.uids[0] == resource.study for instance in held)
        return any(_matches(instance.dataset, "PatientID", patient) for instance in held)

    def select(self, resource: Resource) -> list[Instance]:
        """The instances below the UIDs that the path names."""
        return [
            instance
            for instance in self._instances.values()
            if all(want in ("", uid) for want, uid in zip(resource.uids, instance.uids, strict=True))
        ]

    def search(self, resource: Resource) -> list[DataSet]:
        """The matches of one level (PS3.18 10.6), described by the attributes of that level and above."""
        keys = {_keyword(key, resource.level): value for key, value in resource.query.items() if key not in CONTROLS}
        groups: dict[tuple[str, ...], list[Instance]] = {}
        for instance in self.select(resource):
            groups.setdefault(instance.uids[: _depth(resource.level)], []).append(instance)
        found = [self._describe(resource.level, group) for group in groups.values()]
        matches = [entry for entry in found if all(_matches(entry, key, value) for key, value in keys.items())]
        offset, limit = _natural(resource.query, "offset", 0), _natural(resource.query, "limit", len(matches))
        return matches[offset : offset + limit]

    def _describe(self, level: str, group: list[Instance]) -> DataSet:
        first = group[0]
        study = [one for one in self._instances.values() if one.uids[0] == first.uids[0]]
        entry: dict[str, Value] = {
            keyword: first.dataset[keyword] for keyword in ATTRIBUTES[level] if keyword in first.dataset
        }
        entry["RetrieveURL"] = "/".join(first.url.split("/")[: 2 + 2 * _depth(level)])
        entry["ModalitiesInStudy"] = tuple(sorted({text(one.dataset, "Modality") for one in study}))
        entry["NumberOfStudyRelatedSeries"] = str(len({one.uids[1] for one in study}))
        entry["NumberOfStudyRelatedInstances"] = str(len(study))
        if level != "studies":
            entry["NumberOfSeriesRelatedInstances"] = str(sum(one.uids[1] == first.uids[1] for one in study))
        return entry


def _identified(content: bytes) -> Instance:
    try:
        instance = Instance(read(content), content)
    except UnreadableError as error:
        raise RefusedError(CANNOT_UNDERSTAND) from error
    # UIDs become segments of paths, so they must be what PS3.5 9.1 says they are.
    if not all(re.fullmatch(r"[0-9.]{1,64}", uid) for uid in (*instance.uids, text(instance.dataset, "SOPClassUID"))):
        raise RefusedError(CANNOT_UNDERSTAND)
    return instance


def _depth(level: str) -> int:
    return LEVELS.index(level) + 1


def _keyword(key: str, level: str) -> str:
    """A query names attributes by keyword or by tag (PS3.18 8.3.4.1)."""
    keyword = BY_TAG[int(key, 16)].keyword if re.fullmatch("[0-9A-Fa-f]{8}", key) and int(key, 16) in BY_TAG else key
    if keyword not in ATTRIBUTES[level] + COUNTED:
        raise BadQueryError(f"{key} cannot be searched for at this level")
    return keyword


def _natural(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    if value and not re.fullmatch("[0-9]{1,9}", value):
        raise BadQueryError(f"{name} is not a number")
    return int(value) if value else default


def _matches(entry: DataSet, keyword: str, wanted: str) -> bool:
    value = entry.get(keyword, "")
    values = [str(single) for single in (value if isinstance(value, tuple) else (value,))]
    return wanted == "" or any(_match_one(ELEMENTS[keyword].vr, single, wanted) for single in values)


def _match_one(vr: str, value: str, wanted: str) -> bool:
    """Range, list of UIDs, wildcard or single value (PS3.4 C.2.2.2)."""
    if vr == "DA" and "-" in wanted:
        first, _, last = wanted.partition("-")
        return bool(value) and first <= value <= (last or "99999999")
    if vr == "UI":
        return value in re.split(r"[,\\]", wanted)
    pattern = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in wanted)
    return re.fullmatch(pattern, value, re.IGNORECASE if vr == "PN" else 0) is not None
