"""`manage.py admin_totp`: who has a second factor, and what to do when it is lost."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django_otp.plugins.otp_static.models import StaticToken

from core.commands import TeachingCommand, refuse
from core.web.second_factor import PATH, forget_devices, has_device, new_codes

EXAMPLES = """
examples:
  admin_totp              every user of the admin site, and whether a device is set up
  admin_totp ann --codes  ten new spare codes; those from before are void
  admin_totp ann --reset  ann has lost the device: only the password is asked, until another one is set up

ADMIN_TOTP (off, optional, required) says whether codes are asked; a device is set up at /admin/second-factor/.
Exit code 0: done. 1: there is no such user, or no device. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "List the second factors of the admin site's users, make spare codes, forget a lost device."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", help="name of the user; nobody: list them all")
        parser.add_argument("--codes", action="store_true", help="make ten new spare codes")
        parser.add_argument("--reset", action="store_true", help="forget the user's devices and spare codes")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["codes"] and options["reset"]:
            raise refuse("--codes and --reset exclude each other")
        users = get_user_model().objects.filter(is_staff=True)
        if options["user"] is None:
            if options["codes"] or options["reset"]:
                raise refuse("--codes and --reset need the name of a user")
            self.stdout.write(f"ADMIN_TOTP is {settings.ADMIN_TOTP}.")
            for each in users.order_by("username"):
                self.stdout.write(f"{each.get_username():30} {state_of(each)}")
            return
        user = users.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"{options['user']!r} is no user of the admin site", returncode=1)
        if options["reset"]:
            count = forget_devices(user)
            self.stdout.write(f"{count} devices forgotten; another one is set up at {PATH}")
        elif options["codes"]:
            if not has_device(user):
                raise CommandError(f"{user} has no device; it is set up at {PATH}", returncode=1)
            self.stdout.write("\n".join(new_codes(user)))
        else:
            self.stdout.write(f"{user.get_username()}: {state_of(user)}")


def state_of(user: Any) -> str:
    if not has_device(user):
        return "no device"
    return f"a device, {StaticToken.objects.filter(device__user=user).count()} spare codes"
