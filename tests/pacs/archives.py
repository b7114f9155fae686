"""The two real archives of these tests. They disagree about nearly everything, which is why there are two."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.ports import free_port
from tests.support.servers import Server, get, missing

ORTHANC = Path("/usr/sbin/Orthanc")
DICOMWEB_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
TINY_PACS = ("tiny_pacs[dicomweb]==0.4.1", "tiny-pacs-dicomweb==0.1.0")


class Orthanc(Server):
    """With its DICOMweb plugin, on a folder of its own; `more` are settings in its own words."""

    def __init__(self, folder: Path, **more: object) -> None:
        if not (ORTHANC.exists() and DICOMWEB_PLUGIN.exists()):
            missing("Orthanc and its DICOMweb plugin are not installed (Debian: orthanc, orthanc-dicomweb)")
        super().__init__(folder, [str(ORTHANC), str(folder / "orthanc.json")], free_port())
        settings = {
            "StorageDirectory": str(folder), "IndexDirectory": str(folder), "Plugins": [str(DICOMWEB_PLUGIN)],
            "HttpPort": self.port, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
            "DicomServerEnabled": False,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": True, "WadoRoot": "/wado"},
            **more,
        }  # fmt: skip
        (folder / "orthanc.json").write_text(json.dumps(settings))

    def answers(self) -> bool:
        return get(self.port, "/system")[0] in (200, 401)


class TinyPacs(Server):
    """Holds everything in memory; its DIMSE port listens too, and nobody talks to it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder, [str(programs / "tiny-pacs"), "run", "-c", "tiny.yaml"], free_port())
        (folder / "tiny.yaml").write_text(
            f"ae: {{ae_title: [TINY], port: {free_port()}}}\n"
            "components:\n"
            f"  HttpServer: {{on: true, host: 127.0.0.1, port: {self.port}, allow_remote: false}}\n"
            "  DICOMWeb: {on: true, prefix: /dicomweb, auth: none}\n"
        )


def tiny_pacs_programs(folder: Path) -> Path:
    """The programs of tiny_pacs, in an environment of their own: made once, kept while the cache of pytest lives."""
    programs, done = folder / "bin", folder / "installed.txt"
    wanted = "\n".join([sys.version, *TINY_PACS])
    if not (done.exists() and done.read_text() == wanted):
        steps = (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(programs / "python"), "-m", "pip", "install", "--quiet", "--retries", "1", *TINY_PACS],
        )
        for step in steps:
            made = subprocess.run(step, capture_output=True, text=True, timeout=180)
            if made.returncode:
                missing(f"tiny_pacs could not be installed ({made.stderr.strip().splitlines()[-1]})")
        done.write_text(wanted)
    return programs
