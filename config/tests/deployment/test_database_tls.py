"""A connection is encrypted, and to the server we mean, when DATABASE_URL asks for it; or there is none."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from config.tests.deployment.certificates import make_authority, make_certificate
from config.tests.deployment.private_mariadb import Mariadb, directory, running
from config.tests.deployment.test_settings import settings_with
from config.tests.processes import manage

MODES = ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"]
REFUSED = 2026  # the client library's code of all TLS errors
LOCAL_NAMES_UNCHECKED = (3, 4)  # from here on MariaDB's library takes the name of a local address as given


@pytest.fixture(scope="module")
def authorities() -> Iterator[Path]:
    """A directory with `ours.pem`, the CA of the servers, and `other.pem`."""
    with directory() as where:
        make_authority(where, "ours")
        make_authority(where, "other")
        yield where


@pytest.fixture(scope="module")
def servers(authorities: Path) -> Iterator[dict[str, Mariadb]]:
    """Servers `with` TLS, with the certificate of another name (`elsewhere`), and `without` TLS."""
    with ExitStack() as stack:
        started = {"without": stack.enter_context(running("--skip-ssl"))}
        for name, subject in (("with", "IP:127.0.0.1,DNS:localhost"), ("elsewhere", "DNS:db.example.org")):
            where = stack.enter_context(directory())
            for file in authorities.iterdir():
                (where / file.name).write_bytes(file.read_bytes())
            certificate, key = make_certificate(where, "ours", "server", subject)
            options = {"ca": where / "ours.pem", "cert": certificate, "key": key}
            server = running(*(f"--ssl-{kind}={path}" for kind, path in options.items()))
            started[name] = stack.enter_context(server)
        yield started


@pytest.fixture
def connect(monkeypatch, django_db_blocker):
    """A function from a URL to the cipher of a connection that Django makes to it ("": none)."""
    opened = []

    def to(url: str) -> str:
        settings = settings_with(monkeypatch, DATABASE_URL=url)["DATABASES"]["default"]
        connection = ConnectionHandler({"default": settings})["default"]
        opened.append(connection)
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            return cursor.fetchone()[1]

    with django_db_blocker.unblock():
        yield to
        for connection in opened:
            connection.close()


@pytest.mark.mariadb
def test_without_the_wish_a_connection_is_plain(connect, servers):
    assert connect(servers["without"].url) == ""


@pytest.mark.mariadb
@pytest.mark.parametrize("mode", MODES)
def test_it_is_encrypted_and_verified_by_the_ca_of_the_url(mode, connect, servers, authorities):
    assert connect(f"{servers['with'].url}?ssl-mode={mode}&ssl-ca={authorities}/ours.pem").startswith("TLS_")


@pytest.mark.mariadb
def test_required_alone_encrypts(connect, servers):
    assert connect(f"{servers['with'].url}?ssl-mode=REQUIRED").startswith("TLS_")


@pytest.mark.mariadb
@pytest.mark.parametrize("mode", ["", *MODES])
def test_a_server_of_another_ca_is_refused(mode, connect, servers, authorities):
    asked = f"ssl-mode={mode}&" if mode else ""
    with pytest.raises(OperationalError) as caught:
        connect(f"{servers['with'].url}?{asked}ssl-ca={authorities}/other.pem")
    assert caught.value.args[0] == REFUSED


@pytest.mark.mariadb
@pytest.mark.parametrize("mode", ["VERIFY_CA", "VERIFY_IDENTITY"])
def test_a_ca_that_the_machine_does_not_know_is_refused(mode, connect, servers):
    with pytest.raises(OperationalError) as caught:
        connect(f"{servers['with'].url}?ssl-mode={mode}")
    assert caught.value.args[0] == REFUSED


@pytest.mark.mariadb
@pytest.mark.parametrize("ca", ["", "&ssl-ca={}/ours.pem"])
@pytest.mark.parametrize("mode", MODES)
def test_a_server_without_tls_is_refused(mode, ca, connect, servers, authorities):
    with pytest.raises(OperationalError, match="server does not support it") as caught:
        connect(f"{servers['without'].url}?ssl-mode={mode}{ca.format(authorities)}")
    assert caught.value.args[0] == REFUSED


@pytest.mark.mariadb
def test_a_ca_alone_asks_for_tls_too(connect, servers, authorities):
    with pytest.raises(OperationalError, match="server does not support it"):
        connect(f"{servers['without'].url}?ssl-ca={authorities}/ours.pem")


@pytest.mark.mariadb
def test_a_server_of_another_name_is_refused(connect, servers, authorities):
    driver = pytest.importorskip("MySQLdb")
    library = tuple(int(part) for part in driver.get_client_info().split(".")[:2])
    if LOCAL_NAMES_UNCHECKED <= library < (8, 0):
        pytest.skip("this client library does not check the names of local servers")
    with pytest.raises(OperationalError) as caught:
        connect(f"{servers['elsewhere'].url}?ssl-mode=VERIFY_IDENTITY&ssl-ca={authorities}/ours.pem")
    assert caught.value.args[0] == REFUSED


@pytest.mark.mariadb
def test_commands_report_a_refusal_in_one_line(servers, authorities, tmp_path):
    url = f"{servers['without'].url}?ssl-mode=REQUIRED"
    ended = manage("jobs", DATABASE_URL=url, DATA_DIR=str(tmp_path))
    assert ended.returncode == 1
    (line,) = ended.stderr.strip().splitlines()
    assert "TLS is required by ssl-mode, but the server does not support it" in line
    assert servers["without"].url.split(":")[2].split("@")[0] not in line, "the password"


# -- the URL's words ----------------------------------------------------------------------------------------


def options(monkeypatch: pytest.MonkeyPatch, query: str) -> dict[str, Any]:
    url = f"mysql://rw:pw@db.example.org/rw?{query}"
    found: dict[str, Any] = settings_with(monkeypatch, DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]
    return {name: value for name, value in found.items() if name.startswith("ssl")}


@pytest.fixture
def pem(tmp_path) -> Path:
    path: Path = tmp_path / "ca.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\n")
    return path


def test_a_ca_alone_or_with_required_means_that_it_is_checked(monkeypatch, pem):
    expected = {"ssl_mode": "VERIFY_CA", "ssl": {"ca": str(pem)}}
    assert options(monkeypatch, f"ssl-ca={pem}") == expected
    assert options(monkeypatch, f"ssl-ca={pem}&ssl-mode=REQUIRED") == expected
    assert options(monkeypatch, f"ssl_ca={pem}&ssl_mode=verify_ca") == expected, "underscores and small letters too"


def test_a_client_certificate_goes_along(monkeypatch, pem):
    found = options(monkeypatch, f"ssl-mode=VERIFY_IDENTITY&ssl-ca={pem}&ssl-cert={pem}&ssl-key={pem}")
    assert found == {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": str(pem), "cert": str(pem), "key": str(pem)}}


def test_nothing_is_asked_of_a_url_without_parameters(monkeypatch):
    assert options(monkeypatch, "") == {}
    assert options(monkeypatch, "ssl-mode=DISABLED") == {"ssl_mode": "DISABLED"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("ssl-mode=YES", "ssl-mode of DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY, not 'YES'"),
        ("ssl-mode=PREFERRED", "not 'PREFERRED'"),  # MariaDB's library would take it for DISABLED
        ("ssl-mode=", "not ''"),
        ("ssl-ca=/nowhere/ca.pem", "readable PEM file with ssl-ca, not '/nowhere/ca.pem'"),
        ("ssl-ca=/", "readable PEM file with ssl-ca"),
        (f"ssl-ca={__file__}", "readable PEM file with ssl-ca"),
        ("ssl-ca=", "readable PEM file with ssl-ca"),
        ("ssl-mode=DISABLED&ssl-ca={pem}", "must not name TLS files with ssl-mode=DISABLED"),
        ("ssl-cert={pem}", "ssl-cert and ssl-key together"),
        ("ssl-cipher=AES", "knows ssl-mode, ssl-ca, ssl-cert and ssl-key, not 'ssl_cipher'"),
        ("sslmode=require", "not 'sslmode'"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_before_any_connection(query, message, monkeypatch, pem):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL ") as caught:
        options(monkeypatch, query.format(pem=pem))
    assert message in str(caught.value)
    assert "pw" not in str(caught.value)
