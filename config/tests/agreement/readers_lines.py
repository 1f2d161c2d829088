"""Readers of small lines and bars, of hours grouped by the weather, and of the command that shows a score's parts."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command

from config.tests.agreement.facts import ONE_DAY
from config.tests.agreement.html_pages import Grid, Page
from config.tests.agreement.net import About, Net, Reading
from config.tests.agreement.readers import Reader
from config.tests.agreement.readers_pages import dates_on, linked
from config.tests.agreement.windows import Dates, window_of

STATES = ("Operating", "Down")
LINE_DAYS = 14
LINE_HEAD = "by day: "
SCORE = re.compile(r"^score\b.*?(\S+)(?:: nothing to divide by)?$", re.MULTILINE)
NONE = "none"


# -- small lines in lists --------------------------------------------------------------------------------


def small_lines(net: Net) -> Iterator[Reading]:
    """What each figure of a line stands for: the last one for the day before the park's today."""
    for measure in ("downtime", "waits"):
        for kind in ("park", "ride"):
            url = f"/{measure}/{kind}s?period=yesterday&length=1000"
            for page in net.page(url).tables[:1]:
                for pk, record in linked(page, kind.title()):
                    words = record["14 days"].label.removeprefix(LINE_HEAD).split(", ")
                    assert len(words) == LINE_DAYS, (url, words)
                    today = net.oracle.today(net.zone_of(kind, pk))
                    for n, text in enumerate(reversed(words), 1):
                        value = None if text == "no data" else text
                        place = f"/{measure}/{kind}s:14 days[]"
                        yield from net.value(place, value, net.at(kind, pk, today - timedelta(days=n)), url)


# -- bars of states --------------------------------------------------------------------------------------


def spans_in(grid: Grid | None, about: About, name: str, place: str, url: str, net: Net) -> Iterator[Reading]:
    """The rows of the table beside a bar, by the clock, state by state."""
    rows = [record for record in grid.records() if record[grid.head[0].words].words == name] if grid else []
    for state in STATES:
        shown = [record for record in rows if record["Status"].words.endswith(state)]
        found = {(record["From"].words, record["To"].words) for record in shown}
        assert len(found) == len(shown), (url, name)
        yield from net.value(f"{place}[{state}]", found, about, url)


def bars_of_rides(net: Net) -> Iterator[Reading]:
    for number, ride in enumerate(net.rides[1::2]):
        for period in net.some(("today", "yesterday", "last_week"), number, 2):
            url = f"/rides/{ride}?period={period}"
            page: Page = net.page(url)
            for day in dates_on(page):
                name = f"{day:%a} {day.day} {day:%b}"
                table, about = page.table("Status day by day"), net.at("ride", ride, day)
                yield from spans_in(table, about, name, "/rides/{ride}:Status day by day", url, net)


def bars_of_parks(net: Net) -> Iterator[Reading]:
    for number, park in enumerate(net.parks):
        for period in net.some(("today", "yesterday"), number, 1):
            url = f"/parks/{park}?period={period}"
            page = net.page(url)
            table, day = page.table("Status of every ride"), dates_on(page).first
            for ride in net.oracle.members[park]:
                if ride.active or net.oracle.has_ended(day, net.zone_of("park", park)):
                    place = "/parks/{park}:Status of every ride"
                    yield from spans_in(table, net.at("ride", ride.pk, day), ride.name, place, url, net)


# -- hours by the weather --------------------------------------------------------------------------------


def groups_by_weather(net: Net) -> Iterator[Reading]:
    today = max(net.oracle.today(park.zone) for park in net.oracle.facts.parks.values())
    metrics = net.metrics_of_analytics()
    for entity, days in (("parks", 40), ("rides", 1)):
        dates = Dates(today - days * ONE_DAY, today)
        kind = entity.removesuffix("s")
        url = f"analytics/{entity}?start={dates.first}&end={dates.last}&group_by=storm&metrics={metrics}"
        for row in net.json(f"analytics/{entity}", url)["data"]:
            for group in row["groups"]:
                about = in_weather(net, kind, row[f"{kind}_id"], dates, group["group"])
                if about is not None:
                    place = f"analytics/{entity}:data[].groups[]."
                    yield from net.row(place, group, about, f"{url} {group['group']}")


def in_weather(net: Net, kind: str, pk: int, dates: Dates, group: str) -> About | None:
    """The UTC hours of these local days that had this weather; None: none did."""
    zone = net.zone_of(kind, pk)
    park = pk if kind == "park" else net.oracle.facts.rides[pk].park
    window = window_of(zone, ((day, net.oracle.hours_in_weather(park, day, group)) for day in dates))
    return About(kind, pk, window, dates, name=net.name_of(kind, pk)) if window.days else None


# -- the parts of a score --------------------------------------------------------------------------------


def score_traces(net: Net) -> Iterator[Reading]:
    """`manage.py trace_score` of each park's last two days that have ended."""
    for park in net.parks:
        today = net.oracle.today(net.zone_of("park", park))
        for day in (today - ONE_DAY, today - 2 * ONE_DAY):
            shown, where = StringIO(), f"trace_score --park {park} --date {day}"
            with suppress(CommandError):  # a score that is not stored deviates; stored ones have a reader of their own
                call_command("trace_score", park=str(park), date=[str(day)], stdout=shown)
            yield from trace(net, park, shown.getvalue(), net.at("park", park, day), where)


def trace(net: Net, park: int, text: str, about: About, where: str) -> Iterator[Reading]:
    score = SCORE.search(text)
    if score is None:
        return
    yield from net.value("trace_score:score", None if score[1] == NONE else score[1], about, where)
    lines = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    head = next((line for line in lines if line[0] == "ride"), None)
    if head is None:
        return  # no observations
    by_name = {line[0]: line for line in lines if len(line) == len(head)}
    for ride in net.oracle.members[park]:
        if line := by_name.get(ride.name):
            row = dict(zip(head, line, strict=True))
            yield from net.row("trace_score:", row, net.over("ride", ride.pk, about.dates), where)


LINES: dict[str, Reader] = {
    "small lines": small_lines,
    "bars of rides": bars_of_rides,
    "bars of parks": bars_of_parks,
    "hours by the weather": groups_by_weather,
    "traces of scores": score_traces,
}
