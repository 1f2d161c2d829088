"""`manage.py create_admin_key`: a key for the admin API."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.admin_keys import AdminKey
from core.commands import TeachingCommand, refuse

EXAMPLES = """
examples:
  create_admin_key "night import"
      a key for whatever runs the night's import
  curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8000/api/admin/import/list
      what it is good for

Only a hash of the key is stored, so it is shown this once. Revoke a key in the admin site, under "Admin keys".
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Make a key for /api/admin/* and print it, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="who or what will use it; no two keys share a name")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        try:
            AdminKey._meta.get_field("name").clean(name, None)
            with transaction.atomic():
                _, text = AdminKey.issue(name)
        except ValidationError as error:
            raise refuse(f"NAME: {error.messages[0]}") from error
        except IntegrityError:
            raise refuse(f"NAME: there is a key named {name!r} already; choose another name") from None
        self.stderr.write("Keep this key; it cannot be shown again.")
        self.stdout.write(text)
