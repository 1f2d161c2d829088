"""Readers of the API's answers: each says of every row whom and what time it is about.

A reader takes the net and yields a reading for each figure that the table of places knows.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from config.tests.agreement.facts import seconds
from config.tests.agreement.net import DATED, PERIODS, About, Net, Reading, as_instant
from config.tests.agreement.windows import Dates

Reader = Callable[[Net], Iterator[Reading]]


# -- lists -----------------------------------------------------------------------------------------------


def ranking(entity: str, measure: str, limit: int) -> Reader:
    """`parks/downtime` and its three sisters."""

    def read(net: Net) -> Iterator[Reading]:
        kind, endpoint = entity.removesuffix("s"), f"{entity}/{measure}"
        for period in PERIODS:
            url = f"{endpoint}?period={period}&limit={limit}"
            if measure == "waittimes" and entity == "rides":
                url += f"&mode={period}"
            place = f"{endpoint}?period=live" if period == "live" and entity == "parks" else endpoint
            body = net.json(place, url)
            yield from net.row(f"{place}:aggregate_stats.", body.get("aggregate_stats", {}), net.site(period), url)
            yield from listed(net, f"{place}:", body, "data", kind, period, url)
            for row in body["data"]:
                about = net.listed(kind, row[f"{kind}_id"], period)
                yield from net.row(f"{place}:data[].", row, about, url)

    return read


def listed(
    net: Net, place: str, body: dict[str, Any], rows: str, kind: str, period: str, url: str
) -> Iterator[Reading]:
    """How many there are, and who, if the list was not cut."""
    found = [row[f"{kind}_id"] for row in body[rows]]
    assert len(found) == len(set(found)), url
    about = net.site(period)
    yield from net.value(f"{place}total", body.get("total"), about, url)
    if body.get("total") == len(found):
        yield from net.value(f"{place}{rows}[]", set(found), about, url)


def status_summary(net: Net) -> Iterator[Reading]:
    url = "live/status-summary"
    yield from net.row(f"{url}:status_summary.", net.json(url, url)["status_summary"], net.site("live"), url)


def award(name: str) -> Reader:
    def read(net: Net) -> Iterator[Reading]:
        for period in DATED:
            for kind in ("park", "ride"):
                url = f"trends/{name}?period={period}&entity={kind}s&limit=20"
                body = net.json(f"trends/{name}", url)
                yield from listed(net, f"trends/{name}?entity={kind}s:", body, "data", kind, period, url)
                for row in body["data"]:
                    about = net.listed(kind, row[f"{kind}_id"], period)
                    yield from net.row(f"trends/{name}:data[].", row, about, url)

    return read


def trends(net: Net) -> Iterator[Reading]:
    for period in DATED:
        for kind in ("park", "ride"):
            for way in ("improving", "declining"):
                url = f"trends?period={period}&category={kind}s-{way}&limit=100"
                body = net.json("trends", url)
                yield from net.row("trends:comparison.", body["comparison"], net.site(period), url)
                yield from listed(net, f"trends?category={kind}s-{way}:", body, f"{kind}s", kind, period, url)
                for row in body[f"{kind}s"]:
                    about = net.listed(kind, row[f"{kind}_id"], period)
                    yield from net.row(f"trends:{kind}s[].", row, about, url)


# -- charts ----------------------------------------------------------------------------------------------

HOURLY = ("today", "yesterday")


def column(net: Net, kind: str, pk: int, dates: Dates, label: str) -> About | None:
    """What a column is about: an hour of the local day, or one of the dates."""
    if ":" in label:
        return net.at(kind, pk, dates.first, int(label.split(":", maxsplit=1)[0]))
    day = next((day for day in dates if f"{day:%b %d}" == label), None)
    return None if day is None else net.at(kind, pk, day)


def series(
    net: Net, place: str, kind: str, pk: int, dates: Dates, labels: list[str], values: list[Any], url: str
) -> Iterator[Reading]:
    for label, value in zip(labels, values, strict=True):
        about = column(net, kind, pk, dates, label)
        if about is not None and is_asked(net, about, kind, pk, value):
            yield from net.value(place, value, about, f"{url} {label}")


def columns(net: Net, place: str, kind: str, pk: int, dates: Dates, labels: list[str], url: str) -> Iterator[Reading]:
    """The labels of a chart by days: no date more, none less."""
    if labels and ":" not in labels[0]:
        yield from net.value(place, labels, net.over(kind, pk, dates), url)


def is_asked(net: Net, about: About, kind: str, pk: int, value: Any) -> bool:
    """Columns are left empty while the park is closed: nothing was measured in them, though it be a 0."""
    if value is not None:
        return True
    park = pk if kind == "park" else net.oracle.facts.rides[pk].park
    return bool(net.oracle.seen_open(park, about.window.spans)) and (
        kind == "park" or bool(net.oracle.ride(pk, about.window).known)
    )


def chart_data(net: Net) -> Iterator[Reading]:
    kinds = {"parks": "park", "rides": "ride", "waittimes": "park", "ridewaittimes": "ride"}
    for number, (name, kind) in enumerate(kinds.items()):
        for period in net.some(DATED, number, 4):
            url = f"trends/chart-data?type={name}&period={period}&filter=all-parks&limit=20"
            body = net.json(f"trends/chart-data?type={name}", url)["chart_data"]
            for line in body["datasets"]:
                pk = line["entity_id"]
                about = net.listed(kind, pk, period)
                dates = about.dates
                place = f"trends/chart-data?type={name}:chart_data."
                labels = body["labels"]
                yield from net.row(f"{place}datasets[].", line, about, url)
                yield from columns(net, f"{place}labels[]", kind, pk, dates, labels, url)
                yield from series(net, f"{place}datasets[].data[]", kind, pk, dates, labels, line["data"], url)


def heatmaps(net: Net) -> Iterator[Reading]:
    kinds = {"parks": "park", "parks-shame": "park", "rides-downtime": "ride", "rides-waittimes": "ride"}
    for number, (name, kind) in enumerate(kinds.items()):
        for period in net.some(DATED, number, 4):
            url = f"trends/heatmap-data?type={name}&period={period}&filter=all-parks&limit=20"
            place = f"trends/heatmap-data?type={name}"
            body = net.json(place, url)
            for head, cells in zip(body["entities"], body["matrix"], strict=True):
                about = net.listed(kind, head["entity_id"], period)
                yield from net.row(f"{place}:entities[].", head, about, url)
                labels = body["time_labels"]
                yield from columns(net, f"{place}:time_labels[]", kind, about.pk, about.dates, labels, url)
                yield from series(net, f"{place}:matrix[][]", kind, about.pk, about.dates, labels, cells, url)


def ride_charts(net: Net) -> Iterator[Reading]:
    for number, park in enumerate(net.parks):
        for name in ("downtime", "wait_times"):
            for period in net.some(DATED, number, 2):
                url = f"parks/{park}/rides/charts?period={period}&type={name}"
                place = f"parks/{{park}}/rides/charts?type={name}"
                place += "&by=day" if name == "wait_times" and period not in HOURLY else ""
                body = net.json(place, url)
                whole = net.own("park", park, period)
                dates = whole.dates
                yield from net.row(f"{place}:", body, whole, url)
                yield from columns(net, f"{place}:labels[]", "park", park, dates, body["labels"], url)
                for line in body["datasets"]:
                    about = net.own("ride", line["ride_id"], period)
                    yield from net.row(f"{place}:datasets[].", line, about, url)
                    where = f"{place}:datasets[].data[]"
                    yield from series(net, where, "ride", line["ride_id"], dates, body["labels"], line["data"], url)


# -- details ---------------------------------------------------------------------------------------------


def park_details(net: Net) -> Iterator[Reading]:
    endpoint = "parks/{park}/details"
    for number, park in enumerate(net.parks):
        for period in net.some(PERIODS, number, 4):
            url = f"parks/{park}/details?period={period}"
            place = f"{endpoint}?period=live" if period == "live" else endpoint
            body, about = net.json(place, url), net.own("park", park, period)
            yield from net.row(f"{place}:", body, about, url)
            breakdown, chart = body["shame_breakdown"], body["chart_data"]
            yield from net.row(f"{place}:shame_breakdown.", breakdown, about, url)
            yield from net.row(f"{place}:current_status.", body["current_status"], about, url)
            for row in body["operating_sessions"]:
                session = net.at("park", park, date.fromisoformat(row["date"]))
                yield from net.row(f"{place}:operating_sessions[].", row, session, url)
            for row in breakdown.get("rides", ()):
                ride = net.own("ride", row["ride_id"], period)
                yield from net.row(f"{place}:shame_breakdown.rides[].", row, ride, url)
            yield from net.row(f"{place}:chart_data.", chart, about, url)
            if period == "live":
                continue
            for name in ("data", "rides_down", "avg_wait", "downtime_hours"):
                where = f"{place}:chart_data.{name}[]"
                values = chart.get(name) or [None] * len(chart["labels"])
                if name in chart:
                    yield from series(net, where, "park", park, about.dates, chart["labels"], values, url)


def ride_details(net: Net) -> Iterator[Reading]:
    place = "rides/{ride}/details"
    for number, ride in enumerate(net.rides):
        for period in net.some(DATED, number, 1):
            url = f"rides/{ride}/details?period={period}"
            body, about = net.json(place, url), net.own("ride", ride, period)
            yield from net.row(f"{place}:", body, about, url)
            yield from net.row(f"{place}:summary.", body["summary"], about, url)
            for name in ("timeseries", "hourly_breakdown"):
                for row in body[name]:
                    yield from net.row(f"{place}:{name}[].", row, span_of(net, ride, row), url)
            events = {(as_instant(row["start_time"]), as_instant(row["end_time"])) for row in body["downtime_events"]}
            assert len(events) == len(body["downtime_events"]), url
            yield from net.value(f"{place}:downtime_events[]", events, about, url)


def span_of(net: Net, ride: int, row: dict[str, Any]) -> About:
    """A date, or the hour of the clock from an instant on."""
    if "date" in row:
        return net.at("ride", ride, date.fromisoformat(row["date"]))
    start = as_instant(row["hour_start_utc"])
    assert start is not None
    return net.hour_from("ride", ride, start)


# -- analytics -------------------------------------------------------------------------------------------


def analytics_urls(net: Net) -> Iterator[tuple[str, Dates, str, str]]:
    """All days that anything is known of, by days and by hours of the day, and the hours of the last days:
    (rides or parks, dates, bucket, query)."""
    today = max(net.oracle.today(park.zone) for park in net.oracle.facts.parks.values())
    month = Dates(today - timedelta(days=40), today)
    days = Dates(today - timedelta(days=1), today)
    metrics = net.metrics_of_analytics()
    # Hours of rides on days that have ended are asked of their details.
    asked = [("rides", Dates(today, today), "1h"), ("parks", days, "1h"), ("parks", month, "1d")]
    if not net.is_partial:
        asked += [("rides", month, "1d"), ("parks", month, "hour_of_day")]
    for entity, dates, bucket in asked:
        query = f"start={dates.first}&end={dates.last}&bucket={bucket}&metrics={metrics}"
        yield entity, dates, bucket, query


def analytics(net: Net) -> Iterator[Reading]:
    for entity, dates, _, query in analytics_urls(net):
        kind, url = entity.removesuffix("s"), f"analytics/{entity}?{query}"
        for row in net.json(f"analytics/{entity}", url)["data"]:
            pk, place = row[f"{kind}_id"], f"analytics/{entity}:data[]."
            yield from net.row(place, row, net.over(kind, pk, dates), url)
            yield from net.row(f"{place}total.", row["total"], net.over(kind, pk, dates), url)
            for each in row["buckets"]:
                about = bucket_of(net, kind, pk, dates, each["bucket"])
                yield from net.row(f"{place}buckets[].", each, about, f"{url} {each['bucket']}")


def bucket_of(net: Net, kind: str, pk: int, dates: Dates, label: str) -> About:
    if "T" in label:
        start = seconds(datetime.fromisoformat(label))
        return net.hour_from(kind, pk, start)
    if ":" in label:
        return net.over(kind, pk, dates, hour=int(label.split(":", maxsplit=1)[0]))
    return net.at(kind, pk, date.fromisoformat(label))


def outages(net: Net) -> Iterator[Reading]:
    """The ledger of rides and parks over days that have ended; its rows add up to its total."""
    asked = [("ride", pk, number) for number, pk in enumerate(net.rides)] + [("park", pk, 0) for pk in net.parks]
    for kind, pk, number in asked:
        for period in net.some(("yesterday", "last_week", "last_month"), number, 1 if kind == "ride" else 3):
            about = net.own(kind, pk, period)
            url = f"outages?{kind}_id={pk}&start={about.dates.first}&end={about.dates.last}&limit=500"
            body = net.json("outages", url)
            assert body["total_seconds"] == sum(row["seconds_in_range"] for row in body["data"]), url
            assert body["total"] == len(body["data"]), url
            yield from net.value("outages:total_seconds", body["total_seconds"], about, url)
            if kind == "ride":
                yield from net.value("outages:total", body["total"], about, url)


def reliability(net: Net) -> Iterator[Reading]:
    for kind in ("ride", "park"):
        for period in ("yesterday", "last_week", "last_month"):
            url = f"reliability?entity={kind}s&period={period}&limit=500"
            place = f"reliability?entity={kind}s:data[]."
            for row in net.json(f"reliability?entity={kind}s", url)["data"]:
                yield from net.row(place, row, net.listed(kind, row[f"{kind}_id"], period), url)


READERS: dict[str, Reader] = {
    "parks by downtime": ranking("parks", "downtime", 100),
    "parks by wait": ranking("parks", "waittimes", 100),
    "rides by downtime": ranking("rides", "downtime", 200),
    "rides by wait": ranking("rides", "waittimes", 200),
    "least reliable": award("least-reliable"),
    "longest waits": award("longest-wait-times"),
    "states of rides": status_summary,
    "trends": trends,
    "charts": chart_data,
    "heatmaps": heatmaps,
    "charts of a park's rides": ride_charts,
    "park details": park_details,
    "ride details": ride_details,
    "outages": outages,
    "reliability": reliability,
    "analytics": analytics,
}
