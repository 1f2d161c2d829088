"""What a question asks: its form, its names, its time. Plain parsing; what it does not know it does not guess."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from django.conf import settings

from assistant.answering.dates import When, read
from assistant.tools.rules import find_rule
from core.zones import local_date
from outages.addresses import parse_address
from parks.models import Park
from parks.search.find import find, words_of
from parks.search.index import SearchPark, SearchRide

LONGEST = 500  # characters that are read
Hit = SearchPark | SearchRide


class Form(Enum):
    MEANING = "what does … mean"
    SOURCE = "how do you know …"
    COMPARE = "compare … and …"
    SHORTEST = "when is the wait for … shortest"
    WORST = "which ride is worst"
    RUNNING = "is … running"
    OUTAGES = "when was … down"
    DOWNTIME = "how long was … down"
    WAITS = "how long was the wait for …"
    HOURS = "when is … open"
    WEATHER = "what was the weather at …"
    PLAN = "plan … and … on …"


@dataclass(frozen=True, slots=True)
class Question:
    form: Form | None  # None: nothing that this site answers
    hits: tuple[Hit, ...] = ()  # what is asked about
    candidates: tuple[Hit, ...] = ()  # several that one name may mean
    missing: str = ""  # a name that nothing has
    when: When = field(default_factory=When)
    topic: str = ""
    zone: str = "UTC"
    today: date = date.min
    by: str = "downtime_minutes"
    is_best: bool = False
    wants_parks: bool = False
    outage: str = ""  # the id of an outage that is named

    @property
    def lies_ahead(self) -> bool:
        """Is it about days of which nobody knows yet? Of hours and weather something is said before."""
        is_said_before = self.form in (Form.HOURS, Form.WEATHER, Form.PLAN)
        return self.when.start is not None and self.when.start > self.today and not is_said_before


# The first form of which a pattern is found is the question's. Small letters, without signs at its end.
FORMS: tuple[tuple[Form, str], ...] = (
    (Form.MEANING, r"^(?:what(?:'s| is| are| does)|explain|define|meaning of)\b.*\b(?:mean|meaning|definition)\b"),
    (Form.MEANING, r"^(?:explain|define|meaning of)\b"),
    (
        Form.SOURCE,
        r"\bhow (?:do|can|did) (?:you|i|we) know\b|\bhow sure\b|\bhow complete\b|\bevidence for\b|\bcoverage\b",
    ),
    (Form.PLAN, r"^(?:please )?(?:make a )?plan\b|\b(?:what|which|best) order\b"),
    (Form.COMPARE, r"^compare\b|\bcompared (?:to|with)\b|\b(?:versus|vs)\b"),
    (Form.SHORTEST, r"\bwhen\b.*\b(?:shortest|quietest|least busy|lowest|best time)\b|\bbest time\b"),
    (Form.SHORTEST, r"\b(?:shortest|lowest)\b.*\b(?:wait|line|queue)s?\b.*\b(?:hour|time of)\b"),
    (Form.WORST, r"\b(?:which|what|who)\b.*\b(?:worst|best|most|least|longest|shortest|highest|lowest)\b"),
    (Form.WORST, r"^(?:worst|best|most|least|top|rank)\b|\b(?:worst|least reliable|most reliable) (?:ride|park)s?\b"),
    (Form.HOURS, r"\b(?:opening hours|opening times|hours of)\b"),
    (Form.HOURS, r"\bwhen (?:is|does|was|did|will)\b.*\b(?:open|close|opens|closes)\b"),
    (Form.HOURS, r"\bhow long (?:is|was)\b.*\bopen\b"),
    (Form.WEATHER, r"\b(?:weather|rain|raining|temperature|hot|cold|windy)\b"),
    (Form.OUTAGES, r"\bwhen (?:was|were|did)\b.*\b(?:down|break|broke|stop|closed)\b|\b(?:outages|breakdowns)\b"),
    (
        Form.DOWNTIME,
        r"\bhow (?:long|much|many|often|reliable)\b.*\b(?:down|downtime|broken|out|reliable|available|hours down)\b",
    ),
    (Form.DOWNTIME, r"\b(?:downtime|availability|uptime|reliability|how reliable)\b"),
    (Form.WAITS, r"\b(?:wait|waits|waiting|queue|line)\b"),
    (Form.RUNNING, r"^(?:is|are)\b.*\b(?:running|open|down|up|operating|working|closed|broken)\b"),
    (Form.RUNNING, r"\bwhat(?:'s| is| are)?\b.*\b(?:down|closed|running|broken)\b(?!.*\bmean)"),
    (Form.DOWNTIME, r"\b(?:was|were|been)\b.*\b(?:down|broken|closed)\b"),
)
# Words that belong to the forms, never to a name that is looked for.
NOISE = frozenset(
    (  # noqa: SIM905  (a list of a hundred lines is harder to read)
        "a an the is are was were be been do does did of at in on for from to and or it its this that there "
        "what which who when how long much many often often time times hour hours day days down downtime up "
        "uptime running run open opened opening close closed closes broken break broke working operating "
        "operate stop stopped wait waits waiting queue line lines ride rides park parks attraction "
        "attractions worst best most least longest shortest highest lowest average reliable reliability "
        "availability available compare compared with versus vs between know you i we me can tell show please "
        "give much outages outage breakdowns breakdown weather rain raining temperature hot cold windy top "
        "rank have has had quietest busy minutes sure complete coverage evidence so far get whole whats s by "
        "will would going usually today usual typical typically posted current currently than more less "
        "better worse score shame standby peak posted my our your any all during over about "
        "plan planning order visit make then"
    ).split()
)


def parse(text: str, now: datetime) -> Question:
    """At most four queries, and two for each name."""
    plain = plain_of(text)
    form = form_of(plain)
    topic = topic_of(plain)
    if form == Form.MEANING or (form is None and topic and find_rule(topic)):
        return Question(Form.MEANING, topic=topic or plain)
    outage = outage_in(plain)
    if outage:
        return Question(Form.SOURCE, outage=outage)
    when, rest = read(plain, local_date(now, settings.SITE_TIME_ZONE))
    hits, candidates, missing = names_of(rest, form in (Form.COMPARE, Form.PLAN))
    zone = zone_of(hits or candidates)
    today = now.astimezone(ZoneInfo(zone)).date()
    when, _ = read(plain, today)  # again by the park's own calendar
    return Question(
        form,
        hits,
        candidates,
        missing,
        when,
        topic,
        zone,
        today,
        by=measure_of(plain),
        is_best=bool(re.search(r"\b(?:best|most reliable|shortest|lowest|least (?:down|downtime))\b", plain)),
        wants_parks=bool(re.search(r"\bparks?\b", plain)) and not re.search(r"\brides?\b", plain),
    )


def plain_of(text: str) -> str:
    """The beginning of a text in small letters, as all expressions expect it: they are bounded by its length."""
    return " ".join(text[:LONGEST].casefold().replace("’", "'").split()).rstrip("?!. ")


def form_of(plain: str) -> Form | None:
    return next((form for form, pattern in FORMS if re.search(pattern, plain)), None)


def topic_of(plain: str) -> str:
    match = re.search(
        r"(?:what(?:'s| is| are| does)|explain|define|meaning of)\s+(?:an? |the )?(.+?)(?:\s+mean.*)?$", plain
    )
    return match[1].strip(" '\"“”") if match else ""


def outage_in(plain: str) -> str:
    """The id of an outage, after the word or in the address of its page. No name has digits like these."""
    found = re.search(r"\boutages?(?: |/|#|: ?)([0-9a-z]{7,13})\b", plain)
    return found[1] if found and re.search(r"\d", found[1]) and parse_address(found[1]) else ""


def measure_of(plain: str) -> str:
    """What a rank goes by."""
    for pattern, by in (
        (r"\b(?:wait|waits|waiting|line|queue)s?\b", "wait_avg"),
        (r"\b(?:reliable|reliability|availability)\b", "availability_percentage"),
        (r"\b(?:shame|score)\b", "shame_score"),
        (r"\b(?:late|delay|delays)\b", "opening_delay_minutes"),
    ):
        if re.search(pattern, plain):
            return by
    return "downtime_minutes"


def names_of(rest: str, is_pair: bool) -> tuple[tuple[Hit, ...], tuple[Hit, ...], str]:
    """What the names of a text mean: all of them, or those that one may mean, or the one that means nothing."""
    texts = re.split(r"\b(?:and|with|to|versus|vs|or|then)\b|,", rest) if is_pair else [rest]
    found: list[Hit] = []
    for text in texts:
        name = name_in(text)
        if not name:
            continue
        hits = best(name)
        if not hits:
            return (), (), name
        if len(hits) > 1:
            return (), tuple(hits), ""
        found += hits
    return tuple(found), (), ""


def name_in(text: str) -> str:
    """The words of a text that belong to no form: from the first to the last of them, so that "it's a small world"
    keeps its small words."""
    words = words_of(text.replace("'s ", " "))
    kept = [number for number, word in enumerate(words) if word not in NOISE and not word.isdigit()]
    return " ".join(words[kept[0] : kept[-1] + 1]) if kept else ""


def best(name: str) -> list[Hit]:
    """The one that is meant; several of the same name, or none."""
    ride, _, place = name.partition(" at ")
    hits = find(f"{ride} {place}".strip(), 6) or find(name, 6)
    if not hits:
        # Words around a name that the list of noise does not know.
        words = name.split()
        hits = next(
            (
                hits
                for n in range(1, len(words))
                for part in (words[n:], words[:-n])
                if len(part) > 1 and (hits := find(" ".join(part), 6))
            ),
            [],
        )
    if not hits:
        return []
    wanted = words_of(ride)
    exact = [hit for hit in hits if words_of(hit.name) == wanted] or [
        hit for hit in hits if words_of(hit.name) == words_of(name)
    ]
    if len(exact) == 1:
        return exact
    if len(exact) > 1:
        return exact
    begun = [hit for hit in hits if words_of(hit.name)[: len(wanted)] == wanted]
    if len(begun) > 1 and len({tuple(words_of(hit.name)) for hit in begun}) > 1:
        return begun
    same = [hit for hit in hits if words_of(hit.name) == words_of(hits[0].name)]
    return same if len(same) > 1 else hits[:1]


def zone_of(hits: tuple[Hit, ...]) -> str:
    """The first one's; the site's where nothing is named. One query."""
    if not hits:
        return str(settings.SITE_TIME_ZONE)
    first = hits[0]
    park = first.id if isinstance(first, SearchPark) else first.park_id
    return Park.objects.values_list("timezone", flat=True).get(pk=park)
