"""Keys of the admin API: shown once, hashed at rest, 401 without one, 403 with a wrong one (design §6)."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from core.admin_keys import AdminKey
from core.api.admin_access import AdminViewSet, Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Secret(AdminViewSet):
    def retrieve(self, request: Request) -> Response:
        assert isinstance(request.auth, AdminKey)
        return Response({"for": request.auth.name})

    def refuse(self, request: Request) -> Response:
        raise Refused(409, "Import already in progress", import_id="imp_1")


def ask(authorization: str | None = None, action: str = "retrieve", method: str = "get") -> Response:
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    request = getattr(APIRequestFactory(), method)("/api/admin/secret", **headers)
    return Secret.as_view({"get": action})(request)


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_admin_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


# -- keys --------------------------------------------------------------------------------------------------


def test_the_command_prints_a_key_that_opens_the_admin_api():
    answer = ask(f"Bearer {create('night import')}")
    assert (answer.status_code, answer.data) == (200, {"for": "night import"})


def test_only_a_hash_of_the_key_is_stored():
    text = create("night import")
    stored = AdminKey.objects.values().get()
    secret = text.rsplit("_", 1)[1]
    assert len(secret) == 64
    assert not [value for value in stored.values() if secret in str(value)]


def test_no_two_keys_are_alike():
    assert create("one") != create("two")


@pytest.mark.parametrize(("name", "reported"), [("  ", "NAME"), ("x" * 101, "NAME"), ("taken", "'taken'")])
def test_a_name_that_cannot_be_used_is_reported(name, reported):
    AdminKey.issue("taken")
    with pytest.raises(CommandError, match=reported) as raised:
        create(name)
    assert raised.value.returncode == 2
    assert AdminKey.objects.count() == 1


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit):
        call_command("create_admin_key", "--help")
    assert "Authorization: Bearer" in capsys.readouterr().out


def test_the_last_use_is_noted_once_a_minute(django_assert_num_queries):
    key, text = AdminKey.issue("one")
    for now, noted in [
        (NOW, NOW),
        (NOW + timedelta(seconds=59), NOW),
        (NOW + timedelta(seconds=61), NOW + timedelta(seconds=61)),
    ]:
        assert AdminKey.find(text, now) == key
        key.refresh_from_db()
        assert key.last_used_at == noted


def test_a_revoked_key_stays_revoked_since_when_it_was():
    key, text = AdminKey.issue("one")
    assert key.revoke()
    key.refresh_from_db()
    first = key.revoked_at
    assert not key.revoke()
    key.refresh_from_db()
    assert key.revoked_at == first
    assert AdminKey.find(text, timezone.now()) is None


# -- the way in --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer  ", "Basic YTpi", "rw_1_2"])
def test_without_a_key_it_is_401_and_says_what_is_needed(authorization):
    answer = ask(authorization)
    assert answer.status_code == 401
    assert answer.data["success"] is False
    assert "Authorization: Bearer" in answer.data["error"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_with_a_wrong_key_it_is_403():
    key, text = AdminKey.issue("one")
    other, _ = AdminKey.issue("two")
    secret = text.rsplit("_", 1)[1]
    wrong = [
        text + "0",
        text[:-1],
        text.upper(),
        f"rw_{key.public_id}_",
        f"rw_{other.public_id}_{secret}",
        f"xx_{key.public_id}_{secret}",
        secret,
        "\xff",
        "rw_ÿ_ÿ",
        "x" * 5_000,
    ]
    for each in wrong:
        answer = ask(f"Bearer {each}")
        assert (answer.status_code, answer.data["success"]) == (403, False), each
    assert ask(f"bearer {text}").status_code == 200


def test_with_a_revoked_key_it_is_403():
    key, text = AdminKey.issue("one")
    key.revoke()
    assert ask(f"Bearer {text}").status_code == 403


def test_a_method_that_does_not_exist_is_reported_to_key_holders_alone():
    assert ask(method="delete").status_code == 401
    assert ask(f"Bearer {AdminKey.issue('one')[1]}", method="delete").status_code == 405


def test_nobody_keeps_answers_of_the_admin_api():
    assert ask(f"Bearer {AdminKey.issue('one')[1]}")["Cache-Control"] == "no-store"
    assert ask()["Cache-Control"] == "no-store"


def test_an_error_may_say_more_than_its_text():
    answer = ask(f"Bearer {AdminKey.issue('one')[1]}", "refuse")
    assert answer.status_code == 409
    assert answer.data == {"success": False, "error": "Import already in progress", "import_id": "imp_1"}


# -- the admin site ----------------------------------------------------------------------------------------


def test_keys_are_listed_and_revoked_in_the_admin_site(client):
    client.force_login(User.objects.create_superuser("admin"))
    key, text = AdminKey.issue("night import")
    page = client.get("/admin/parks/adminkey/").content.decode()
    assert key.public_id in page
    assert key.digest not in page
    client.post("/admin/parks/adminkey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert AdminKey.find(text, timezone.now()) is None


@pytest.mark.parametrize("page", ["add/", "1/delete/"])
def test_keys_are_neither_made_nor_deleted_there(client, page):
    client.force_login(User.objects.create_superuser("admin"))
    key, _ = AdminKey.issue("night import")
    assert client.get(f"/admin/parks/adminkey/{page.replace('1', str(key.pk))}").status_code == 403
