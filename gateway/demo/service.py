"""The part of the legacy PACS that works: search and retrieve as PS3.18 9, 10.4 and 10.6 have them.

It never misbehaves: what goes wrong on purpose is a row of `misbehaviours`, decided before this is asked.
"""

import re
from collections.abc import Callable

from aiohttp import web

from gateway.demo import multipart, picture
from gateway.demo.answers import (
    DICOM_JSON,
    JSON,
    PNG,
    accepts,
    accepts_parts,
    json_answer,
    multipart_answer,
    not_found,
    refusal,
)
from gateway.demo.archive import Archive, BadQueryError, Instance
from gateway.demo.dataset import DataSet, dicom_json
from gateway.demo.resource import Resource, Transaction

METHODS = "GET, HEAD, OPTIONS, POST"


class Service:
    """Answers one request that was read into a `Resource`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._answers: dict[Transaction, Callable[[Resource, str], web.Response]] = {
            Transaction.SEARCH: self._search,
            Transaction.RETRIEVE: self._retrieve,
            Transaction.METADATA: self._metadata,
            Transaction.FRAMES: self._frames,
            Transaction.RENDERED: self._rendered,
            Transaction.BULKDATA: self._bulkdata,
            Transaction.WADO_URI: self._wado_uri,
        }

    def answer(self, resource: Resource, accept: str) -> web.Response:
        if resource.method == "OPTIONS":
            return web.Response(status=204, headers={"Allow": METHODS})  # PS3.18 up to 2018: without a description
        answer = self._answers.get(resource.transaction)
        return answer(resource, accept) if answer else refusal(404, "No such resource.")

    def _search(self, resource: Resource, accept: str) -> web.Response:
        if not accepts(accept, DICOM_JSON, JSON):
            return refusal(406, f"Searches are answered as {DICOM_JSON}.")
        try:
            matches = self._archive.search(resource)
        except BadQueryError as error:
            return refusal(400, str(error))
        # PS3.18 10.6.3 up to 2024e; later editions want 200 with an empty list.
        return json_answer([dicom_json(match) for match in matches]) if matches else web.Response(status=204)

    def _retrieve(self, resource: Resource, accept: str) -> web.Response:
        return self._parts(resource, accept, multipart.DICOM, lambda instance: instance.content)

    def _metadata(self, resource: Resource, accept: str) -> web.Response:
        if not accepts(accept, DICOM_JSON, JSON):
            return refusal(406, f"Metadata comes as {DICOM_JSON}.")
        instances = self._archive.select(resource)
        return json_answer([_metadata(instance) for instance in instances]) if instances else not_found()

    def _frames(self, resource: Resource, accept: str) -> web.Response:
        """Every image here has one frame, so only frame 1 can be asked for."""
        numbers = resource.tail[1] if len(resource.tail) == 2 else ""
        if not re.fullmatch("[1-9][0-9]{0,5}(,[1-9][0-9]{0,5})*", numbers):
            return refusal(400, "Frames are numbered from 1.")
        return self._pixels(resource, accept, picture.frame) if numbers == "1" else not_found()

    def _bulkdata(self, resource: Resource, accept: str) -> web.Response:
        if resource.tail != ("bulkdata", "7FE00010"):
            return not_found()
        return self._pixels(resource, accept, picture.pixels)

    def _pixels(self, resource: Resource, accept: str, pick: Callable[[DataSet], bytes | None]) -> web.Response:
        instances = self._archive.select(resource)
        content = pick(instances[0].dataset) if instances else b""
        if content is None:
            return refusal(406, "These pixels are compressed or of several frames: ask for the instance.")
        return self._parts(resource, accept, multipart.OCTETS, lambda _: content)

    def _rendered(self, resource: Resource, accept: str) -> web.Response:
        instances = self._archive.select(resource)
        return _picture(instances[0].dataset, accept) if instances else not_found()

    def _wado_uri(self, resource: Resource, accept: str) -> web.Response:
        if resource.query.get("requestType") != "WADO" or not all(resource.uids):
            return refusal(400, "requestType=WADO, studyUID, seriesUID and objectUID are mandatory.")
        instances = self._archive.select(resource)
        if not instances:
            return not_found()
        wanted = resource.query.get("contentType") or accept
        if multipart.DICOM in wanted:
            return web.Response(body=instances[0].content, content_type=multipart.DICOM)
        return _picture(instances[0].dataset, wanted)

    def _parts(
        self, resource: Resource, accept: str, part_type: str, content: Callable[[Instance], bytes]
    ) -> web.Response:
        if not accepts_parts(accept, part_type):
            return refusal(406, f'Only multipart/related; type="{part_type}" is available.')
        contents = [content(instance) for instance in self._archive.select(resource)]
        return multipart_answer(part_type, contents) if contents else not_found()


def _metadata(instance: Instance) -> dict[str, object]:
    """Everything but the pixels, which are named by a relative reference."""
    return dicom_json(instance.dataset, {"PixelData": f"{instance.url}/bulkdata/7FE00010"})


def _picture(dataset: DataSet, accept: str) -> web.Response:
    if not accepts(accept, PNG):
        return refusal(406, f"Pictures come as {PNG}.")
    png = picture.png(dataset)
    return web.Response(body=png, content_type=PNG) if png else refusal(406, "This image cannot be drawn here.")
