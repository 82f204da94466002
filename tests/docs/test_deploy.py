"""What the pages on running a hub hand out works: the wheel, the unit, the proxies, the image.

Where a program is missing the test that wants it is skipped; what can be judged without it is judged
all the same.
"""

import json
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heliograph.testing.running.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
HELIOGRAPH = Path(sys.executable).parent / "heliograph"


def program(name: str) -> str:
    """Return the path of a program, or skip."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"no program: {name} is not installed")
    return found


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Return what a command prints; it must exit 0."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}"
    return done.stdout


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def running(*command: str | Path, cwd: Path) -> Generator[subprocess.Popen[bytes]]:
    """Run a program for the length of the block."""
    log = cwd / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def configuration(folder: Path) -> Path:
    """Write a small configuration."""
    mapper = {
        "partner_name": "crm",
        "mapping_type": "events",
        "mappings": {
            "customer_id": "$.id",
            "event_name": "Contact Changed",
            "user_time": "$receivedAt",
            "platform": "api",
            "app_version": "1.0.0",
        },
        "batching": False,
        "payload_validations": {},
    }
    (folder / "acme/mappers/crm").mkdir(parents=True)
    (folder / "acme/workspace.toml").write_text('id = "acme"\ndata_api_keys = ["k"]\n')
    (folder / "acme/mappers/crm/contact.json").write_text(json.dumps(mapper))
    return folder / "acme"


@pytest.mark.integration
def test_the_wheel_is_the_whole_program(tmp_path: Path):
    """Built as the page says, installed where no checkout is, it serves a request and shows it."""
    named = ROOT / ".uv/command"
    uv = os.environ.get("UV") or (ROOT / named.read_text().strip() if named.exists() else None)
    if uv is None:
        pytest.skip("no program: uv was not brought by scripts/bootstrap")
    run("scripts/wheel", "--out-dir", tmp_path / "dist", cwd=ROOT)
    [wheel] = (tmp_path / "dist").glob("heliograph-*.whl")
    # As in scripts/bootstrap: where the system has a store of certificates, uv takes it.
    store = ssl.create_default_context().cert_store_stats()["x509_ca"]
    settings = {"VIRTUAL_ENV": "", "UV_SYSTEM_CERTS": str(int(store > 0))}
    run(uv, "venv", "--python", sys.executable, "installed", cwd=tmp_path, **settings)
    bin_ = tmp_path / "installed/bin"
    run(uv, "pip", "install", "--python", bin_ / "python", wheel, cwd=tmp_path, **settings)
    home = tmp_path / "home"
    home.mkdir()
    assert run(bin_ / "heliograph", "--version", cwd=home).startswith("heliograph ")
    assert "fine" in run(bin_ / "heliograph", "config", "check", cwd=home)
    assert "shopify" in run(bin_ / "heliograph", "mapper", "presets", cwd=home)
    assert "Applied" in run(bin_ / "heliograph", "apply", configuration(home), "--yes", cwd=home)
    assert "balanced" in run(bin_ / "heliograph", "audit", cwd=home)
    assert "webengage" in run(bin_ / "heliograph", "destination", "list-types", cwd=home)


def test_the_unit_is_sound(tmp_path: Path):
    """`systemd-analyze verify` finds nothing in it, with programs that are here in place of its own."""
    verify = program("systemd-analyze")
    text = (DEPLOY / "heliograph.service").read_text()
    assert "User=heliograph" in text
    here = text.replace("/opt/heliograph/bin/heliograph", str(HELIOGRAPH))
    account = pwd.getpwuid(os.getuid()).pw_name
    unit = tmp_path / "heliograph.service"
    unit.write_text(
        here.replace("User=heliograph", f"User={account}").replace("Group=heliograph", "")
    )
    done = subprocess.run([verify, "verify", unit], capture_output=True, text=True, timeout=60)
    said = [line for line in done.stderr.splitlines() if "heliograph.service" in line]
    assert said == []


def test_the_settings_of_the_service_are_known(tmp_path: Path):
    said = run(HELIOGRAPH, "config", "check", "--config", DEPLOY / "heliograph.toml", cwd=tmp_path)
    assert "fine" in said


@pytest.mark.integration
def test_nginx_passes_webhooks_on_over_tls_and_keeps_the_pages(tmp_path: Path):
    nginx, openssl = program("nginx"), program("openssl")
    run(HELIOGRAPH, "apply", configuration(tmp_path), "--yes", cwd=tmp_path)
    tls = tmp_path / "tls"
    tls.mkdir()
    run(
        *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
        *("-subj", "/CN=hub.example.com", "-keyout", "privkey.pem", "-out", "fullchain.pem"),
        cwd=tls,
    )
    hub, secure, plain = free_port(), free_port(), free_port()
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in (
        ("listen [::]:443 ssl;", ""),
        ("listen [::]:80;", ""),
        ("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("/etc/heliograph/tls", str(tls)),
        ("127.0.0.1:8080", f"127.0.0.1:{hub}"),
    ):
        assert old in text
        text = text.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    who = "user root;\n" if os.geteuid() == 0 else ""
    (tmp_path / "main.conf").write_text(
        f"{who}pid {tmp_path}/nginx.pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{temporary}{text} }}\n"
    )
    arguments = (nginx, "-p", tmp_path, "-c", tmp_path / "main.conf")
    run(*arguments, "-t", cwd=tmp_path)

    def ask(url: str, body: bytes | None = None) -> int:
        request = urllib.request.Request(url, data=body)
        request.add_header("Host", "hub.example.com")
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", "Basic YWNtZTpr")  # acme:k
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, timeout=10, context=trusting) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    path = "v1/partner/crm/events/?configName=contact"
    with (
        running(HELIOGRAPH, "up", "--set", f"gateway.port={hub}", cwd=tmp_path),
        running(*arguments, "-g", "daemon off;", cwd=tmp_path),
    ):
        wait_until(lambda: ask(f"https://127.0.0.1:{secure}/readyz") == 200, "the hub is ready")
        assert ask(f"https://127.0.0.1:{secure}/{path}", b'{"id": "c1"}') == 200
        assert ask(f"https://127.0.0.1:{secure}/metrics") == 403, "kept from strangers"
        assert ask(f"https://127.0.0.1:{secure}/{path}", b" " * 1_500_000) == 413
        assert ask(f"http://127.0.0.1:{plain}/{path}", b"{}") == 403
        assert "crm" in run(HELIOGRAPH, "requests", "list", cwd=tmp_path)


def test_the_caddyfile_is_sound(tmp_path: Path):
    text = (DEPLOY / "Caddyfile").read_text()
    assert text.count("{") == text.count("}")
    assert "reverse_proxy 127.0.0.1:8080" in text
    caddy = program("caddy")
    run(caddy, "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile", cwd=tmp_path)


class TestContainerfile:
    """Read for what every such file must have; built where an engine runs."""

    text = (DEPLOY / "Containerfile").read_text()

    def lines(self, instruction: str) -> list[str]:
        joined = self.text.replace("\\\n", " ")
        return re.findall(rf"^{instruction}\s+(.*)$", joined, re.MULTILINE)

    def test_what_it_copies_is_there(self):
        for line in self.lines("COPY"):
            if not line.startswith("--from="):
                *sources, _ = line.split()
                assert [one for one in sources if not (ROOT / one).exists()] == []

    def test_it_runs_without_root_and_says_how_it_is(self):
        [user] = self.lines("USER")
        assert user.split(":")[0].isdigit()
        assert int(user.split(":")[0]) >= 1000
        [health] = self.lines("HEALTHCHECK")
        assert "/readyz" in health
        assert self.lines("STOPSIGNAL") == ["SIGTERM"]
        assert all(":latest" not in base and ":" in base for base in self.lines("FROM"))
        assert self.lines("ADD") == []

    def test_its_variables_are_settings(self, tmp_path: Path):
        names = dict(re.findall(r"(HELIOGRAPH_\w+)=(\S+)", self.text))
        assert len(names) == 3
        said = run(HELIOGRAPH, "config", "show", "--origin", cwd=tmp_path, **names)
        assert all(f"environment {name}" in said for name in names)

    def test_its_health_check_tells_a_hub_that_is_ready(self, tmp_path: Path):
        [health] = self.lines("HEALTHCHECK")
        [_, code] = json.loads(health[health.index("CMD [") + 4 :])[1:]
        port = free_port()
        code = code.replace("8080", str(port))
        assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode != 0
        run(HELIOGRAPH, "apply", configuration(tmp_path), "--yes", cwd=tmp_path)

        def healthy() -> bool:
            return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0

        with running(HELIOGRAPH, "up", "--set", f"gateway.port={port}", cwd=tmp_path):
            wait_until(healthy, "the health check passes")

    @pytest.mark.long
    def test_it_builds(self):
        for engine in ("podman", "docker"):
            found = shutil.which(engine)
            if found and subprocess.run([found, "info"], capture_output=True).returncode == 0:
                run(
                    found,
                    "build",
                    "-f",
                    DEPLOY / "Containerfile",
                    "-t",
                    "heliograph-test",
                    ".",
                    cwd=ROOT,
                )
                return
        pytest.skip("no program: no container engine runs here")
