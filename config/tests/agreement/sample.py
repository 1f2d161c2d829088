"""The sample world: what the product's own generator writes, taken in by the product's own import."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.management import call_command

from config.tests.agreement.designed import score_newest
from config.tests.agreement.facts import seconds
from importer.sample import write

# Where the history ends: midnight of Pacific summer time is near, so the site's last week ended the day before.
NOW = datetime(2025, 7, 14, 5, 50, tzinfo=UTC)
DAYS = 3
# One park that distinguishes breakdowns from closures, and one that does not; an ocean apart.
DESTINATIONS = ("Efteling Theme Park Resort", "Knott's Berry Farm")


def build(root: Path) -> None:
    chosen = tuple(parks for parks in write.sample_destinations() if parks[0].destination_name in DESTINATIONS)
    assert len(chosen) == len(DESTINATIONS)
    with mock.patch.object(write, "sample_destinations", return_value=chosen):
        write.write_sample_archive(root / "sample", days=DAYS, destinations=len(chosen), seed=14, ends_at=NOW)
    quiet = StringIO()
    call_command(
        "import_historical",
        "--source",
        str(root / "sample"),
        "--all-parks",
        "--workers",
        "1",
        stdout=quiet,
        stderr=quiet,
    )
    score_newest(seconds(NOW))
