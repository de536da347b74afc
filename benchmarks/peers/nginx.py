"""Debian's nginx on a folder of files: what the pollers ask, and the peer of our server."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import free_port

CONFIG = """
worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{ worker_connections 4096; }}
http {{ access_log off; etag on; keepalive_requests 1000000; types {{ application/xml xml; }}
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""


@contextmanager
def nginx(folder: Path, root: Path) -> Iterator[tuple[int, int]]:
    """Serve ``root`` with files of nginx's own in ``folder``; give its port and its process."""
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(CONFIG.format(folder=folder, port=port, root=root))
    server = subprocess.Popen(["nginx", "-c", conf, "-p", folder, "-e", folder / "error.log"])
    try:
        while not (folder / "nginx.pid").exists():
            if server.poll() is not None:
                raise SystemExit((folder / "error.log").read_text())
            time.sleep(0.05)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait()
