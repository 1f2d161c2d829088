"""Pages that show what a planned stop rests on."""

from visits.planning.plan import Plan, PlannedStop
from visits.planning.waits import quarter_at


def wait_evidence(plan: Plan, stop: PlannedStop) -> str:
    """The explorer: this quarter of an hour on the days of the basis."""
    wait, arrival = stop.wait, stop.arrival
    if wait is None or arrival is None:
        return ""
    quarter = quarter_at(arrival.timestamp(), plan.park.timezone)
    start, end = (f"{each // 4:02}:{each % 4 * 15:02}" for each in (quarter, quarter + 1))
    days = f"start={wait.first}&end={wait.last}&hours={start}-{end}"
    weekdays = f"&weekdays={','.join(words)}" if len(words := wait.weekdays(plan.day)) < 7 else ""
    return (
        f"/explorer?entity=rides&ride_id={stop.ride.pk}&{days}{weekdays}&bucket=1d&metrics=wait_p50,walk_on_percentage"
    )


def ride_evidence(plan: Plan, stop: PlannedStop) -> str:
    wait = stop.wait
    return f"/rides/{stop.ride.pk}" + (f"?start={wait.first}&end={wait.last}" if wait else "")
