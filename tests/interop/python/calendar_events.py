"""Reads a calendar with the icalendar package: one line of JSON for each event."""

import json
import sys

from icalendar import Calendar

with open(sys.argv[1], "rb") as file:
    calendar = Calendar.from_ical(file.read())
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    print(json.dumps({
        "uid": str(event["UID"]),
        "start": event.decoded("DTSTART").strftime("%Y-%m-%dT%H:%M:%SZ"),
        "summary": str(event["SUMMARY"]),
    }))
