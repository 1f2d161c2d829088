"""The answer to "plan … and … on …"."""

from datetime import date, timedelta

from assistant.answering.answer import Answer
from assistant.answering.questions import Question
from parks.search.index import SearchRide

A_WEEK = timedelta(days=7)


def planned(answer: Answer, question: Question) -> None:
    """The order of the named rides on a day: the coming one of its name."""
    rides = [hit for hit in question.hits if isinstance(hit, SearchRide)]
    if not rides:
        answer.is_refusal = True
        answer.say(f"Which rides? Name them, or choose them on the page {answer.cite('figure', '/visits')}.")
        return
    day = coming(question.when.start or question.today, question.today)
    ids = list(dict.fromkeys(hit.id for hit in rides))
    found = answer.call("plan_visit", park_id=rides[0].park_id, day=day.isoformat(), ride_ids=ids, limit=30)
    if found is None:
        return
    answer.say(f"On {day} at {rides[0].park_name} this order takes least time, by the waits of days like it:")
    for item in found.items:
        reason = f" ({item.text})" if isinstance(item.text, str) else ""
        if isinstance(item.start, str):
            answer.say(f"• {item.start[11:16]} {item.name}: usual wait {answer.figure(item, 'wait_p50')}{reason}")
        else:
            answer.say(f"• {item.name} has no place in it{reason} {answer.cite('figure', item.link)}")


def coming(day: date, today: date) -> date:
    """A weekday or a date without a year was read as the last one: a plan means the next. An older one stays."""
    if day >= today:
        return day
    if day >= today - A_WEEK:
        return day + A_WEEK
    is_leap_day = (day.month, day.day) == (2, 29)
    later = day.replace(year=day.year + 1, day=28 if is_leap_day else day.day)
    return later if later >= today else day
