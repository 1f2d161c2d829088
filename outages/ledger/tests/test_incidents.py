"""Incidents of a park: what is one, what by chance is none, and what the weather has to do with it."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from outages.ledger.incidents import by_chance, coincidences, incidents_among, is_incident
from outages.models import Kind, Outage
from parks.models import EntityMetadata, Park, Ride, Shelter
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report, show_park
from weather.tests.factories import ObservationFactory

OPEN = 12 * 3600
NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)
MONTH = 30
# A ride's outages of a day: seconds after opening, and how long.
Days = list[list[tuple[int, int]]]


def outages_of_day(rides: dict[int, list[tuple[int, int]]]) -> list[Outage]:
    return [
        Outage(
            ride_id=ride,
            started_at=NINE + timedelta(seconds=at),
            ended_at=NINE + timedelta(seconds=at + lasting),
            kind=Kind.BREAKDOWN,
        )
        for ride, outages in rides.items()
        for at, lasting in outages
    ]


def incidents_of_days(park: dict[int, Days], number: int) -> int:
    found = 0
    for day in range(number):
        rows = outages_of_day({ride: days[day] for ride, days in park.items()})
        found += len(list(coincidences(rows, frozenset(park), rows, OPEN)))
    return found


def permuted(park: dict[int, Days], random: Random) -> dict[int, Days]:
    """Each ride keeps its days and their hours, in another order: nothing goes down together any more."""
    return {ride: random.sample(days, len(days)) for ride, days in park.items()}


def world(random: Random, rides: int, rate: float, incident_days: range = range(0)) -> dict[int, Days]:
    """Outages in steps of five minutes, each ride at its own rate; on some days six go down together."""
    park: dict[int, Days] = {}
    for ride in range(1, rides + 1):
        own = rate * random.choice((0.3, 1, 2))
        days: Days = []
        for day in range(MONTH):
            found = [(6 * 3600 + 300 * random.randrange(2), 3600)] if day in incident_days and ride <= 6 else []
            at = random.expovariate(own) * OPEN
            while at < OPEN:
                found.append((int(at) // 300 * 300, 1800))
                at += random.expovariate(own) * OPEN
            days.append(found)
        park[ride] = days
    return park


# -- the rule --------------------------------------------------------------------------------------------


def members(*minutes: int) -> list[Outage]:
    return outages_of_day({ride: [(60 * at, 1800)] for ride, at in enumerate(minutes, start=1)})


@pytest.mark.parametrize(
    ("minutes", "running", "outages", "is_one"),
    [
        ((0, 5, 10), 40, 3, True),
        ((0, 5), 40, 2, False),
        ((0, 5, 10), 40, 30, False),  # so many break down here that three at once are no news
        ((0, 0, 5, 5, 10, 10), 40, 30, True),
    ],
)
def test_three_rides_are_an_incident_where_that_is_more_than_chance(minutes, running, outages, is_one):
    assert is_incident(members(*minutes), running, outages, OPEN) is is_one


def test_a_quarter_of_the_rides_of_a_small_park_are_enough_when_it_is_open_long():
    assert is_incident(members(0, 5), 8, 2, 2 * OPEN)
    assert not is_incident(members(0, 5), 9, 2, 2 * OPEN)


def test_one_ride_that_stops_again_and_again_is_no_incident():
    rows = outages_of_day({1: [(0, 60), (120, 60), (240, 60), (360, 60)]})
    assert not is_incident(rows, 3, 4, OPEN)


def test_chance_is_that_of_even_starts():
    random, hits = Random(3), 0
    for _ in range(4000):
        starts = sorted(random.random() * OPEN for _ in range(10))
        hits += any(c - a <= 900 for a, c in zip(starts, starts[2:], strict=False))
    assert hits / 4000 <= by_chance(3, 10, OPEN) <= 2 * hits / 4000


def test_outages_ten_minutes_apart_are_one_incident():
    assert [len(each) for each in incidents_among(members(0, 10, 20, 31, 32))] == [3, 2]


# -- by permutation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rides", "rate"), [(8, 0.3), (25, 0.5), (45, 0.2), (45, 1.0)])
def test_a_simulated_park_has_at_most_one_false_incident_a_month(rides, rate):
    random = Random(rides)
    months = [permuted(world(random, rides, rate), random) for _ in range(12)]
    assert sum(incidents_of_days(park, MONTH) for park in months) <= len(months)


def test_incidents_of_six_rides_are_found_and_vanish_by_permutation():
    random = Random(1)
    park = world(random, 40, 0.3, range(0, MONTH, 3))
    assert incidents_of_days(park, MONTH) >= 10
    assert incidents_of_days(permuted(park, random), MONTH) <= 1


PARKS = {
    "animal kingdom": ("dinosaur", "expedition_everest", "flight_of_passage", "kilimanjaro_safaris", "navi_river"),
    "epcot": ("soarin", "spaceship_earth"),
    "studios": ("alien_saucers", "rock_n_rollercoaster", "slinky_dog", "toy_story_mania"),
    "magic kingdom": ("seven_dwarfs_train", "pirates_of_caribbean", "splash_mountain"),
}


def recorded(folder, year: int) -> dict[str, dict[int, Days]]:
    """Unexpectedly offline (a row without a wait), by park and attraction, seconds since nine; days from 1 January."""
    seen: dict[tuple[str, date], set[tuple[datetime, bool]]] = defaultdict(set)
    with gzip.open(folder / f"wdw_14_attractions_{year}.csv.gz", "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            posted = row["wait_minutes_posted"]
            if posted or not row["wait_minutes_actual"]:
                at = datetime.fromisoformat(row["local_datetime"])
                seen[row["attraction"], date.fromisoformat(row["park_day"])].add((at, bool(posted)))
    found: dict[str, dict[int, Days]] = {park: {} for park in PARKS}
    for park, rides in PARKS.items():
        for number, ride in enumerate(rides):
            days: Days = [[] for _ in range(365)]
            for (name, day), times in seen.items():
                if name == ride and day.year == year:
                    days[(day - date(year, 1, 1)).days] = spells(sorted(times))
            found[park][number] = days
    return found


def spells(times: list[tuple[datetime, bool]]) -> list[tuple[int, int]]:
    """Offline after the first wait and before the last: (start, length)."""
    ran = [n for n, (_, is_up) in enumerate(times) if is_up]
    found: list[tuple[int, int]] = []
    down: datetime | None = None
    for at, is_up in times[ran[0] : ran[-1] + 1] if ran else []:
        if is_up and down is not None:
            nine = down.replace(hour=9, minute=0, second=0)
            found.append((int((down - nine).total_seconds()), int((at - down).total_seconds())))
            down = None
        elif not is_up and down is None:
            down = at
    return found


@pytest.mark.slow
@pytest.mark.parametrize("year", [2017, 2018])
def test_the_recorded_parks_have_at_most_one_false_incident_a_month(shared_data_dir, year):
    random = Random(year)
    parks = recorded(shared_data_dir / "real" / "touringplans", year)
    assert sum(len(day) for days in parks.values() for ride in days.values() for day in ride) > 1_500
    false = sum(incidents_of_days(permuted(park, random), 365) for park in parks.values())
    assert false <= 12 * len(parks)


# -- in the ledger ---------------------------------------------------------------------------------------


@pytest.fixture
def park() -> Park:
    """Four rides that stop at 12:00 and 12:10, two that run on."""
    park = make_park(name="Castle")
    for number, story in enumerate(("O120 D60 O300", "O120 D60 O300", "O130 D60 O290", "O130 D30 O320")):
        report(make_ride(park, name=f"Ride {number}"), local(DAY, "10:00"), story)
    for name in ("Boat", "Train"):
        report(make_ride(park, name=name), local(DAY, "10:00"), "O480")
    show_park(park, local(DAY, "10:00"), 480)
    return park


def kinds() -> set[str]:
    return set(Outage.objects.values_list("kind", flat=True))


@pytest.mark.django_db
def test_rides_that_stop_together_are_members_of_an_incident_again_and_again(park):
    for _ in range(2):
        recomputed(park, DAY)
        assert kinds() == {Kind.INCIDENT}
        assert Outage.objects.count() == 4
    assert len(set(Outage.objects.values_list("revised_at", flat=True))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("weather", "kind"),
    [
        ({"weather_code": 95}, Kind.WEATHER),
        ({"precipitation_mm": 7}, Kind.WEATHER),
        ({"wind_gusts_kmh": 70}, Kind.WEATHER),
        ({"apparent_temperature_c": 41}, Kind.WEATHER),
        ({"weather_code": 3}, Kind.INCIDENT),
    ],
)
def test_bad_weather_near_the_time_makes_it_a_weather_closure(park, weather, kind):
    values = {"weather_code": 1, "precipitation_mm": 0, "wind_gusts_kmh": 5, "apparent_temperature_c": 20, **weather}
    ObservationFactory(park=park, observation_time=local(DAY, "12:00"), **values)
    recomputed(park, DAY)
    assert kinds() == {kind}


@pytest.mark.django_db
def test_rides_indoors_do_not_stop_for_lightning(park):
    ObservationFactory(park=park, observation_time=local(DAY, "12:00"), weather_code=95)
    for ride in Ride.objects.filter(name__startswith="Ride"):
        EntityMetadata.objects.create(
            ride=ride,
            themeparks_wiki_id=str(ride.pk),
            entity_name=ride.name,
            entity_type="ATTRACTION",
            indoor_outdoor=Shelter.INDOOR,
        )
    recomputed(park, DAY)
    assert kinds() == {Kind.INCIDENT}


@pytest.mark.django_db
def test_what_broke_while_nobody_looked_did_not_break_at_once():
    park = make_park(name="Castle")
    for number in range(4):
        ride = make_ride(park, name=f"Ride {number}")
        until = report(ride, local(DAY, "10:00"), "O60")
        until = report(ride, until, "O60", grain=None)  # collection paused for an hour
        report(ride, until, "D60 O300")
    report(make_ride(park, name="Boat"), local(DAY, "10:00"), "O480")
    show_park(park, local(DAY, "10:00"), 480)
    recomputed(park, DAY)
    assert kinds() == {Kind.BREAKDOWN}


@pytest.mark.django_db
def test_when_history_says_otherwise_the_members_are_breakdowns_again(park):
    from snapshots.models import RideStatusSnapshot

    recomputed(park, DAY)
    gone = Ride.objects.filter(name__in=("Ride 1", "Ride 2", "Ride 3"))
    RideStatusSnapshot.objects.filter(ride__in=gone, status="DOWN").update(status="OPERATING", computed_is_open=True)
    recomputed(park, DAY)
    assert set(Outage.objects.filter(state="holds").values_list("kind", flat=True)) == {Kind.BREAKDOWN}
