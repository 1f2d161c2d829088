"""The rules that people ask about, each in a sentence. The page of rules says the whole."""

from parks.search.find import words_of

Rule = tuple[str, str, str]  # number, title, sentence

RULES: dict[str, Rule] = {
    "downtime": (
        "R-5.1",
        "Downtime",
        "Time in which a ride was down while its park was open, on a day on which it ran; at Disney and Universal"
        " parks planned closures do not count, elsewhere every stop does, because feeds there tell no difference.",
    ),
    "availability": (
        "R-8.2",
        "Availability",
        "Of the time a ride was meant to run, the share in which it ran: operating of operating and down.",
    ),
    "uptime": (
        "R-8.2",
        "Uptime",
        "Of the known open time, the share in which a ride operated; planned closures are in the divisor.",
    ),
    "shame score": (
        "R-10.0",
        "Shame score",
        "A rate from 0 to 10: the share of a park's weighted capacity that was down, times ten.",
    ),
    "wait": (
        "R-11",
        "Average wait",
        "The mean, weighted by time, of posted waits above zero while the ride operates in the open park.",
    ),
    "opening delay": (
        "R-5.3",
        "Opening delay",
        "Downtime before a ride first ran that day; after it ran, an outage is a breakdown. Both are downtime.",
    ),
    "unknown": (
        "R-8.1",
        "Unknown",
        "Time in which the park was open and nobody observed the ride: it is neither up nor down, and in no figure.",
    ),
    "operating": ("R-4.5", "Operating", "The feed says operating; or it has no states, and guests can ride."),
    "open": (
        "R-6.1",
        "When a park is open",
        "Inside the published operating hours of the date; where none are published, while enough of its rides run.",
    ),
    "tier": (
        "R-9.1",
        "Tier and weight",
        "How much a ride matters: tier 1 weighs 3, tier 2 weighs 2, tier 3 weighs 1.",
    ),
    "live": (
        "R-4.7",
        "State shown now",
        "Unknown when nothing was heard for two hours; park closed before anything else; then what the feed says.",
    ),
}
SAME = {
    "down": "downtime",
    "breakdown": "downtime",
    "outage": "downtime",
    "score": "shame score",
    "shame": "shame score",
    "delay": "opening delay",
    "queue": "wait",
    "waits": "wait",
    "waiting": "wait",
    "closed": "open",
    "hours": "open",
    "now": "live",
    "weight": "tier",
    "gap": "unknown",
}


def find_rule(topic: str) -> list[Rule]:
    """The rules of a word, or of a number such as R-5.1; none when there are none."""
    asked = topic.strip()
    by_number = [rule for rule in RULES.values() if rule[0].casefold() == asked.casefold()]
    if by_number:
        return by_number[:1]
    words = words_of(asked)
    joined = " ".join(words)
    for name, rule in RULES.items():
        if name == joined or name in joined:
            return [rule]
    return next(([RULES[SAME[word]]] for word in words if word in SAME), [])
