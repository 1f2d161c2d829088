"""One-time codes beside the passwords of the admin site."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.checks import second_factors_are_asked_for
from core.tests.forgetting import forget_cached
from core.web.second_factor import PATH, WRONG, new_codes
from parks.tests.factories import ParkFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PASSWORD = "open sesame 1"


@pytest.fixture(autouse=True)
def clock() -> Any:
    forget_cached()  # of those who were locked out
    with time_machine.travel(NOW, tick=False) as moving:
        yield moving
    forget_cached()


@pytest.fixture
def user() -> User:
    return User.objects.create_superuser("ann", password=PASSWORD)


@pytest.fixture
def device(user) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="device")


def code_of(device: TOTPDevice) -> str:
    return f"{totp(device.bin_key, step=device.step):06}"


def log_in(client: Client, code: str = "", password: str = PASSWORD) -> Any:
    form = {"username": "ann", "password": password, "code": code, "next": "/admin/"}
    return client.post("/admin/login/", form)


def may_enter(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_while_it_is_off_nobody_is_asked_and_nothing_can_be_set_up(client, device):
    page = client.get("/admin/login/")
    assert "code" not in page.context["form"].fields
    assert '<input type="hidden" name="next" value="/admin/">' in page.content.decode()
    assert log_in(client).status_code == 302
    assert may_enter(client)
    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize("word", ["optional", "required"])
def test_who_has_a_device_gets_in_with_password_and_code_alone(client, settings, device, clock, word):
    settings.ADMIN_TOTP = word
    assert 'name="code"' in client.get("/admin/login/").content.decode()
    for code, password in (("", PASSWORD), ("000000", PASSWORD), (code_of(device), "wrong")):
        answer = log_in(client, code, password)
        assert answer.status_code == 200
        assert WRONG in answer.content.decode(), "it says not which of the two was wrong"
        assert not may_enter(client)
        clock.shift(60)  # the device waits after a wrong one
    assert log_in(client, code_of(device)).status_code == 302
    assert may_enter(client)


def test_a_code_counts_once(client, settings, device):
    settings.ADMIN_TOTP = "optional"
    code = code_of(device)
    assert log_in(client, code).status_code == 302
    assert log_in(Client(), code).status_code == 200


def test_wrong_codes_lock_out_like_wrong_passwords(client, settings, device, clock):
    settings.ADMIN_TOTP = "optional"
    for _ in range(5):
        log_in(client, "000000")
    assert log_in(client, code_of(device)).status_code == 429


def test_a_code_of_somebody_else_is_none(client, settings, device):
    settings.ADMIN_TOTP = "optional"
    other = TOTPDevice.objects.create(user=User.objects.create_superuser("ben", password=PASSWORD), name="device")
    assert log_in(client, code_of(other)).status_code == 200


def test_a_spare_code_opens_once(client, settings, user, device):
    settings.ADMIN_TOTP = "optional"
    code = new_codes(user)[0]
    assert log_in(client, f" {code.upper()} ").status_code == 302
    assert log_in(Client(), code).status_code == 200
    assert StaticToken.objects.count() == 9


def test_where_one_is_required_who_has_none_sets_it_up_before_anything_else(client, settings, user, clock):
    settings.ADMIN_TOTP = "required"
    assert log_in(client)["Location"] == "/admin/"
    for path in ("/admin/", "/admin/parks/park/"):
        assert client.get(path)["Location"] == PATH
    park = ParkFactory.create()
    assert (
        client.post("/admin/parks/park/", {"action": "switch_off", "_selected_action": [park.pk]}).status_code == 302
    )
    page = client.get(PATH).content.decode()
    found = TOTPDevice.objects.get(confirmed=False)
    assert "otpauth://totp/Ridewatch" in page
    assert client.get(PATH).content.decode().count(page[page.index('id="secret"') :][:40]) == 1, "it stays the same"
    assert "That was not its code" in client.post(PATH, {"code": "000000"}).content.decode()
    assert client.get("/admin/")["Location"] == PATH
    clock.shift(60)
    page = client.post(PATH, {"code": code_of(found)}).content.decode()
    codes = list(StaticToken.objects.values_list("token", flat=True))
    assert len(codes) == 10
    assert all(code in page for code in codes)
    assert may_enter(client)
    assert codes[0] not in client.get(PATH).content.decode(), "they are shown once"


def test_a_session_from_before_the_device_has_to_log_in_again(client, settings, user):
    settings.ADMIN_TOTP = "optional"
    log_in(client)
    assert may_enter(client)
    TOTPDevice.objects.create(user=user, name="device")
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_strangers_and_users_without_the_admin_site_set_nothing_up(client, settings):
    settings.ADMIN_TOTP = "required"
    assert client.get(PATH)["Location"].startswith("/admin/login/")
    client.force_login(User.objects.create_user("eve", password=PASSWORD))
    assert client.get(PATH)["Location"].startswith("/admin/login/")
    assert not TOTPDevice.objects.exists()


def test_the_secrets_of_devices_are_on_no_page_of_the_site(admin_client):
    assert admin_client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert "totp" not in admin_client.get("/admin/").content.decode().lower()


# -- the command and the check ---------------------------------------------------------------------------------


def said(*arguments: str) -> str:
    from io import StringIO

    out = StringIO()
    call_command("admin_totp", *arguments, stdout=out)
    return out.getvalue()


def test_who_lost_the_device_gets_in_again_after_a_reset(client, settings, user, device):
    settings.ADMIN_TOTP = "optional"
    new_codes(user)
    assert "a device, 10 spare codes" in said("ann")
    assert said("ann", "--reset").startswith("1 devices forgotten")
    assert "no device" in said()
    assert log_in(client).status_code == 302
    assert not StaticToken.objects.exists()


def test_new_spare_codes_take_the_place_of_the_old_ones(client, settings, user, device):
    settings.ADMIN_TOTP = "optional"
    old, new = new_codes(user), said("ann", "--codes").split()
    assert len(new) == 10
    assert log_in(client, old[0]).status_code == 200
    assert set(StaticToken.objects.values_list("token", flat=True)) == set(new)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--reset",), 2), (("ann", "--reset", "--codes"), 2), (("nobody",), 1), (("ann", "--codes"), 1)],
)
def test_the_command_refuses_what_it_cannot_do(user, arguments, code):
    with pytest.raises(CommandError) as caught:
        said(*arguments)
    assert caught.value.returncode == code


def test_the_check_names_who_lacks_what_is_required_or_is_not_asked(settings, device):
    User.objects.create_superuser("ben", password=PASSWORD)
    found = {}
    for word in ("off", "optional", "required"):
        settings.ADMIN_TOTP = word
        found[word] = [message.msg for message in second_factors_are_asked_for(None, ["default"])]
    assert found["off"] == ["1 administrators have set up a second factor that nobody asks for: ann."]
    assert found["optional"] == []
    assert found["required"] == ["1 administrators have no second factor yet: ben."]
    assert second_factors_are_asked_for(None, None) == []
