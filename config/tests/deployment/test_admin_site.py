"""The admin site beside the API: it works, and the API knows nothing of sessions and cookies."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.tests.deployment.test_settings import settings_with
from core.web.stored_answers import CachedApplication
from core.web.stored_paths import stored_paths
from core.web.tests.test_cache import ask

pytestmark = pytest.mark.django_db
API = ["/", "/api/health", "/api/parks/downtime", "/api/search/index", "/api/schema/", "/api/docs/", "/api/nowhere"]
every_answer = pytest.mark.parametrize("url", API)


@pytest.fixture
def staff(client) -> Client:
    """A browser in which somebody has logged in at the admin site."""
    User.objects.create_superuser("root", password="open sesame 1")
    response = client.post("/admin/login/", {"username": "root", "password": "open sesame 1", "next": "/admin/"})
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    return client


def test_a_superuser_logs_in_sees_the_site_and_logs_out(staff):
    page = staff.get("/admin/").content.decode()
    assert "Ride classifications" in page
    staff.post("/admin/logout/")
    assert staff.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("url", "menu", "title"),
    [
        ("importer/importcheckpoint", "Imports", "Select import to change"),
        ("snapshots/dataqualitylog", "Data quality", "Select data quality problem to change"),
        ("snapshots/dataqualityissue", "Upstream issues", "Select upstream issue to change"),
    ],
)
def test_menu_and_titles_say_what_operators_say(staff, url, menu, title):
    assert re.search(rf'href="/admin/{url}/"[^>]*>\s*{menu}\s*</a>', staff.get("/admin/").content.decode())
    assert title in staff.get(f"/admin/{url}/").content.decode()


def test_a_wrong_password_lets_nobody_in(client):
    User.objects.create_superuser("root", password="open sesame 1")
    response = client.post("/admin/login/", {"username": "root", "password": "wrong"})
    assert response.status_code == 200
    assert "sessionid" not in response.cookies


def test_a_form_without_its_token_is_refused():
    User.objects.create_superuser("root", password="open sesame 1")
    careful = Client(enforce_csrf_checks=True)
    form = {"username": "root", "password": "open sesame 1"}
    assert careful.post("/admin/login/", form).status_code == 403


def test_cookies_are_for_the_admin_site_alone_and_scripts_cannot_read_the_session(staff):
    session = staff.cookies["sessionid"]
    assert session["path"] == staff.cookies["csrftoken"]["path"] == "/admin/"
    assert session["httponly"]
    assert session["samesite"] == staff.cookies["csrftoken"]["samesite"] == "Strict"


@pytest.mark.parametrize("word", ["true", "false"])
def test_cookies_are_for_https_where_all_is_https(word, monkeypatch):
    found = settings_with(monkeypatch, SECURE_SSL_REDIRECT=word)
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is (word == "true")


@every_answer
def test_the_api_sets_no_cookie_and_does_not_depend_on_one(client, url):
    response = client.get(url)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@every_answer
def test_the_api_answers_those_who_are_logged_in_like_everybody(staff, url):
    known, stranger = staff.get(url), Client().get(url)
    assert known.status_code == stranger.status_code
    assert not known.cookies
    assert "Cookie" not in known.get("Vary", "")


def test_the_api_asks_for_no_session(staff, django_assert_num_queries):
    with django_assert_num_queries(0):
        staff.get("/")


def test_the_cache_in_front_keeps_nothing_of_the_admin_site_and_lets_it_through(settings, tmp_path):
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "data-version", ""  # no other test moves this version
    stored = stored_paths()
    assert all(path.startswith("/api/") for path in (*stored.plain, *(before for before, _ in stored.with_id)))
    assert stored.of("/admin/") is stored.of("/admin/parks/rideclassification/") is None


def test_stored_answers_hold_no_cookie_of_whoever_asked_first(staff, settings, tmp_path):
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "data-version", ""  # no other test moves this version

    def asked_by_staff(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = staff.get(environ["PATH_INFO"])
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
        return [response.content]

    app = CachedApplication(asked_by_staff, 300, "")
    first, kept = ask(app, "/api/search/index"), ask(app, "/api/search/index")
    assert first == kept
    assert first[0] == "200 OK"
    assert "set-cookie" not in first[1]
    assert "cookie" not in first[1].get("vary", "").lower()


def test_pages_that_are_not_there_are_json_as_everywhere(client):
    response = client.get("/admin")
    assert response.status_code == 404
    assert response.json()["success"] is False


def test_the_sites_files_come_from_this_server(staff):
    page = staff.get("/admin/").content.decode()
    loaded = re.findall(r'<(?:link|script|img)[^>]+(?:href|src)="([^"]+)"', page)
    assert [url for url in loaded if url.endswith("styles.css")]
    assert [url for url in loaded if not url.startswith("/")] == []


def test_the_sites_theme_may_evaluate_what_stands_in_its_pages_and_no_other_page_may(staff):
    policy = staff.get("/admin/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "default-src 'none'" in policy
    page = Client().get("/", headers={"Accept": "text/html"})["Content-Security-Policy"]
    assert "unsafe" not in page


@pytest.mark.parametrize("password", ["password", "12345", "root-user"])
def test_weak_passwords_are_refused(password):
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        validate_password(password, User(username="root-user"))
