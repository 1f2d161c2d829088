"""deploy/Containerfile built in chroots, and the services of deploy/compose.yaml run in what it builds."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from deploy.containerfile import Builder, Stage, entered, size_of
from deploy.tried import ROOT, Tried, ask, comes_true, free_port, running

LARGEST = 600 * 1_048_576


def check(work: Path, tried: Tried) -> None:
    builder = Builder(ROOT, work / "image")
    builder.work.mkdir()
    image = builder.build((ROOT / "deploy/Containerfile").read_text())
    size = size_of(image)
    tried.that(f"the image has at most {LARGEST >> 20} MB", size <= LARGEST, f"{size >> 20} MB")
    tried.that("it runs as an ordinary user", image.user not in ("root", "0"), image.user)
    as_compose_does(image)
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    port = free_port()
    image.variables |= {**environment(), "GRANIAN_PORT": str(port), "GRANIAN_HOST": "127.0.0.1"}
    prepared = builder.inside(services["prepare"]["command"])
    tried.that("prepare: migrate, collectstatic", prepared.returncode == 0)
    web(image, builder, port, work, tried)
    for name, words in (("clock", "run_jobs"), ("worker", "ready.")):
        service(name, services[name], words, image, work, tried)


def as_compose_does(image: Stage) -> None:
    """A root that nobody can write, with /tmp and the volume apart."""
    data = image.variables["DATA_DIR"]
    mount("--bind", str(image.root), str(image.root))
    mount("-o", "remount,ro,bind", str(image.root))
    mount("-t", "proc", "proc", f"{image.root}/proc")
    mount("--rbind", "/dev", f"{image.root}/dev")
    mount("-t", "tmpfs", "tmpfs", f"{image.root}/tmp")  # noqa: S108
    mount("-t", "tmpfs", "-o", "mode=755,uid=10001,gid=10001", "tmpfs", f"{image.root}{data}")


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)  # noqa: S603, S607


def environment() -> dict[str, str]:
    """deploy/ridewatch.env.example with this machine's database, broker and key."""
    lines = (ROOT / "deploy/ridewatch.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return given | {
        "SECRET_KEY": "a-key-of-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
        "DATABASE_URL": os.environ["DEPLOY_DATABASE_URL"],
        "REDIS_URL": os.environ["DEPLOY_REDIS_URL"],
    }


def web(image: Stage, builder: Builder, port: int, work: Path, tried: Tried) -> None:
    began = time.monotonic()
    with running(entered(image, image.settings["CMD"], {}), work / "image-web.log") as process:
        probe = entered(image, image.settings["HEALTHCHECK"], {})
        is_healthy = comes_true(lambda: subprocess.run(probe, check=False, capture_output=True).returncode == 0, 60)  # noqa: S603
        tried.that("web: HEALTHCHECK", is_healthy, f"after {time.monotonic() - began:.0f} s")
        users = {
            line.split()[1]
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
            if line[:4] == "Uid:"
        }
        tried.that("web: not root", "0" not in users, users)
        headers = {"Host": environment()["ALLOWED_HOSTS"], "X-Forwarded-Proto": "https"}
        found = [ask(f"http://127.0.0.1:{port}{path}", headers).status for path in ("/api/health", "/", "/readyz")]
        tried.that("web: answers", found == [200, 200, 200], found)
        process.terminate()
        tried.that("web: ends when it is told to", comes_true(lambda: process.poll() is not None, 10))
    dead = subprocess.run(probe, check=False, capture_output=True).returncode  # noqa: S603
    tried.that("web: HEALTHCHECK of a dead one fails", dead != 0, f"exit code {dead}")


def service(name: str, how: dict[str, Any], words: str, image: Stage, work: Path, tried: Tried) -> None:
    log = work / f"image-{name}.log"
    with running(entered(image, how["command"], {}), log) as process:
        speaks = comes_true(lambda: words in log.read_text() or process.poll() is not None, 60)
        time.sleep(3)
        tried.that(
            f"{name}: runs", speaks and process.poll() is None, log.read_text()[-400:] if process.poll() else ""
        )
        process.terminate()
        tried.that(f"{name}: ends when it is told to", comes_true(lambda: process.poll() is not None, 20))
