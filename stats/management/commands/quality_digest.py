"""`manage.py quality_digest`: the daily mail about the quality of the data (R-22.4)."""

import smtplib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.utils import timezone

from core.commands import TeachingCommand, refuse
from stats.audit.digest import LEAST_OFFENDERS, Digest, digest

EXAMPLES = f"""
examples:
  quality_digest                             send it to QUALITY_DIGEST_TO, if there is enough to report
  quality_digest --print                     show it, and send nothing
  quality_digest --to me@example.org --always   try out EMAIL_URL

The schedule runs it at 16:00 UTC; while QUALITY_DIGEST_TO is empty, which is the default, it sends nothing.
It names entities whose data were at least 24 hours old within the last seven days, other than closed ones, and of
yesterday's awards that cannot be right. A mail is due with {LEAST_OFFENDERS} or more of the former or one of the
latter.
Exit code 0: sent, or nothing to send. 1: the mail server did not take it. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Mail what is stale for long, and awards that cannot be right."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--print", action="store_true", dest="only_print", help="show it, and send nothing")
        parser.add_argument(
            "--to", action="append", metavar="ADDRESS", help="instead of QUALITY_DIGEST_TO; repeatable"
        )
        parser.add_argument("--always", action="store_true", help="however little there is to report")

    def handle(self, *args: Any, **options: Any) -> None:
        recipients = options["to"] or settings.QUALITY_DIGEST_TO
        for address in options["to"] or []:
            try:
                validate_email(address)
            except ValidationError:
                raise refuse(f"--to: {address!r} is not a mail address") from None
        if not recipients and not options["only_print"]:
            self.stdout.write("Nothing sent: QUALITY_DIGEST_TO names nobody.")
            return
        found = digest(timezone.now(), settings.METRICS_VERSION)
        if options["only_print"]:
            self.stdout.write(f"{found.subject}\n\n{found.text}")
        elif found.is_due or options["always"]:
            self.send(found, recipients)
        else:
            self.stdout.write(f"Nothing sent: {len(found.offenders)} stale entities are too few to report.")

    def send(self, found: Digest, recipients: list[str]) -> None:
        try:
            EmailMessage(found.subject, found.text, to=recipients).send()
        except (OSError, smtplib.SMTPException) as error:
            raise CommandError(f"EMAIL_URL: the mail was not taken: {error}", returncode=1) from error
        self.stdout.write(f"Sent to {', '.join(recipients)}: {found.subject}")
