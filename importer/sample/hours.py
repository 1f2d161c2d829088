"""Opening hours and crowds of the parks of the sample archive, typed in after their usual calendars."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from parks.catalog.known import CatalogPark

_WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")

# Rules by park slug, the last match wins, no match means closed. A rule is `season weekdays open-close`:
# a season is `year` or `MM/DD-MM/DD` (it may span new year), hours are local and may pass 24 (25 is 1 a.m.).
_CALENDARS = """
magickingdompark: year * 9-22, year fr-su 9-23, 03/10-04/12 * 9-23, 06/01-08/15 * 9-23, 12/20-01/02 * 8-25
epcot: year * 9-21, year sa 9-22, 12/20-01/02 * 9-23
disneyshollywoodstudios: year * 9-21, year fr-su 8.5-21.5, 12/20-01/02 * 8-22
disneysanimalkingdomthemepark: year * 8-19, 06/01-08/15 * 8-20, 12/20-01/02 * 7-20
universalislandsofadventure: year * 9-20, year fr-su 9-21, 06/01-08/20 * 8-22
universalstudiosflorida: year * 9-20, year fr-su 9-21, 06/01-08/20 * 9-22, 09/01-10/31 we-su 9-17
universalepicuniverse: year * 10-20, year fr-su 9-21, 06/01-08/20 * 9-22
universalsvolcanobay: year * 10-17, 05/01-08/31 * 9-20
disneylandpark: year * 8-22, year fr-su 8-24, 06/01-08/20 * 8-24, 12/20-01/02 * 8-25
disneycaliforniaadventurepark: year * 8-21, year fr-su 8-22, 12/20-01/02 * 8-23
universalstudioshollywood: year * 9-19, year sa-su 8-21, 06/10-08/15 * 8-22
disneylandparkparis: year * 9.5-21, year sa 9.5-22.5, 07/01-08/31 * 9.5-23, 12/20-01/02 * 9.5-23
disneyadventureworld: year * 9.5-20, 07/01-08/31 * 9.5-21
tokyodisneyland: year * 9-21
tokyodisneysea: year * 9-21
shanghaidisneyland: year * 9-20, year fr-su 8.5-21.5, 07/01-08/31 * 8.5-21.5
hongkongdisneylandpark: year mo-tu 10.5-20.5, year th-su 10.5-21, 07/01-08/31 * 10.5-21
dollywood: 03/10-05/20 mo 10-18, 03/10-05/20 we-su 10-19, 05/21-08/10 * 10-21, 08/11-10/31 we-mo 10-20,
  11/01-01/04 we-su 11-21
silverdollarcity: 03/10-05/20 we-su 10-18, 05/21-08/15 * 9.5-20, 08/16-10/31 we-su 10-20,
  11/01-12/30 we-su 12-21
hersheypark: 04/01-05/20 sa-su 10-20, 05/21-09/03 * 10-22, 09/04-11/05 fr-su 12-22, 11/10-01/01 th-su 14-21
cedarpoint: 05/09-06/05 * 10-20, 06/06-08/15 * 10-22, 06/06-08/15 sa 10-24, 08/16-09/03 fr-su 10-22,
  09/10-11/01 th-fr 17-24, 09/10-11/01 sa 11-25, 09/10-11/01 su 11-20
kingsisland: 04/15-05/20 sa-su 10-20, 05/21-08/17 * 10-22, 08/18-09/04 fr-su 10-21, 09/10-11/01 fr 18-24,
  09/10-11/01 sa 12-25, 09/10-11/01 su 12-20, 11/25-12/31 we-su 17-22
kingsdominion: 03/20-05/20 sa-su 10-19, 05/21-08/20 * 10-20, 05/21-08/20 sa 10-22, 09/10-11/01 fr-sa 12-24,
  09/10-11/01 su 12-20
carowinds: 03/10-05/20 sa-su 10-19, 05/21-08/15 * 10-20, 05/21-08/15 sa 10-22, 09/10-11/01 fr-sa 12-24,
  09/10-11/01 su 12-19, 11/22-12/31 th-su 14-22
knottsberryfarm: year * 10-18, year fr-sa 10-22, 06/10-08/15 * 10-22, 09/20-10/31 we-su 10-17
canadaswonderland: 04/28-06/20 * 10-20, 06/21-09/03 * 10-22, 09/25-11/01 fr-sa 12-24, 09/25-11/01 su 12-20
sixflagsmagicmountain: year * 10.5-18, year sa-su 10.5-20, 06/10-08/15 * 10.5-21, 09/15-10/31 fr-sa 10.5-25
sixflagsgreatadventure: 03/25-05/20 sa-su 10.5-20, 05/21-09/03 * 10.5-21, 09/15-11/02 fr-sa 12-24,
  09/15-11/02 su 12-21, 11/22-01/01 fr-su 14-21
sixflagsovertexas: 03/01-05/20 sa-su 11-20, 05/21-08/15 * 10.5-21, 08/16-11/02 sa-su 11-22,
  11/20-12/31 fr-su 13-21
sixflagsgreatamerica: 04/20-05/20 sa-su 10.5-19, 05/21-08/17 * 10.5-21, 09/13-11/01 fr 17-23,
  09/13-11/01 sa 12-24, 09/13-11/01 su 12-21
buschgardenstampabay: year * 10-18, year fr-su 10-20, 06/01-08/10 * 10-21, 09/05-11/01 fr-sa 10-25
buschgardenswilliamsburg: 03/10-05/20 fr-su 10-19, 05/21-08/20 * 10-21, 09/05-10/31 fr-sa 12-23,
  09/05-10/31 su 12-20, 11/10-01/04 th-su 14-22
seaworldorlando: year * 10-18, year fr-su 10-20, 06/01-08/10 * 9-22
seaworldsandiego: year * 10.5-17, year sa-su 10.5-19, 06/10-08/15 * 10-22
legolandcalifornia: year th-mo 10-17, 05/25-08/31 * 10-19
legolandflorida: year th-mo 10-17, 05/25-08/15 * 10-18, 12/20-12/31 * 10-20
legolandwindsor: 03/14-11/02 th-mo 10-17, 04/01-04/18 * 10-18, 07/20-08/31 * 10-19
altontowers: 03/14-11/08 * 10-16, 03/14-11/08 sa-su 10-17, 07/20-08/31 * 10-18, 10/10-11/01 fr-su 10-21
thorpepark: 03/20-11/02 fr-mo 10-17, 04/01-04/18 * 10-18, 07/20-08/31 * 10-18, 10/05-11/01 th-su 10-21
gardaland: 03/28-06/14 * 10-18, 06/15-09/10 * 10-23, 09/11-11/02 sa-su 10-18, 12/06-01/06 sa-su 10-18
europapark: 03/21-11/08 * 9-18, 07/20-09/05 * 9-20, 11/22-01/11 * 11-19
phantasialand: 03/28-11/08 * 9-18, 07/10-08/25 * 9-20, 11/20-01/18 * 11-20
efteling: year * 11-18, 04/01-10/31 * 10-18, 07/05-08/31 * 10-20, 07/05-08/31 sa 10-23
parcasterix: 04/05-07/05 we-su 10-18, 07/06-08/31 * 10-19, 09/01-09/30 sa-su 10-18, 10/05-11/03 we-su 10-19,
  10/05-11/03 sa 10-25, 12/20-01/04 * 11-18
portaventurapark: 03/20-06/15 * 10-19, 06/16-09/14 * 10-24, 09/15-11/05 * 10-19, 10/05-11/05 fr-su 10-23,
  11/20-01/06 fr-su 10.5-19
liseberg: 04/20-05/31 fr-su 12-20, 06/01-08/20 * 11-23, 08/21-09/30 fr-su 13-21, 10/09-11/01 we-su 12-21,
  11/14-12/30 we-su 13-21
"""

# The last season that holds a day decides; what a first-of-the-year visitor would call 1.0.
_SEASON_CROWDS = (
    ("01/01-12/31", 1.0),
    ("01/08-02/10", 0.75),
    ("03/08-04/18", 1.2),
    ("05/01-05/22", 0.9),
    ("06/10-08/15", 1.2),
    ("08/25-09/25", 0.75),
    ("10/05-11/01", 1.1),
    ("11/20-11/29", 1.3),
    ("12/01-12/15", 0.85),
    ("12/20-01/03", 1.45),
)
_WEEKDAY_CROWDS = (0.98, 0.9, 0.86, 0.9, 1.0, 1.22, 1.1)


@dataclass(frozen=True, slots=True)
class _Rule:
    season: str
    weekdays: frozenset[int]
    opens: int
    closes: int


def _in_season(day: date, season: str) -> bool:
    if season == "year":
        return True
    first, last = season.split("-")
    today = f"{day.month:02}/{day.day:02}"
    return first <= today <= last if first <= last else today >= first or today <= last


def _weekdays(text: str) -> frozenset[int]:
    """`*`, `sa` or a span such as `th-mo`, which may pass the week's end."""
    if text == "*":
        return frozenset(range(7))
    first, _, last = text.partition("-")
    start, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
    return frozenset((start + offset) % 7 for offset in range((end - start) % 7 + 1))


def _rule(text: str) -> _Rule:
    season, weekdays, hours = text.split()
    opens, closes = (int(float(hour) * 60) for hour in hours.split("-"))
    return _Rule(season, _weekdays(weekdays), opens, closes)


def _read_calendars(table: str) -> dict[str, tuple[_Rule, ...]]:
    calendars: dict[str, tuple[_Rule, ...]] = {}
    for line in filter(None, table.replace(",\n", ",").splitlines()):
        slug, _, rules = line.partition(":")
        calendars[slug] = tuple(_rule(text) for text in rules.split(","))
    return calendars


_RULES = _read_calendars(_CALENDARS)


def opening_minutes(park: CatalogPark, day: date) -> tuple[int, int] | None:
    """Opening and closing of a local day in wall-clock minutes after midnight; None when closed.

    Closing may pass 1,440. `park` is an entry of the catalogue, not a twin.
    """
    hours = None
    for rule in _RULES[park.slug]:
        if day.weekday() in rule.weekdays and _in_season(day, rule.season):
            hours = (rule.opens, rule.closes)
    return hours


@lru_cache(maxsize=1024)
def crowd_level(day: date) -> float:
    """How crowded a day is, as a factor on waits: season and weekday; 1.0 is an ordinary day."""
    level = 1.0
    for season, factor in _SEASON_CROWDS:
        if _in_season(day, season):
            level = factor
    return level * _WEEKDAY_CROWDS[day.weekday()]
