"""One-time codes beside the passwords of the admin site (`ADMIN_TOTP`: off, optional, required).

Who has set up a device is asked for its code at each login, together with the password; no answer says which of them
was wrong. Where a code is required, who has no device yet gets to the page that sets one up, and no further. Wrong
codes count for the lock-out (core/web/login_limits.py), and each makes the device wait twice as long.
"""

from collections.abc import Callable
from typing import Any

import django_otp
from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

PATH = "/admin/second-factor/"
FREE = ("/admin/login/", "/admin/logout/", "/admin/jsi18n/", PATH)
CODES = 10  # spare ones, for who has lost the device
WRONG = "Please enter the correct username, password and, where you have set one up, code."


def devices_of(user: Any, token: str) -> Any:
    """Those that a code may belong to: six digits are of a device, all else is a spare code."""
    kind = TOTPDevice if token.isdigit() and len(token) == 6 else StaticDevice
    return kind.objects.filter(user=user, confirmed=True)


def has_device(user: Any) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def verified(user: Any, text: str) -> Any:
    """The device whose code this is, now used up; None: it is nobody's."""
    token = text.replace(" ", "").lower()
    found = (django_otp.verify_token(user, each.persistent_id, token) for each in devices_of(user, token))
    return next((device for device in found if device is not None), None)


class LoginForm(AuthenticationForm):
    error_messages = {**AuthenticationForm.error_messages, "invalid_login": WRONG}
    code = forms.CharField(
        required=False,
        max_length=20,
        help_text="Of your device, or a spare one; empty if you have set up none.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.ADMIN_TOTP == "off":
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean()
        user: Any = self.get_user()
        if user is not None and settings.ADMIN_TOTP != "off" and has_device(user):
            user.otp_device = verified(user, said.get("code", ""))
            if user.otp_device is None:
                raise ValidationError(WRONG, code="invalid_login")
        return said


class SecondFactorMiddleware:
    """Keeps out of the admin site who has a device and has not shown it, and, where one is required, who has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.ADMIN_TOTP == "off" or not request.path.startswith("/admin/") or request.path in FREE:
            return self.get_response(request)
        user: Any = request.user
        if not user.is_authenticated or user.is_verified():
            return self.get_response(request)
        if has_device(user):  # set up elsewhere, since this session began
            logout(request)
            return HttpResponseRedirect(reverse("admin:login"))
        return HttpResponseRedirect(PATH) if settings.ADMIN_TOTP == "required" else self.get_response(request)


@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """The page that sets up a device: its secret, until a first code shows that it is known; then the spare codes."""
    user: Any = request.user
    if settings.ADMIN_TOTP == "off":
        raise Http404
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return HttpResponseRedirect(f"{reverse('admin:login')}?next={PATH}")
    if has_device(user):
        return render(request, "core/second_factor.html", {"is_done": True})
    with transaction.atomic():
        device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "device"})
    code = request.POST.get("code", "").replace(" ", "")[:20] if request.method == "POST" else ""
    if code and django_otp.verify_token(user, device.persistent_id, code):
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        device.refresh_from_db()
        django_otp.login(request, device)
        return render(request, "core/second_factor.html", {"codes": new_codes(user)})
    context = {"secret": secret_of(device), "url": device.config_url, "is_wrong": request.method == "POST"}
    return render(request, "core/second_factor.html", context)


def secret_of(device: TOTPDevice) -> str:
    """As people type it into a device that cannot follow the link: base32, in groups of four."""
    text = device.config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


@transaction.atomic
def new_codes(user: AbstractBaseUser) -> list[str]:
    """Spare codes, in the place of those from before."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="spare codes")
    codes = [StaticToken.random_token() for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


@transaction.atomic
def forget_devices(user: AbstractBaseUser) -> int:
    """Of a user who has lost his: only the password is asked then. Returns how many there were."""
    found: int = TOTPDevice.objects.filter(user=user, confirmed=True).count()
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    return found
