"""The OHIF viewer, prebuilt, as a hospital serves it: static files on an origin of their own, told where the gateway is."""

import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.npm import packed

PAGE = Path(__file__).parents[2] / "docs" / "getting-started.md"
PACKAGE = "@ohif/app@3.12.10"
_UNUSED = ("ort/", "dicom-microscopy-viewer/")  # of the viewer: segmentation by a neural network, and microscopy


def viewer_files(folder: Path) -> Path:
    """The files of the viewer: fetched once, kept while the cache of pytest lives."""
    files, done = folder / "dist", folder / "unpacked.txt"
    if not (done.exists() and done.read_text() == PACKAGE):
        shutil.rmtree(files, ignore_errors=True)
        _unpack(packed(PACKAGE, folder), files)
        done.write_text(PACKAGE)
    return files


def _unpack(archive: Path, files: Path) -> None:
    with tarfile.open(archive) as package:
        for member in package:
            name = member.name.removeprefix("package/dist/")
            if name != member.name and not name.startswith(_UNUSED) and not name.endswith(".map"):
                package.extract(member.replace(name=name), files, filter="data")
    archive.unlink()


def configuration(gateway: str) -> str:
    """What the viewer reads first: what docs/getting-started.md tells people to write."""
    (written,) = re.findall(r"```js\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert "http://gateway-host:8080" in written
    quiet = (
        'window.config.investigationalUseDialog = {option: "never"}; window.config.disableConfirmationPrompts = true;'
    )
    return written.replace("http://gateway-host:8080", gateway) + quiet


class _Handler(SimpleHTTPRequestHandler):
    """Every address that is no file is a page of the viewer."""

    def __init__(self, config: list[str], *args: object, directory: str) -> None:
        self._config = config
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/app-config.js":
            content = self._config[0].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        if path == "/" or not Path(self.translate_path(path)).is_file():
            self.path = "/index.html"
        super().do_GET()

    def end_headers(self) -> None:
        # What lets the viewer share memory between its workers.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Viewer:
    """The viewer on an origin of its own."""

    def __init__(self, files: Path) -> None:
        self._config = [""]
        handler = partial(_Handler, self._config, directory=str(files))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def looks_at(self, gateway: str) -> None:
        self._config[0] = configuration(gateway)

    @contextmanager
    def serving(self) -> Iterator["Viewer"]:
        thread = Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
