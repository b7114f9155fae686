"""HAProxy and nginx as processes of a test, configured to do as little as a proxy can: no caching, no repetition, no pooled
connections to the archive, limits as wide as the gateway's."""

import shutil
import socket
from pathlib import Path

from tests.support.ports import free_port
from tests.support.servers import Server, missing

# With each answer of the archive, and with none that the proxy makes itself.
PASSED = "X-Passed-On"

HAPROXY = """\
global
    tune.bufsize 65536
    tune.http.maxhdr 512
defaults
    mode http
    retries 0
    timeout connect 1s
    timeout client 1s
    timeout server 1s
    timeout http-request 1s
    timeout http-keep-alive 1s
frontend clients
    bind 127.0.0.1:{port}
    default_backend archive
backend archive
    http-reuse never
    http-response add-header {passed} yes
    server archive 127.0.0.1:{archive}
"""

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    client_header_timeout 1s;
    client_body_timeout 1s;
    keepalive_timeout 1s;
    client_max_body_size 0;
    large_client_header_buffers 8 32k;
    proxy_connect_timeout 1s;
    proxy_read_timeout 1s;
    proxy_buffer_size 64k;
    proxy_buffers 8 64k;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{archive};
            proxy_http_version 1.1;
            proxy_next_upstream off;
            # Empty where no head of the archive was understood.
            add_header {passed} $upstream_header_time always;
        }}
    }}
}}
"""


class Oracle(Server):
    """A proxy in front of an archive that each test starts for itself, on `archive`."""

    def __init__(self, folder: Path, program: str, configuration: str) -> None:
        path = shutil.which(program, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if path is None:
            missing(f"{program} is not installed")
        self.archive = free_port()
        super().__init__(folder, [path, *self.options(folder)], free_port())
        text = configuration.format(port=self.port, archive=self.archive, folder=folder, passed=PASSED)
        (folder / "configuration").write_text(text)

    def options(self, folder: Path) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port)).close()
        return True


class HAProxy(Oracle):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "haproxy", HAPROXY)

    def options(self, folder: Path) -> list[str]:
        return ["-db", "-f", str(folder / "configuration")]


class Nginx(Oracle):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "nginx", NGINX)

    def options(self, folder: Path) -> list[str]:
        return ["-p", str(folder), "-c", str(folder / "configuration"), "-e", "stderr"]
