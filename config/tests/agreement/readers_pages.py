"""Readers of what people see: pages and the CSV files behind them.

On a page a place is `address:heading`, of a column or of a term in a definition list.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime

from config.tests.agreement.html_pages import Cell, Grid, Page
from config.tests.agreement.net import DATED, PERIODS, About, Net, Reading, plain
from config.tests.agreement.readers import Reader, analytics_urls, bucket_of, series
from config.tests.agreement.windows import Dates

DAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d+ \w+ \d{4})")
DAYS = re.compile(r"(\d+ \w+ \d{4}) to (\d+ \w+ \d{4})")
LINKED_DAY = re.compile(r"date=(\d{4}-\d\d-\d\d)")


def named_day(text: str) -> date:
    return datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007 - a date


def dates_on(page: Page) -> Dates:
    """What its heading says."""
    text = " ".join(page.text.split())
    found = DAYS.search(text)
    if found:
        return Dates(named_day(found.group(1)), named_day(found.group(2)))
    day = DAY.search(text)
    assert day is not None, text[:300]
    return Dates(named_day(day.group(1)), named_day(day.group(1)))


def cells(net: Net, prefix: str, record: dict[str, Cell], about: About, where: str) -> Iterator[Reading]:
    yield from net.row(prefix, {name: cell.words for name, cell in record.items()}, about, where)


def linked(grid: Grid | None, head: str) -> Iterator[tuple[int, dict[str, Cell]]]:
    """The rows with the id that the cell under a heading links to."""
    for record in grid.records() if grid else ():
        if record[head].link:
            yield record[head].id, record


# -- lists -----------------------------------------------------------------------------------------------


def ranking_pages(net: Net) -> Iterator[Reading]:
    for measure in ("downtime", "waits"):
        for kind in ("park", "ride"):
            for period in PERIODS:
                live = "?period=live" if period == "live" and kind == "park" else ""
                url = f"/{measure}/{kind}s?period={period}&length=1000"
                for page in net.page(url).tables[:1]:
                    for pk, record in linked(page, kind.title()):
                        about = net.listed(kind, pk, period)
                        yield from cells(net, f"/{measure}/{kind}s{live}:", record, about, url)


def ranking_files(net: Net) -> Iterator[Reading]:
    for measure in ("downtime", "waits"):
        for kind in ("park", "ride"):
            for period in PERIODS:
                live = "?period=live" if period == "live" and kind == "park" else ""
                url = f"/{measure}/{kind}s.csv?period={period}"
                for row in net.csv(url):
                    about = net.listed(kind, int(row[f"{kind}_id"]), period)
                    # A column that the period does not have is empty in every row.
                    known = {name: value for name, value in row.items() if value != ""}
                    yield from net.row(f"/{measure}/{kind}s.csv{live}:", known, about, url)


def award_pages(net: Net) -> Iterator[Reading]:
    for award in ("longest-waits", "least-reliable", "changes"):
        for kind in ("park", "ride"):
            for period in DATED:
                url = f"/awards?award={award}&entity={kind}s&period={period}&limit=20"
                for grid in net.page(url).tables:
                    for pk, record in linked(grid, kind.title()):
                        about = net.listed(kind, pk, period)
                        yield from cells(net, f"/awards?award={award}:", record, about, url)


# -- charts ----------------------------------------------------------------------------------------------


def heatmap_pages(net: Net) -> Iterator[Reading]:
    kinds = {"parks": "park", "parks-shame": "park", "rides-downtime": "ride", "rides-waittimes": "ride"}
    for number, (name, kind) in enumerate(kinds.items()):
        for period in net.some(DATED, number, 2):
            url = f"/heatmaps?type={name}&period={period}&limit=20"
            for grid in net.page(url).tables[:1]:
                labels = [cell.words for cell in grid.head[1:-1]]
                for row in grid.rows:
                    about = net.listed(kind, row[0].id, period)
                    place = f"/heatmaps?type={name}"
                    yield from net.value(f"{place}:Mean", row[-1].words, about, url)
                    values = [None if cell.words == "–" else cell.words for cell in row[1:-1]]
                    yield from series(net, f"{place}:[]", kind, about.pk, about.dates, labels, values, url)


# -- rides -----------------------------------------------------------------------------------------------


def ride_pages(net: Net) -> Iterator[Reading]:
    for number, ride in enumerate(net.rides[::2]):
        for period in net.some(DATED, number, 1):
            url = f"/rides/{ride}?period={period}"
            page = net.page(url)
            about = net.over("ride", ride, dates_on(page))
            # An outage of seconds is shown in seconds.
            shown = {name: text for name, text in page.figures.items() if not text.endswith(" s")}
            yield from net.row("/rides/{ride}:", shown, about, url)
            yield from time_in_the_open_park(net, page, "/rides/{ride}:Time in the open park", about, url)
            grid = page.table("Outages")
            kinds = [record["Kind"].words for record in grid.records()] if grid else []
            for kind in ("Opening delay", "Breakdown"):
                yield from net.value(f"/rides/{{ride}}:Outages[{kind}]", kinds.count(kind), about, url)


def time_in_the_open_park(net: Net, page: Page, place: str, about: About, url: str) -> Iterator[Reading]:
    """Up, down, closed and unknown, and that they add up."""
    grid = page.table(place.split(":")[1])
    lengths = {row[0].words: row[1].words for row in grid.rows} if grid else {}
    yield from net.row(f"{place}.", lengths, about, url)
    minutes = [plain(text) for text in lengths.values()]
    assert not minutes or sum(minutes[:-1]) == minutes[-1], (url, lengths)


# -- parks -----------------------------------------------------------------------------------------------


def park_pages(net: Net) -> Iterator[Reading]:
    for number, park in enumerate(net.parks):
        for period in net.some(DATED, number, 2):
            url = f"/parks/{park}?period={period}"
            page = net.page(url)
            if period in ("today", "yesterday"):
                dates = dates_on(page)
                yield from park_figures(net, page, net.over("park", park, dates), url)
                yield from hours_of_day(net, page, park, dates, url)
                yield from compared(net, page, park, dates, url)
                place = "/parks/{park}:Time of all rides in the open park"
                yield from time_in_the_open_park(net, page, place, net.over("park", park, dates), url)
            else:
                yield from park_figures(net, page, net.own("park", park, period), url)
                yield from days_of_period(net, page, park)


def days_of_period(net: Net, page: Page, park: int) -> Iterator[Reading]:
    grid = page.table("Day by day")
    for record in grid.records() if grid else ():
        day = LINKED_DAY.search(record["Day"].link)
        assert day is not None, record
        about = net.at("park", park, date.fromisoformat(day.group(1)))
        yield from cells(net, "/parks/{park}:Day by day.", record, about, record["Day"].link)


def park_figures(net: Net, page: Page, about: About, url: str) -> Iterator[Reading]:
    yield from net.row("/parks/{park}:", page.figures, about, url)
    for ride, record in linked(page.table("Rides that make the score"), "Ride"):
        yield from cells(
            net, "/parks/{park}:Rides that make the score.", record, net.over("ride", ride, about.dates), url
        )


def hours_of_day(net: Net, page: Page, park: int, dates: Dates, url: str) -> Iterator[Reading]:
    for name in ("Average wait by hour", "Rides down by hour", "Shame score"):
        grid = page.table(name)
        if grid is None or grid.head[0].words != "Hour":
            continue
        labels = [row[0].words for row in grid.rows]
        values = [None if row[1].words == "–" else row[1].words for row in grid.rows]
        yield from series(net, f"/parks/{{park}}:{name}[]", "park", park, dates, labels, values, url)


def compared(net: Net, page: Page, park: int, dates: Dates, url: str) -> Iterator[Reading]:
    """The column of the day itself."""
    grid = page.table("Compared with other days")
    assert grid is not None, url
    about = net.over("park", park, dates)
    for row in grid.rows:
        yield from net.value(f"/parks/{{park}}:Compared.{row[0].words}", row[1].words, about, url)


def now_page(net: Net) -> Iterator[Reading]:
    for pk, record in linked(net.page("/now/live").table("Parks, what is down in them"), "Park"):
        yield from cells(net, "/now/live:Parks.", record, net.own("park", pk, "live"), "/now/live")


# -- the explorer ----------------------------------------------------------------------------------------


def explorer_files(net: Net) -> Iterator[Reading]:
    for entity, dates, bucket, query in analytics_urls(net):
        kind, url = entity.removesuffix("s"), f"/explorer.csv?entity={entity}&{query}"
        if bucket == ("1h" if entity == "rides" else "1d"):
            for row in net.csv(url):
                about = bucket_of(net, kind, int(row[f"{kind}_id"]), dates, row["bucket"])
                yield from net.row(f"/explorer.csv?entity={entity}:", row, about, f"{url} {row['bucket']}")


PAGES: dict[str, Reader] = {
    "pages of rankings": ranking_pages,
    "files of rankings": ranking_files,
    "pages of awards": award_pages,
    "pages of heatmaps": heatmap_pages,
    "pages of rides": ride_pages,
    "pages of parks": park_pages,
    "the page Now": now_page,
    "files of the explorer": explorer_files,
}
