"""nginx answering a constant: what a server in C with nothing to do makes of the same requests."""

import shutil
from pathlib import Path

CONFIGURATION = """
daemon off;
master_process off;
error_log stderr crit;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    default_type application/json;
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""


def program() -> str | None:
    """Return the path of nginx, or None where it is not installed (`scripts/services nginx`)."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def command(nginx: str, folder: Path, port: int, answer: str) -> list[str]:
    """Return how one process of it is started that answers everything with 200 and `answer`."""
    folder.mkdir()
    place = folder / "nginx.conf"
    text = CONFIGURATION.format(folder=folder, port=port, answer=answer)
    place.write_text(text, encoding="utf-8")
    return [nginx, "-p", str(folder), "-c", str(place)]
