"""The steps of a Containerfile, and running them in Debian chroots as a container engine would."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

MIRROR = "http://deb.debian.org/debian"
SLIM_WITHOUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")
AT_RUN = ("VOLUME", "EXPOSE")  # they say something to the engine alone
# What an engine gives a build from its machine besides: names, and whom to trust.
FROM_THE_MACHINE = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
CERTIFICATES = "/tmp/certificates.crt"  # noqa: S108  (inside the chroot)


class Step(NamedTuple):
    instruction: str
    text: str


@dataclass
class Stage:
    """A file system that is being built. `settings`: HEALTHCHECK and CMD, as lists of words."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str = "root"
    settings: dict[str, list[str]] = field(default_factory=dict)


def steps_of(text: str) -> Iterator[Step]:
    """The instructions in order; raises ValueError for what no instruction is."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        instruction, _, rest = line.partition(" ")
        if not instruction.isalpha() or not rest.strip():
            raise ValueError(f"no instruction: {line}")
        yield Step(instruction.upper(), rest.strip())


class Builder:
    """Builds all stages; the last one is the image. Needs root, and a mount namespace of its own."""

    def __init__(self, context: Path, work: Path) -> None:
        self.context, self.work = context, work
        self.stages: dict[str, Stage] = {}
        self.stage = Stage(work)

    def build(self, text: str) -> Stage:
        """Raises CalledProcessError for a step that fails, ValueError for one that is not known here."""
        for step in steps_of(text):
            print(f"  {step.instruction} {step.text[:100]}", flush=True)
            if step.instruction in AT_RUN:
                continue
            acts = {
                "FROM": self.begin, "RUN": self.run, "COPY": self.copy, "ENV": self.env, "WORKDIR": self.workdir,
                "USER": self.user, "HEALTHCHECK": self.healthcheck, "CMD": self.cmd,
            }  # fmt: skip
            if step.instruction not in acts:
                raise ValueError(f"{step.instruction} is not known to script/deploy-test")
            acts[step.instruction](step.text)
        return self.stage

    def base(self, suite: str) -> Path:
        """A minimal Debian of the suite, made once."""
        root = self.work / f"base-{suite}"
        if not root.exists():
            command = ["debootstrap", "--variant=minbase", suite, str(root), MIRROR]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            for left_out in SLIM_WITHOUT:
                shutil.rmtree(root / left_out)
        return root

    def from_(self, image: str, name: str) -> None:
        found = re.fullmatch(r"debian:(\w+)-slim", image)
        if not found:
            raise ValueError(f"FROM {image}: only debian:SUITE-slim can be made here")
        root = self.work / name
        subprocess.run(["cp", "-a", str(self.base(found[1])), str(root)], check=True)  # noqa: S603, S607
        for each in ("proc", "dev"):
            source = ["-t", "proc", "proc"] if each == "proc" else ["--rbind", "/dev"]
            subprocess.run(["mount", *source, str(root / each)], check=True)  # noqa: S603, S607
        shutil.copy(FROM_THE_MACHINE[0], root / "etc/resolv.conf")
        shutil.copy(FROM_THE_MACHINE[1], root / CERTIFICATES[1:])
        self.stage = self.stages[name] = Stage(root)

    def run(self, text: str) -> None:
        trusted = {"PIP_CERT": CERTIFICATES} if self.stage.user == "root" else {}
        self.inside(["sh", "-c", text], trusted).check_returncode()

    def inside(
        self, command: list[str], variables: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in the stage and wait; its output is shown when it fails."""
        done = subprocess.run(  # noqa: S603
            entered(self.stage, command, variables or {}), check=False, text=True, capture_output=True
        )
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", flush=True)
        return done

    def copy(self, text: str) -> None:
        *options, source, target = shlex.split(text)
        into = self.stage.root / os.path.join(self.stage.directory, target).lstrip("/")
        into.mkdir(parents=True, exist_ok=True)
        if options:
            other = self.stages[options[0].removeprefix("--from=")].root / source.lstrip("/")
            subprocess.run(["cp", "-a", f"{other}/.", str(into)], check=True)  # noqa: S603, S607
            return
        listed = subprocess.run(  # noqa: S603
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", source],  # noqa: S607
            cwd=self.context, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            path = into / Path(name).relative_to(source)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.context / name, path)

    def env(self, text: str) -> None:
        self.stage.variables |= dict(pair.split("=", 1) for pair in shlex.split(text))

    def workdir(self, text: str) -> None:
        self.stage.directory = text
        (self.stage.root / text[1:]).mkdir(parents=True, exist_ok=True)

    def user(self, text: str) -> None:
        self.stage.user = text

    def healthcheck(self, text: str) -> None:
        self.stage.settings["HEALTHCHECK"] = json.loads(text.partition(" CMD ")[2])

    def cmd(self, text: str) -> None:
        self.stage.settings["CMD"] = json.loads(text)

    def begin(self, text: str) -> None:
        image, _, name = text.partition(" AS ")
        self.from_(image, name or "image")


def entered(stage: Stage, command: list[str], variables: Mapping[str, str]) -> list[str]:
    """The words that run a command inside, as the stage's user, in its directory, with its variables alone."""
    path = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    given = [f"{name}={value}" for name, value in {**path, **stage.variables, **variables}.items()]
    words = f'cd {shlex.quote(stage.directory)} && exec "$@"'
    return [
        "chroot",
        f"--userspec={stage.user}",
        str(stage.root),
        "env",
        "-i",
        *given,
        "sh",
        "-c",
        words,
        "-",
        *command,
    ]


def size_of(stage: Stage) -> int:
    """Bytes on disk, without what is mounted."""
    counted = subprocess.run(["du", "-sxk", str(stage.root)], check=True, capture_output=True, text=True)  # noqa: S603, S607
    return int(counted.stdout.split()[0]) * 1024
