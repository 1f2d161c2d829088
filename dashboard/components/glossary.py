"""The words of the pages: what each means, and how a text links each at its first use."""

import re
from dataclasses import dataclass

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what it means, the rule that says it exactly, and other forms under which texts use it."""

    anchor: str
    word: str
    meaning: str
    rule: str = ""
    forms: tuple[str, ...] = ()


TERMS = (
    Term(
        "availability",
        "Availability",
        "Of the time in which a ride was meant to run, the share in which it did: operating of operating and down."
        " Planned closures are left out.",
        "R-8.2",
    ),
    Term(
        "average-wait",
        "Average wait",
        "The mean over time of the standby waits above 0 that were posted while the ride ran in the open park.",
        "R-11",
        ("posted standby waits",),
    ),
    Term("boarding-group", "Boarding group", "A group of guests that is called to a ride; a line without a line."),
    Term("breakdown", "Breakdown", "An outage after the ride had run that day.", "R-16.3"),
    Term(
        "closed-as-planned",
        "Closed as planned",
        "Closed in the open park without being reported as down: shows between times, refurbishment, late openings"
        " that were announced. It is no downtime.",
        "R-5.1",
        ("planned closures", "planned closure"),
    ),
    Term(
        "coverage",
        "Coverage",
        "The share of the open time of which something is known. Where it is low, every figure says little.",
    ),
    Term(
        "downtime",
        "Downtime",
        "Time in which a ride was down while its park was open, on days on which it ran at all. Of a park: that of all"
        " its rides added up, in ride-hours.",
        "R-5.1",
        ("hours down",),
    ),
    Term(
        "opening-delay",
        "Opening delay",
        "Down before the ride first ran that day, while the park was open already.",
        "R-16.3",
        ("opening delays",),
    ),
    Term(
        "outage",
        "Outage",
        "One unbroken time in which a ride was down in the open park. Over midnight it stays one.",
        "R-16.3",
        ("outages",),
    ),
    Term("paid-line", "Paid line", "A line for which guests pay by the ride; its prices are kept.", "R-26.5"),
    Term("posted-at-0", "Posted at 0", "Of the time with a posted wait, the share at 0: walk on.", "R-11"),
    Term("refurbishment", "Refurbishment", "Closed for repair over days or weeks, as the park reports it."),
    Term("return-time", "Return time", "A time window at which a guest may come back and go to the front.", "R-26.5"),
    Term("ride-hours", "Ride-hours", "Hours of several rides added up: two rides down for one hour are two."),
    Term(
        "shame-score",
        "Shame score",
        "The share of a park’s weighted ride capacity that was down while it was open, times ten: 0 when nothing was"
        " down, 10 when everything was.",
        "R-10.0",
    ),
    Term("silent", "Silent", "Nothing has been heard of a park for two hours: what happens there is not known."),
    Term("single-rider", "Single rider", "A line for guests who fill empty seats one by one.", "R-26.5"),
    Term(
        "tier",
        "Tier",
        "How much a ride matters: 1 flagships, 2 ordinary rides, 3 rides for small children. A tier has a weight in"
        " the shame score.",
        "R-9.1",
    ),
    Term(
        "trend",
        "Trend",
        "The change against the period before of the same kind, of today against yesterday up to the same time of the"
        " clock. From next to nothing there is none.",
        "R-8.3",
    ),
    Term(
        "unknown",
        "Unknown",
        "The park was open, and nobody reported what the ride did. It is neither up nor down and in no share.",
        "R-26.4",
    ),
    Term(
        "uptime",
        "Uptime",
        "Of a ride: the share of its known open time in which it ran; planned closures count against it. Of a park:"
        " the availability of its attractions together.",
        "R-8.2",
    ),
)
BY_FORM = {form.lower(): term for term in TERMS for form in (term.word, *term.forms)}
USE = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, BY_FORM), key=len, reverse=True))})\b", re.IGNORECASE)


def explained(text: str) -> SafeString:
    """A plain text with each word of the glossary linked at its first use."""
    seen: set[str] = set()

    def link(use: re.Match[str]) -> str:
        term = BY_FORM[use.group().lower()]
        if term.anchor in seen:
            return use.group()
        seen.add(term.anchor)
        return f'<a class="term" href="/glossary#{term.anchor}">{use.group()}</a>'

    return mark_safe(USE.sub(link, conditional_escape(text)))  # noqa: S308 - escaped before the links go in
