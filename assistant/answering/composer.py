"""The answer to a question in short sentences, each figure with its footnote. No model has a part in it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from assistant.answering.answer import Answer, number
from assistant.answering.planning import planned
from assistant.answering.questions import Form, Hit, Question, parse
from assistant.tools.shapes import Item, ToolResult
from core import data_version
from parks.search.index import SearchPark
from snapshots.current import UNKNOWN
from snapshots.status import PARK_CLOSED, Status

MOST_LISTED = 5
FORMS_TOLD = (
    "I answer questions such as: What was down at Magic Kingdom yesterday? How long was Space Mountain down last"
    " weekend? Which ride was worst last month? Is Space Mountain running? When is the wait for it shortest? What does"
    " downtime mean?"
)
BY_WORDS = {
    "downtime_minutes": "downtime",
    "availability_percentage": "availability",
    "wait_avg": "average wait",
    "wait_max": "longest wait",
    "shame_score": "shame score",
    "opening_delay_minutes": "opening delay",
}


def compose(text: str, now: datetime) -> Answer:
    """The answer to a question; it never raises for what is asked."""
    question, answer = parse(text, now), Answer()
    if question.form is None:
        refuse(answer, question)
    elif question.missing and question.form != Form.MEANING:
        answer.is_refusal = True
        answer.say(f"I know no park or ride named “{question.missing[:60]}”. {FORMS_TOLD}")
    elif question.candidates:
        ask_which(answer, question)
    elif question.lies_ahead:
        ahead(answer, question)
    else:
        WRITERS[question.form](answer, question)
    return answer


def refuse(answer: Answer, question: Question) -> None:
    answer.is_refusal = True
    answer.say("I answer questions about downtime, waits and opening hours of theme-park rides, and nothing else.")
    if question.hits:
        hit = question.hits[0]
        answer.say(f"Of {hit.name} I can say what it did; its page is here {answer.cite('figure', page_of(hit))}.")
    answer.say(FORMS_TOLD)


def ahead(answer: Answer, question: Question) -> None:
    answer.is_refusal = True
    answer.say(
        f"{question.when.start} lies ahead, and I know the past and the present alone. I can say how it was on such"
        " days before: name a date, a weekday or a month that is over."
    )


def ask_which(answer: Answer, question: Question) -> None:
    answer.is_refusal = True
    answer.say("Which one do you mean?")
    for hit in question.candidates[:MOST_LISTED]:
        place = f", {hit.location}" if isinstance(hit, SearchPark) else f" at {hit.park_name}"
        answer.say(f"• {hit.name}{place} {answer.cite('figure', page_of(hit))}")


def page_of(hit: Hit) -> str:
    return f"/parks/{hit.id}" if isinstance(hit, SearchPark) else f"/rides/{hit.id}"


# -- what is asked about -----------------------------------------------------------------------------------


def window_of(question: Question) -> dict[str, Any]:
    """The arguments of a window; yesterday where no dates are named."""
    first, last = dates_of(question)
    return {
        "start": first.isoformat(),
        "end": last.isoformat(),
        "hours": question.when.hours,
        "weekdays": list(question.when.weekdays),
    }


def dates_of(question: Question) -> tuple[date, date]:
    when = question.when
    if when.start is None or when.end is None:
        # Of several Saturdays one day says nothing.
        back = 90 if when.weekdays else 1
        return question.today - timedelta(days=back), question.today - timedelta(days=1)
    return when.start, when.end


def in_words(question: Question) -> str:
    """The dates that are meant, as the answer says them: "on 2025-07-05", "from … to …", with hours and weekdays."""
    first, last = dates_of(question)
    days = f"on {first}" if first == last else f"from {first} to {last}"
    hours = f", {question.when.hours}" if question.when.hours else ""
    weekdays = f", {', '.join(question.when.weekdays)}" if question.when.weekdays else ""
    return f"{days}{weekdays}{hours}"


def ids_of(question: Question) -> dict[str, list[int]]:
    rides = [hit.id for hit in question.hits if not isinstance(hit, SearchPark)]
    parks = [hit.id for hit in question.hits if isinstance(hit, SearchPark)]
    return {"ride_ids": rides} if rides else {"park_ids": parks}


def park_id_of(question: Question) -> int | None:
    for hit in question.hits:
        return hit.id if isinstance(hit, SearchPark) else hit.park_id
    return None


def needs_name(answer: Answer, question: Question, what: str) -> bool:
    """True when nothing is named that the question needs; says so."""
    if question.hits:
        return False
    answer.is_refusal = True
    answer.say(f"Of which {what}? Name one, such as Space Mountain at Magic Kingdom.")
    return True


def is_unknown(item: Item) -> bool:
    """Was nothing of its open time observed?"""
    opened, unknown = item.value("open_minutes"), item.value("unknown_minutes")
    return not opened or opened == unknown


# -- the forms ---------------------------------------------------------------------------------------------


def meaning(answer: Answer, question: Question) -> None:
    found = answer.call("explain_rule", topic=question.topic[:60] or "?")
    if found is None:
        return
    if not found.items:
        answer.is_refusal = True
        answer.say(f"I have no rule of “{question.topic[:60]}”; {found.note}.")
    for item in found.items:
        answer.say(f"{item.name}: {item.text} {answer.cite('rule', item.link)}")


def source(answer: Answer, question: Question) -> None:
    """Where figures come from, and how much of the named park's days was observed."""
    answer.say(
        "Parks report the state and the wait of their rides, which are stored every few minutes; every figure is"
        f" computed from these reports by published rules {answer.cite('rule', '/trust/rules')}, and time that nobody"
        f" observed is unknown {answer.cite('coverage', '/trust#unknown')}."
    )
    if question.outage:
        one_outage(answer, question.outage)
        return
    park = park_id_of(question)
    if park is None:
        return
    first, last = dates_of(question)
    if not isinstance(question.hits[0], SearchPark):
        outages_of(answer, question, question.hits[0])
    found = answer.call("coverage", park_id=park, start=first.isoformat(), end=last.isoformat(), limit=MOST_LISTED)
    for item in found.items if found else ():
        share = item.value("coverage_percentage")
        mark = answer.cite("coverage", item.link, share, "%")
        seen = "unknown" if share is None else f"{number(share)} % of the open time was observed"
        answer.say(f"• {item.name}: {seen} {mark}")


def one_outage(answer: Answer, address: str) -> None:
    """What says that an outage was one: its observations, its rule, what speaks against it."""
    found = answer.call("outages", outage_id=address)
    if found is None:
        return
    for item in found.items:
        mark = answer.cite("outage", item.link)
        answer.say(f"{item.name} at {item.park_name}: {spoken(str(item.start))} {until(item)} {mark}; {found.note}.")
        if item.figures:
            seen = answer.cite("outage", item.link, item.value("observations"), "")
            answer.say(
                f"It lasted {answer.figure(item, 'duration_minutes', kind='outage')}, and {item.value('observations')}"
                f" observations say so {seen}."
            )


def outages_of(answer: Answer, question: Question, hit: Hit) -> ToolResult | None:
    """A ride's outages on the dates, the last ones with their pages of the ledger."""
    first, last = dates_of(question)
    window = {"start": first.isoformat(), "end": last.isoformat()}
    found = answer.call("outages", ride_id=hit.id, **window, limit=MOST_LISTED)
    if found is None or not found.items:
        return found
    more = f"; the last {len(found.items)} of them" if found.total > len(found.items) else ""
    page = f"/outages?ride_id={hit.id}&start={first}&end={last}"
    mark = answer.cite("outage", page, found.total, "")
    answer.say(f"{hit.name} was down {times(found.total)} {in_words(question)} {mark}{more}:")
    for item in found.items:
        length = answer.figure(item, "duration_minutes", kind="outage")
        answer.say(f"• {spoken(str(item.start))} {until(item)}, {str(item.text).lower()}, {length}")
    return found


def until(item: Item) -> str:
    return f"until {spoken(item.end)}" if isinstance(item.end, str) else "and it goes on"


def downtime(answer: Answer, question: Question) -> None:
    if question.when.is_now:
        running(answer, question)
        return
    if needs_name(answer, question, "ride or park"):
        return
    found = answer.call("downtime", **ids_of(question), **window_of(question))
    if found is None:
        return
    for hit in question.hits:
        item = next((item for item in found.items if item.id == hit.id), None)
        one_downtime(answer, question, hit, item)


def one_downtime(answer: Answer, question: Question, hit: Hit, item: Item | None) -> None:
    if item is None or is_unknown(item):
        nothing_known(answer, question, hit)
        return
    rides = " (all its rides together)" if isinstance(hit, SearchPark) else ""
    if not rides and item.value("uptime_percentage") is None:
        mark = answer.cite("figure", item.link)
        answer.say(f"{item.name} did not run {in_words(question)}, so it has no downtime that counts {mark}.")
    else:
        text = f"{item.name}{rides} was down for {answer.figure(item, 'downtime_minutes')} {in_words(question)}"
        if item.value("availability_percentage") is not None:
            text += f"; its availability was {answer.figure(item, 'availability_percentage')}"
        answer.say(f"{text}.")
    if item.value("unknown_minutes"):
        answer.say(f"A further {answer.figure(item, 'unknown_minutes')} are unknown: nobody observed them.")


def nothing_known(answer: Answer, question: Question, hit: Hit) -> None:
    mark = answer.cite("coverage", "/trust/coverage")
    answer.say(f"Nothing was observed of {hit.name} {in_words(question)}: it is unknown {mark}.")


def outages(answer: Answer, question: Question) -> None:
    if question.when.is_now:
        running(answer, question)
        return
    if needs_name(answer, question, "ride"):
        return
    hit = question.hits[0]
    if isinstance(hit, SearchPark):
        worst(answer, question)
        return
    found = outages_of(answer, question, hit)
    if found is not None and not found.items:
        downtime(answer, question)  # says whether nothing happened or nothing is known


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def spoken(instant: str) -> str:
    return f"{instant[:10]} {instant[11:16]}"


def worst(answer: Answer, question: Question) -> None:
    """A rank of rides, of one park where it is named, or of parks."""
    if question.when.is_now:
        running(answer, question)
        return
    park = next((hit.id for hit in question.hits if isinstance(hit, SearchPark)), None)
    entity = "parks" if question.wants_parks and park is None else "rides"
    by = "downtime_minutes" if entity == "rides" and question.by == "shame_score" else question.by
    order = "best" if question.is_best else "worst"
    window = window_of(question)
    found = answer.call("rank", entity=entity, by=by, order=order, park_id=park, limit=MOST_LISTED, **window)
    if found is None:
        return
    # A list of what was down has nothing that was not.
    shown = [item for item in found.items if question.is_best or by != "downtime_minutes" or item.value(by)]
    if not shown:
        mark = answer.cite("coverage", "/trust/coverage")
        known = any(not is_unknown(item) for item in found.items)
        text = "No ride that was observed was down" if known else "Nothing was observed"
        answer.say(f"{text} {in_words(question)}{'' if known else ': it is unknown'} {mark}.")
        return
    answer.say(f"By {BY_WORDS[by]} {in_words(question)}, {'best' if question.is_best else 'worst'} first:")
    for place, item in enumerate(shown, start=1):
        where = f" ({item.park_name})" if park is None and isinstance(item.park_name, str) else ""
        answer.say(f"{place}. {item.name}{where}: {answer.figure(item, by)}")


def compared(answer: Answer, question: Question) -> None:
    if needs_name(answer, question, "rides or parks"):
        return
    alone = len(question.hits) == 1
    found = answer.call("compare", **ids_of(question), **window_of(question), compare="previous" if alone else None)
    if found is None:
        return
    if not found.items:
        nothing_known(answer, question, question.hits[0])
        return
    answer.say(f"Compared {in_words(question)}:")
    for item in found.items:
        if is_unknown(item):
            answer.say(f"• {item.name}: unknown {answer.cite('coverage', '/trust/coverage')}")
            continue
        answer.say(
            f"• {item.name}: down {answer.figure(item, 'downtime_minutes')}, availability"
            f" {answer.figure(item, 'availability_percentage')}, average wait {answer.figure(item, 'wait_avg')}"
        )


def running(answer: Answer, question: Question) -> None:
    """A ride now, or what is down in a park; with dates, what was down then."""
    if question.when.start is not None:
        is_ride = question.hits and not isinstance(question.hits[0], SearchPark)
        (downtime if is_ride else worst)(answer, question)
        return
    if not question.hits and question.topic.startswith("down"):
        down_anywhere(answer)
        return
    if needs_name(answer, question, "ride or park"):
        return
    hit = question.hits[0]
    if isinstance(hit, SearchPark):
        down_now(answer, hit)
        return
    found = answer.call("now", ride_id=hit.id)
    if found is None:
        return
    item = found.items[0]
    mark = "" if item.text == Status.DOWN else answer.cite("figure", item.link)
    if item.text == UNKNOWN:
        answer.say(f"Whether {item.name} is running is unknown: nothing was heard of it within two hours {mark}.")
    elif item.text == Status.OPERATING:
        wait = item.value("wait_time")
        posted = "no wait is posted" if wait is None else f"the posted wait is {answer.figure(item, 'wait_time')}"
        answer.say(f"{item.name} is running {mark}; {posted}.")
    elif item.text == Status.DOWN:
        since = f" since {spoken(item.start)}" if isinstance(item.start, str) else ""
        answer.say(f"{item.name} is down{since} {cite_outage(answer, item)}.")
    else:
        words = {
            PARK_CLOSED: "its park is closed",
            Status.CLOSED: "closed",
            Status.REFURBISHMENT: "closed for refurbishment",
        }
        state = words.get(str(item.text), str(item.text).lower())
        answer.say(f"{item.name} is not running: {'it is ' if item.text != PARK_CLOSED else ''}{state} {mark}.")


def down_anywhere(answer: Answer) -> None:
    found = answer.call("outages", open_now=True)
    mark = answer.cite("outage", "/outages")
    if found is None or not found.items:
        answer.say(f"Nothing is known to be down at this moment; what a silent ride does is unknown {mark}.")
        return
    answer.say(f"Down at this moment, as far as rides were heard of{', the newest' if found.next else ''} {mark}:")
    for item in found.items:
        since = f" since {spoken(item.start)}" if isinstance(item.start, str) else ""
        answer.say(f"• {item.name} at {item.park_name}{since} {cite_outage(answer, item)}")


def down_now(answer: Answer, park: SearchPark) -> None:
    found = answer.call_all("now", park_id=park.id, limit=50)
    if found is None:
        return
    mark = answer.cite("figure", page_of(park))
    down = [item for item in found.items if item.text == Status.DOWN]
    known = [item for item in found.items if item.text != UNKNOWN]
    if not known:
        answer.say(f"What runs at {park.name} is unknown: nothing was heard within two hours {mark}.")
    elif not down:
        answer.say(f"Nothing that is known of is down at {park.name}; {found.note} {mark}.")
    else:
        answer.say(f"Down at {park.name}, {found.note} {mark}:")
        for item in down:
            since = f" since {spoken(item.start)}" if isinstance(item.start, str) else ""
            answer.say(f"• {item.name}{since} {cite_outage(answer, item)}")


def cite_outage(answer: Answer, item: Item) -> str:
    """The page of the ledger; the ride's, until the ledger is written."""
    address = item.outage_id
    return answer.cite("outage", f"/outages/{address}" if isinstance(address, str) else item.link)


def waits(answer: Answer, question: Question) -> None:
    if needs_name(answer, question, "ride"):
        return
    hit = question.hits[0]
    if isinstance(hit, SearchPark):
        worst(answer, question)
        return
    if question.when.is_now or (question.when.start is None and not question.when.weekdays):
        running(answer, question)
        return
    found = answer.call("waits", ride_id=hit.id, by="none", **window_of(question))
    if found is None:
        return
    item = next(iter(found.items), None)
    if item is None or item.value("wait_avg") is None:
        nothing_known(answer, question, hit)
        return
    answer.say(
        f"The average posted wait of {item.name} {in_words(question)} was {answer.figure(item, 'wait_avg')}, the"
        f" longest {answer.figure(item, 'wait_max')}."
    )


def shortest(answer: Answer, question: Question) -> None:
    """By the hours of the last thirty days, unless dates are named."""
    if needs_name(answer, question, "ride"):
        return
    hit = question.hits[0]
    if isinstance(hit, SearchPark):
        answer.is_refusal = True
        answer.say(f"Of which ride at {hit.name}? Waits differ from ride to ride.")
        return
    window = window_of(question)
    if question.when.start is None:
        window["start"] = (question.today - timedelta(days=90 if question.when.weekdays else 30)).isoformat()
    found = answer.call_all("waits", ride_id=hit.id, by="hour_of_day", **window)
    if found is None:
        return
    hours = [item for item in found.items if item.type == "hour_of_day" and item.value("wait_avg") is not None]
    if not hours:
        nothing_known(answer, question, hit)
        return
    low = min(hours, key=lambda item: item.value("wait_avg") or 0)
    high = max(hours, key=lambda item: item.value("wait_avg") or 0)
    answer.say(
        f"From {window['start']} to {window['end']} the posted wait of {hit.name} was shortest in the hour from"
        f" {low.name}: {answer.figure(low, 'wait_avg')} on average; and longest from {high.name}:"
        f" {answer.figure(high, 'wait_avg')}."
    )


def hours(answer: Answer, question: Question) -> None:
    park = park_id_of(question)
    if park is None:
        needs_name(answer, question, "park")
        return
    first, last = dates_of(question) if question.when.start else (question.today, question.today)
    found = answer.call(
        "opening_hours", park_id=park, start=first.isoformat(), end=last.isoformat(), limit=MOST_LISTED
    )
    for item in found.items if found else ():
        name = question.hits[0].name if isinstance(question.hits[0], SearchPark) else question.hits[0].park_name
        answer.say(f"{name} on {item.name}: {item.text} {answer.cite('figure', item.link)}")


def weather(answer: Answer, question: Question) -> None:
    park = park_id_of(question)
    if park is None:
        needs_name(answer, question, "park")
        return
    first, last = dates_of(question) if question.when.start else (question.today, question.today)
    found = answer.call_all("weather", park_id=park, start=first.isoformat(), end=last.isoformat(), limit=50)
    if found is None:
        return
    known = [item for item in found.items if item.value("temperature_c") is not None]
    if not known:
        answer.say(
            f"The weather {in_words(question)} is unknown: none is stored {answer.cite('coverage', '/trust/sources')}."
        )
        return
    low = min(known, key=lambda item: item.value("temperature_c") or 0)
    high = max(known, key=lambda item: item.value("temperature_c") or 0)
    kind = "was" if known[0].type == "observed" else "is forecast to be"
    answer.say(
        f"The temperature {kind} between {answer.figure(low, 'temperature_c')} at {spoken(low.name)} and"
        f" {answer.figure(high, 'temperature_c')} at {spoken(high.name)}; {found.note}."
    )


WRITERS: dict[Form, Callable[[Answer, Question], None]] = {
    Form.MEANING: meaning,
    Form.SOURCE: source,
    Form.COMPARE: compared,
    Form.SHORTEST: shortest,
    Form.WORST: worst,
    Form.RUNNING: running,
    Form.OUTAGES: outages,
    Form.DOWNTIME: downtime,
    Form.WAITS: waits,
    Form.HOURS: hours,
    Form.WEATHER: weather,
    Form.PLAN: planned,
}


def stamp() -> dict[str, Any]:
    """The rules and the state of the data that an answer was given by."""
    return {"metrics_version": settings.METRICS_VERSION, "data_revision": data_version.current()}
