"""Every page with the states worth a look. The browser tests open each; a new page adds its addresses here."""

PAGES = [
    "/",
    "/?filter=disney-universal&refresh=off",
    "/downtime/rides?period=today",
    "/downtime/rides?period=last_week&sort=uptime_percentage&length=1",
    "/downtime/parks?period=last_week",
    "/downtime/parks?filter=disney-universal&period=last_month",
    "/waits/rides",
    "/waits/parks?period=yesterday",
    "/parks/{park}",
    "/parks/{park}?date=2025-12-20",
    "/parks/{park}?period=last_week",
    "/parks/{evil_park}",
    "/parks/{silent_park}",
    "/rides/{ride}",
    "/rides/{evil_ride}?period=today",
    "/search",
    "/search?q=spce+montain",
    "/search?q=%3Cscript%3E",
]
# Pages that are errors, with their status.
ERRORS = [
    ("/nowhere", 404),
    ("/downtime/rides?period=soon", 400),
    ("/rides/999999", 404),
    ("/parks/{park}?date=soon", 400),
]
