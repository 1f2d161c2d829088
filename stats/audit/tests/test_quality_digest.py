"""The daily mail about the quality of the data: whom it goes to, when it is due, what it says (R-22.4)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from snapshots.tests.factories import IssueFactory
from stats.audit import digest as digests
from stats.audit.digest import Digest, offenders
from stats.audit.plausibility import Problem, ProblemCategory, Severity
from stats.tests.builders import make_park

pytestmark = pytest.mark.django_db
A_DAY, MONTH = 24 * 60, 30 * 24 * 60
PROBLEM = Problem(ProblemCategory.NEGATIVE_WAIT, Severity.CRITICAL, "Space Mountain: -5 minutes")


@pytest.fixture(autouse=True)
def _to_somebody(settings, monkeypatch):
    settings.QUALITY_DIGEST_TO = ["ops@example.org"]
    monkeypatch.setattr(digests, "implausible_awards", lambda scope: [])


def run(*options):
    out = StringIO()
    call_command("quality_digest", *options, stdout=out)
    return out.getvalue()


def stale(number=1, minutes=A_DAY, **columns):
    for n in range(number):
        reported = {"entity_name": f"Ride {n}", "themeparks_wiki_id": f"w{n}", **columns}
        IssueFactory.create(data_age_minutes=minutes, **reported)


def names():
    return [offender.name for offender in offenders(timezone.now())]


def test_by_default_it_goes_to_nobody(settings):
    settings.QUALITY_DIGEST_TO = []
    stale(9)
    assert "QUALITY_DIGEST_TO names nobody" in run()
    assert mail.outbox == []


@pytest.mark.parametrize(("number", "sent"), [(0, 0), (4, 0), (5, 1)])
def test_it_is_due_with_five_stale_entities(number, sent):
    stale(number)
    run()
    assert len(mail.outbox) == sent


def test_it_is_due_with_awards_that_cannot_be(monkeypatch):
    monkeypatch.setattr(digests, "implausible_awards", lambda scope: [PROBLEM])
    assert "1 award problems" in run()
    (sent,) = mail.outbox
    assert "CRITICAL: Space Mountain: -5 minutes" in sent.body.replace("critical", "CRITICAL")
    assert sent.to == ["ops@example.org"]


def test_many_issues_of_one_entity_are_one_offender():
    for hours in range(6):
        stale(detected_at=timezone.now() - timedelta(hours=hours), minutes=A_DAY + 60 * hours)
    (offender,) = offenders(timezone.now())
    assert (offender.issues, offender.minutes) == (6, A_DAY + 300)
    run()
    assert mail.outbox == []


def test_what_is_younger_than_a_day_or_reported_longer_ago_than_a_week_or_closed_is_no_offender():
    stale(entity_name="significant")
    stale(entity_name="young", minutes=A_DAY - 1)
    stale(entity_name="long ago", detected_at=timezone.now() - timedelta(days=7, minutes=1))
    stale(entity_name="closed", reported_status="CLOSED")
    stale(entity_name="also closed", reported_status="Closed")
    stale(entity_name="down", reported_status="DOWN", minutes=A_DAY + 1)
    assert names() == ["down", "significant"]


def test_the_worst_ten_are_listed_and_those_over_thirty_days_highlighted():
    park = make_park(name="Kings Island")
    stale(12)
    stale(entity_name="Vortex", themeparks_wiki_id="v", minutes=MONTH + 1, park=park)
    stale(entity_name="Racer", themeparks_wiki_id="r", minutes=MONTH)
    run()
    (sent,) = mail.outbox
    lines = sent.body.splitlines()
    assert lines[1] == "!! OVER 30 DAYS  Vortex (Kings Island): 30 days 0 hours old, 1 issues, themeparks_wiki"
    assert lines[2] == "   Racer: 30 days 0 hours old, 1 issues, themeparks_wiki"
    assert lines[11].startswith("   and 4 more")
    assert sent.subject == "Ridewatch data quality: 14 stale entities, 1 for over 30 days, 0 award problems"


def test_it_can_be_shown_and_sent_to_somebody_else_however_little_there_is():
    stale(1)
    assert "Ride 0: 1 days 0 hours old" in run("--print")
    assert mail.outbox == []
    run("--to", "me@example.org", "--always")
    assert mail.outbox[0].to == ["me@example.org"]
    assert "pass their checks" in mail.outbox[0].body


def test_an_address_that_is_none_is_refused():
    with pytest.raises(CommandError, match="--to: 'me' is not a mail address") as raised:
        run("--to", "me")
    assert raised.value.returncode == 2


def test_a_mail_server_that_does_not_answer_is_reported_in_one_line(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(CommandError, match="EMAIL_URL: the mail was not taken") as raised:
        run("--always")
    assert raised.value.returncode == 1


def test_a_name_with_a_line_break_does_not_break_the_mail():
    found = Digest(timezone.now().date(), [], [PROBLEM])
    assert "\n" not in found.subject
