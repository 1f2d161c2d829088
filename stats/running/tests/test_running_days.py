"""A running day says what its raw rows say, whatever became of them, at every moment until the next cycle."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.instants import day_seconds, instant, seconds
from core.zones import day_range, local_date
from parks.models import Park
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.revisions import note_changed
from stats.measures.buckets import summed_ride_buckets
from stats.measures.window_measures import park_window
from stats.measures.windows import Bucket, Window
from stats.models import RunningDay, Which
from stats.readings import today
from stats.readings.by_hour import windows_by_hour
from stats.running.days import HOURS_A_CYCLE, keep_running_days, rebuild, running_days
from stats.tests.builders import DAY, NEW_YORK, local, make_park, make_ride, report, show_park
from stats.tests.random_days import AS_FOUND, FIRST_DAYS, KINDS, ParkStory, Reported, park_stories, write

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LONG = timedelta(seconds=7_000)


def said(parks, now):
    """Everything that is read of the running days, without what only measuring row by row can say."""
    places = {ride.pk: ride.park_id for ride in today.placed_rides(parks)}
    measured = today.rides_today(parks, places, now)
    before = today.a_day_ago(parks, now)
    running = today.running_today(parks, now)
    seconds_of = (today.seconds_today(parks, places, now, running), today.seconds_a_day_ago(parks, places, now))
    return (
        *map(sorted, seconds_of),
        {pk: figures(ride) for pk, ride in measured.items()},
        today.openings_today(parks, now, running),
        today.rides_seen_at(parks, list(places), now),
        today.outages_today(parks, measured, now),
        {pk: figures(ride) for pk, ride in before.items()},
    )


def figures(ride):
    waits = ride.waits
    return (
        *(ride.park_id, ride.rows, ride.open_rows, ride.up_rows, ride.down_rows),
        *(ride.open_seconds, ride.up_seconds, ride.down_seconds, ride.outside_seconds, ride.first_up, ride.active),
        *(waits.seconds, waits.minute_seconds, waits.least, waits.greatest, waits.walk_on_seconds),
    )


def said_by_rows(parks, now):
    with mock.patch.object(today, "running_days", return_value={}):
        return said(parks, now)


def assert_alike(parks, now):
    assert said(parks, now) == said_by_rows(parks, now)
    assert_hours_alike(parks, now)


def assert_hours_alike(parks, now):
    """Of the parks with a stored day; charts ask the rows of the others."""
    rides = {park: list(park.rides.values_list("pk", flat=True)) for park in parks}
    for ago in (0, 1):

        def day_in(zone, ago=ago):
            return local_date(now, zone) - timedelta(days=ago)

        for pk, found in windows_by_hour(rides, day_in, now).items():
            (park,) = (each for each in parks if each.pk == pk)
            day = day_in(park.timezone)
            window, read = Window(day, day), summed_ride_buckets
            by_rows = park_window(park, rides[park], window, Bucket.HOUR_OF_DAY, now, read=read)
            assert by_hour(found) == by_hour(by_rows)


def by_hour(window):
    """What charts read of a window."""
    return (
        {key: hour_figures(ride) for key, ride in window.rides.items() if ride.open_seconds},
        {place: length for place, length in window.open_seconds.items() if length},
        window.operated,
    )


def hour_figures(ride):
    waits = ride.waits
    figures = (ride.open_seconds, ride.up_seconds, ride.down_seconds)
    return (*figures, waits.seconds, waits.minute_seconds, waits.walk_on_seconds)


def stored():
    columns = ("park", "which", "day", "sealed_at", "state", "hours")
    return list(RunningDay.objects.order_by("park", "which").values(*columns))


# -- one park --------------------------------------------------------------------------------------------


@pytest.fixture
def ride():
    return make_ride(make_park(timezone=NEW_YORK), classified=1)


def believed(park: Park, which: Which, now) -> bool:
    return park.pk in running_days([park], which, now)


def test_what_ran_on_since_the_last_cycle_is_cut_at_the_present(ride):
    report(ride, local(DAY, "09:00"), "O60 D30", wait=20)
    show_park(ride.park, local(DAY, "09:00"), 90)
    keep_running_days([ride.park], local(DAY, "10:20"))
    now = local(DAY, "10:27")
    assert believed(ride.park, Which.TODAY, now)
    assert today.rides_today([ride.park], {ride.pk: ride.park_id}, now)[ride.pk].down_seconds == 27 * 60
    assert_alike([ride.park], now)


def test_rows_of_a_later_cycle_are_folded_in_before_it_is_kept(ride):
    report(ride, local(DAY, "09:00"), "O60")
    keep_running_days([ride.park], local(DAY, "09:59"))
    report(ride, local(DAY, "10:00"), "D20")
    now = local(DAY, "10:15")
    assert believed(ride.park, Which.TODAY, now)
    assert today.rides_today([ride.park], {ride.pk: ride.park_id}, now)[ride.pk].down_seconds == 15 * 60


def test_a_row_that_a_cycle_cut_is_read_again(ride):
    report(ride, local(DAY, "09:00"), "O60", grain=None)
    keep_running_days([ride.park], local(DAY, "09:10"))
    ride.snapshots.update(duration_seconds=600)
    report(ride, local(DAY, "09:10"), "D20")
    assert_alike([ride.park], local(DAY, "09:25"))


def test_a_row_that_was_cut_long_after_the_newest_one_makes_the_day_useless(ride):
    other = make_ride(ride.park)
    report(ride, local(DAY, "09:00"), "O120", grain=None)
    report(other, local(DAY, "09:05"), "O10")
    keep_running_days([ride.park], local(DAY, "09:10"))
    ride.snapshots.update(duration_seconds=1200)
    report(ride, local(DAY, "09:20"), "D20")
    now = local(DAY, "09:25")
    assert not believed(ride.park, Which.TODAY, now)
    assert_alike([ride.park], now)
    keep_running_days([ride.park], now)
    assert believed(ride.park, Which.TODAY, now)
    assert_alike([ride.park], now)


@pytest.mark.parametrize(
    "change",
    [
        lambda park: note_changed([park.pk], local(DAY, "09:30")),
        lambda park: Park.objects.filter(pk=park.pk).update(is_disney=True),
        lambda park: Park.objects.filter(pk=park.pk).update(timezone="America/Chicago"),
    ],
    ids=["observations", "what the feed distinguishes", "the time zone"],
)
def test_a_day_is_not_believed_when_what_it_comes_from_was_changed(ride, change):
    now = local(DAY, "10:00")
    report(ride, local(DAY, "09:00"), "O60")
    with time_machine.travel(now, tick=False):
        keep_running_days([ride.park], now)
        change(ride.park)
        park = Park.objects.get()
        assert not believed(park, Which.TODAY, now)
        keep_running_days([park], now)
        assert believed(park, Which.TODAY, now)


def test_it_answers_no_moment_before_its_newest_row(ride):
    report(ride, local(DAY, "09:00"), "O60")
    keep_running_days([ride.park], local(DAY, "10:00"))
    assert not believed(ride.park, Which.TODAY, local(DAY, "09:40"))
    assert_alike([ride.park], local(DAY, "09:40"))


def test_a_day_ends_at_midnight(ride):
    report(ride, local(DAY, "22:00"), "O119")
    keep_running_days([ride.park], local(DAY, "23:59"))
    tomorrow = local(DAY + timedelta(days=1), "00:01")
    assert not believed(ride.park, Which.TODAY, tomorrow)
    keep_running_days([ride.park], tomorrow)
    assert RunningDay.objects.get(which=Which.DAY_BEFORE).day == DAY
    assert_alike([ride.park], local(DAY + timedelta(days=1), "22:30"))


def test_the_day_before_moves_on_with_the_clock(ride):
    before = DAY - timedelta(days=1)
    report(ride, local(before, "09:00"), "D45 O60 D60", grain=300)
    report(ride, local(DAY, "09:00"), "O180", grain=300)
    for n in range(0, 180, 15):
        now = local(DAY, "09:00") + n * MINUTE
        keep_running_days([ride.park], now)
        for seconds_later in (0, 1, 299, 700):
            at = now + timedelta(seconds=seconds_later, microseconds=n)
            assert believed(ride.park, Which.DAY_BEFORE, at)
            assert_alike([ride.park], at)
    assert RunningDay.objects.get(which=Which.DAY_BEFORE).sealed_at == seconds(local(before, "11:45"))


def test_an_outage_of_the_night_stays_one_of_the_day_before(ride):
    report(ride, local(DAY - timedelta(days=1), "22:00"), "O60 D60")
    report(ride, local(DAY, "00:00"), "D60 O30")
    now = local(DAY, "01:30")
    keep_running_days([ride.park], now)
    measured = today.rides_today([ride.park], {ride.pk: ride.park_id}, now)
    (stretch,) = today.outages_today([ride.park], measured, now)[ride.pk]
    assert stretch.is_carried
    assert_alike([ride.park], now)


def test_a_second_process_changes_nothing(ride):
    report(ride, local(DAY, "09:00"), "O60 D30")
    now = local(DAY, "10:10")
    keep_running_days([ride.park], now)
    before = stored()
    keep_running_days([ride.park], now)
    rebuild([ride.park], now)
    assert stored() == before


def test_its_hours_are_those_of_the_clock_cut_at_the_present(ride):
    report(ride, local(DAY, "09:00"), "O30 D60 O60", wait=20)
    show_park(ride.park, local(DAY, "09:00"), 150)
    keep_running_days([ride.park], local(DAY, "10:20"))
    now = local(DAY, "10:45")
    (window,) = windows_by_hour({ride.park: [ride.pk]}, lambda zone: DAY, now).values()
    hours = {hour: (each.up_seconds, each.down_seconds) for (_, _, hour), each in window.rides.items()}
    assert hours == {9: (1800, 1800), 10: (900, 1800)}
    assert window.open_seconds == {(DAY, 9): 3600, (DAY, 10): 2700}
    assert_hours_alike([ride.park], now)


def test_the_hours_of_the_day_before_are_those_of_the_whole_day(ride):
    report(ride, local(DAY, "09:00"), "O30 D60 O120", wait=20)
    show_park(ride.park, local(DAY, "09:00"), 210)
    tomorrow = local(DAY + timedelta(days=1), "09:40")
    for _ in range(2):
        keep_running_days([ride.park], tomorrow)
        (window,) = windows_by_hour({ride.park: [ride.pk]}, lambda zone: DAY, tomorrow).values()
        assert window.open_seconds == {(DAY, 9): 3600, (DAY, 10): 3600, (DAY, 11): 3600, (DAY, 12): 1800}
        assert_hours_alike([ride.park], tomorrow)
    ride.snapshots.filter(status="DOWN").update(status="CLOSED")
    with time_machine.travel(tomorrow, tick=False):
        note_changed([ride.park_id], tomorrow)
    assert not windows_by_hour({ride.park: [ride.pk]}, lambda zone: DAY, tomorrow)
    keep_running_days([ride.park], tomorrow)
    assert windows_by_hour({ride.park: [ride.pk]}, lambda zone: DAY, tomorrow)
    assert_hours_alike([ride.park], tomorrow)


def test_a_cycle_finds_the_hours_of_few_parks(ride):
    parks = [ride.park, *(make_park(timezone=NEW_YORK) for _ in range(HOURS_A_CYCLE))]
    for park in parks[1:]:
        report(make_ride(park), local(DAY, "09:00"), "O60")
    tomorrow = local(DAY + timedelta(days=1), "09:40")
    counts = []
    for _ in range(2):
        keep_running_days(parks, tomorrow)
        counts.append(RunningDay.objects.filter(which=Which.DAY_BEFORE).exclude(hours="").count())
    assert counts == [HOURS_A_CYCLE, HOURS_A_CYCLE + 1]


def test_a_day_that_was_stored_without_hours_is_kept_anew_with_them(ride):
    now = local(DAY, "09:45")
    report(ride, local(DAY, "09:00"), "O60")
    keep_running_days([ride.park], now)
    kept = stored()
    RunningDay.objects.update(hours="")
    assert not windows_by_hour({ride.park: [ride.pk]}, lambda zone: DAY, now)
    assert believed(ride.park, Which.TODAY, now)
    keep_running_days([ride.park], now)
    assert stored() == kept


# -- every park ------------------------------------------------------------------------------------------


class Told:
    """A park's story, written cycle by cycle: a cycle stores what has begun, and does not know how long it lasts."""

    def __init__(self, story: ParkStory, is_long: bool) -> None:
        self.is_long = is_long
        self.reported: Reported = write(story)
        self.rows = list(RideStatusSnapshot.objects.filter(park=self.reported.park))
        self.own = list(ParkActivitySnapshot.objects.filter(park=self.reported.park))
        RideStatusSnapshot.objects.filter(park=self.reported.park).delete()
        ParkActivitySnapshot.objects.filter(park=self.reported.park).delete()

    def stored(self) -> QuerySet[RideStatusSnapshot]:
        return RideStatusSnapshot.objects.filter(park=self.reported.park)

    def cycle(self, since: int, until: int) -> None:
        """Store what begins in [since, until), the newest of them as if they lasted; what lasts into it is cut."""
        both: Any = ((self.rows, RideStatusSnapshot, "ride_id"), (self.own, ParkActivitySnapshot, "park_id"))
        for rows, model, owner in both:
            new = [row for row in rows if since <= seconds(row.recorded_at) < until]
            firsts = {getattr(row, owner): row.recorded_at for row in reversed(new)}
            for row in model.objects.filter(park=self.reported.park, recorded_at__lt=instant(since)):
                end = row.recorded_at + timedelta(seconds=row.duration_seconds)
                cut = min(end, firsts.get(getattr(row, owner), end)) - row.recorded_at
                model.objects.filter(pk=row.pk).update(duration_seconds=cut.total_seconds())
            model.objects.bulk_create(new)
            lasts = {getattr(row, owner): row for row in new}
            for row in lasts.values() if self.is_long else ():
                day = local_date(row.recorded_at, self.reported.park.timezone)
                lasting = min(LONG, day_range(day, self.reported.park.timezone)[1] - row.recorded_at)
                model.objects.filter(pk=row.pk).update(duration_seconds=lasting.total_seconds())


STEPS = st.lists(
    st.tuples(
        st.sampled_from([300, 900, 7_200, 20_000, 30_000]),  # seconds to the next cycle
        st.sampled_from(["keep", "keep", "keep", "miss", "repair", "rebuild"]),
        st.sampled_from([0, 299, 1_000]),  # when it is asked after the cycle
        st.booleans(),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=12, phases=AS_FOUND, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(KINDS), STEPS)
def test_however_a_day_comes_about_it_says_what_its_rows_say(data, kind, steps):
    first = data.draw(st.sampled_from(FIRST_DAYS[kind.zone]))
    told = Told(data.draw(park_stories(kind, first, 2)), data.draw(st.booleans()))
    park = told.reported.park
    at = day_seconds(first, park.timezone)[0] + data.draw(st.integers(0, 100_000))
    since = 0
    for length, act, later, is_open in steps:
        told.cycle(since, at)
        now = instant(at)
        with time_machine.travel(now, tick=False):
            if act == "repair":
                told.stored().filter(recorded_at__gte=now - LONG * 7).update(park_appears_open=is_open)
                note_changed([park.pk], now)
            elif act == "rebuild":
                rebuild([park], now)
            elif act == "keep":
                keep_running_days([park], now)
        assert_alike([park], instant(at + later))
        since, at = at, at + length
