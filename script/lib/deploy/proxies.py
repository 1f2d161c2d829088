"""nginx of Debian in front of the real service; Caddy's file as Caddy reads it."""

import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

from deploy.tried import ROOT, Answer, Tried, ask, comes_true, free_port, manage, running, serving

NAME = "ridewatch.example.org"
STORED = "/api/parks/downtime"
PRODUCTION = {
    "SECRET_KEY": "a-key-of-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": f"{NAME},127.0.0.1",
    "BEHIND_TLS_PROXY": "true",
    "SECURE_SSL_REDIRECT": "true",
    "SECURE_HSTS_SECONDS": "31536000",
    "TRUSTED_PROXIES": "1",
    "API_RATE_LIMIT": "60/minute",
}


def check(work: Path, tried: Tried) -> None:
    data = work / "proxied"
    data.mkdir()
    work.chmod(0o755)
    variables = {**PRODUCTION, "DATA_DIR": str(data)}
    tried.that("migrate and collectstatic", all(
        manage(ROOT, *words, **variables).returncode == 0
        for words in (["migrate", "-v0"], ["collectstatic", "--noinput"])
    ))  # fmt: skip
    certificate(work)
    with serving(ROOT, work / "proxied.log", **variables) as port:
        configuration, plain, secure = nginx_files(work, data, port)
        with running(["nginx", "-c", str(configuration), "-g", "daemon off;"], work / "nginx.log"):
            answers = comes_true(lambda: asked(secure, "/healthz").status == 200, 20)
            tried.that(
                "nginx answers over TLS", answers, (work / "nginx.log").read_text()[-500:] if not answers else ""
            )
            through(plain, secure, port, data, tried)
    caddy(work, tried)


def through(plain: int, secure: int, port: int, data: Path, tried: Tried) -> None:
    found = ask(f"http://127.0.0.1:{plain}/api/health", {"Host": NAME})
    to = found.headers.get("Location")
    tried.that("plain requests are sent to https", (found.status, to) == (301, f"https://{NAME}/api/health"), to)
    found = asked(secure, STORED)
    hsts = found.headers.get("Strict-Transport-Security", "")
    tried.that("the service knows that it is asked over TLS", found.status == 200 and "31536000" in hsts, hsts)
    again = asked(secure, STORED, {"If-None-Match": found.headers.get("ETag", ""), "Accept-Encoding": "br"})
    tried.that("stored answers keep their tag through the proxy", again.status == 304, again.status)
    packed = asked(secure, "/", {"Accept": "text/html", "Accept-Encoding": "br"})
    figures = asked(secure, "/metrics")
    tried.that("nobody outside reads /metrics", figures.status == 404 and b"nginx" in figures.body, figures.status)
    tried.that("pages come packed", packed.headers.get("Content-Encoding") == "br", packed.status)
    file = next(path for path in (data / "static").rglob("*.css"))
    found = asked(secure, f"/static/{file.relative_to(data / 'static')}")
    is_file = found.body == file.read_bytes() and "Accept-Ranges" in found.headers
    tried.that("static files come from nginx itself", found.status == 200 and is_file, file.name)
    climbing = asked(secure, "/static/../ridewatch.sqlite3").status
    tried.that("nothing beside static files does", climbing in (400, 404), climbing)
    large = asked(secure, "/api/health", body=b"x" * 1_100_000)
    tried.that("a body over 1 MB is refused by nginx", large.status == 413 and b"nginx" in large.body, large.status)
    dripped(secure, port, tried)
    limited = [asked(secure, "/api/nowhere", {"X-Forwarded-For": f"10.1.1.{n}"}).status for n in range(100)]
    tried.that("a forged X-Forwarded-For is nobody else: 429", 429 in limited, f"after {limited.count(404)} answers")


def dripped(secure: int, port: int, tried: Tried) -> None:
    """Connections that send a byte of a body a second are nginx's alone, and end."""
    context = ssl._create_unverified_context()  # noqa: S323
    head = f"POST {STORED} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\n\r\n".encode()
    slow = []
    for _ in range(45):
        each = context.wrap_socket(socket.create_connection(("127.0.0.1", secure)), server_hostname=NAME)
        each.sendall(head)
        slow.append(each)
    taken = connections_of(port)
    times = []
    for _ in range(60):
        began = time.perf_counter()
        status = asked(secure, STORED).status
        times.append((time.perf_counter() - began) * 1000)
        if status != 200:
            tried.that("answers come beside 45 slow clients", False, status)
    tried.that("of 45 slow bodies none reaches the service", taken < 10, f"{taken} connections")
    tried.that("answers come beside them", sorted(times)[56] < 250, f"p95 {sorted(times)[56]:.0f} ms with TLS anew")
    many = [
        context.wrap_socket(socket.create_connection(("127.0.0.1", secure)), server_hostname=NAME) for _ in range(9)
    ]
    for each in many:
        each.sendall(head)
    refused = asked(secure, STORED).status
    tried.that("an address has at most 50 connections", refused == 503, refused)
    for each in slow + many:
        each.close()
    comes_true(lambda: asked(secure, STORED).status == 200, 5)


def connections_of(port: int) -> int:
    """Established connections to a port of this machine."""
    ends = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for end in ends if end[2].endswith(f":{port:04X}") and end[3] == "01")


def asked(secure: int, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    return ask(f"https://127.0.0.1:{secure}{path}", {"Host": NAME, **(headers or {})}, body)


def certificate(work: Path) -> None:
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    files = ["-keyout", str(work / "privkey.pem"), "-out", str(work / "fullchain.pem")]
    subprocess.run(["openssl", "req", *options, *files], check=True, capture_output=True)  # noqa: S603, S607


def nginx_files(work: Path, data: Path, port: int) -> tuple[Path, int, int]:
    """A whole configuration around deploy/nginx.conf, on free ports; raises ValueError for what it lacks."""
    plain, secure = free_port(), free_port()
    text = (ROOT / "deploy/nginx.conf").read_text()
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl"),
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
        ("/etc/ridewatch/tls", str(work)),
        ("/var/lib/ridewatch", str(data)),
        ("/var/log/nginx", str(work)),
    ):
        if old not in text:
            raise ValueError(f"deploy/nginx.conf says nothing of {old}")
        text = text.replace(old, new)
    whole = f"user root;\nerror_log {work}/nginx.log;\npid {work}/nginx.pid;\nevents {{}}\n"
    whole += f"http {{\ninclude /etc/nginx/mime.types;\nclient_body_temp_path {work}/bodies;\n"
    whole += f"proxy_temp_path {work}/answers;\n"
    path = work / "nginx.conf"
    path.write_text(f"{whole}{text}}}\n")
    return path, plain, secure


def caddy(work: Path, tried: Tried) -> None:
    text = (ROOT / "deploy/Caddyfile").read_text().replace("/var/log/caddy", str(work))
    (work / "Caddyfile").write_text(text)
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(work / "Caddyfile")]
    if not shutil.which("caddy"):
        tried.that("caddy is installed", False)
        return
    done = subprocess.run(command, check=False, text=True, capture_output=True)  # noqa: S603
    tried.that(
        "caddy validate", done.returncode == 0, done.stderr.strip().splitlines()[-1:] if done.returncode else ""
    )
