"""Lists of downtime at this moment: what is down, and folded away what was down earlier today."""

from datetime import date

import pytest
import time_machine

from dashboard.tests.world import NOW
from stats.tests.builders import LOS_ANGELES, local, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("entity", ["parks", "rides"])
def test_now_lists_what_is_down_now_and_folds_the_rest_of_today_away(client, entity):
    ago = local(date(2025, 12, 23), "15:00", LOS_ANGELES)
    for name, story in (("Stuck", "O60 D90"), ("Mended", "O60 D60 O30")):
        park = make_park(name=f"Park {name}", timezone=LOS_ANGELES)
        report(make_ride(park, 1, name=f"Ride {name}", last_operated_at=NOW), ago, story)
        show_park(park, ago, 150)
    with time_machine.travel(NOW, tick=False):
        page = client.get(f"/downtime/{entity}?period=live").content.decode()
    now, _, earlier = page.partition("<details><summary>Down earlier today, not now: ")
    assert f"{entity.title()[:-1]} Stuck" in now
    assert f"{entity.title()[:-1]} Mended" not in now
    # Live, the API lists no park whose rides all run again.
    assert ("Ride Mended" in earlier) == (entity == "rides")


def test_a_list_of_now_on_which_all_is_mended_says_so(client):
    ago = local(date(2025, 12, 23), "15:00", LOS_ANGELES)
    park = make_park(timezone=LOS_ANGELES)
    report(make_ride(park, 1, name="Mended"), ago, "O60 D60 O30")
    show_park(park, ago, 150)
    with time_machine.travel(NOW, tick=False):
        page = client.get("/downtime/rides?period=live").content.decode()
    assert "Nothing is down now in the parks that are open and report." in page
