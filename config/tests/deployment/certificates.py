"""Certificates of a CA of one's own, as an operator makes them with openssl."""

import subprocess
from pathlib import Path

import pytest


def openssl(where: Path, *arguments: str) -> None:
    try:
        subprocess.run(["openssl", *arguments], cwd=where, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("no openssl")


def make_authority(where: Path, name: str) -> Path:
    """`name.key` and `name.pem` of a new CA; returns the latter."""
    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    request = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    openssl(where, *request, *extensions, "-keyout", f"{name}.key", "-out", f"{name}.pem")
    return where / f"{name}.pem"


def make_certificate(where: Path, authority: str, name: str, alternative: str) -> tuple[Path, Path]:
    """A server's certificate and key, signed by `authority`; `alternative` such as `IP:127.0.0.1`."""
    (where / "server.ext").write_text(f"subjectAltName={alternative}\n")
    key = ("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr")
    openssl(where, *key, "-subj", f"/CN={name}")
    signed = ("x509", "-req", "-in", "server.csr", "-out", "server.pem", "-days", "2", "-extfile", "server.ext")
    openssl(where, *signed, "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial")
    (where / "server.key").chmod(0o644)  # the server may run as another user
    return where / "server.pem", where / "server.key"
