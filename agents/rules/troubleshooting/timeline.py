"""What happened around an alert, in order: changes, alerts, measures that moved, the first new error lines."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from agents.rules.troubleshooting.case import Case
from agents.rules.troubleshooting.signs import moved_text
from domain.windows import stamp

Json: TypeAlias = dict[str, Any]
BEFORE = timedelta(hours=24)
AFTER = timedelta(hours=2)
MOST_EVENTS = 40


def of(case: Case, onset: datetime) -> list[Json]:
    """The nearest forty events, the earliest first; of one moment in the order change, log, measure, alert."""
    alert = case.alert
    events = [(case.start, "start", f"{alert['name']} fired on {case.service}", case.parts["alert"])]
    events += [(each.at, "change", f"{each.service}: {each.summary}", each.execution) for each in case.changes]
    events += [(each.at, "alert", f"{each.name} on {each.service}", each.execution) for each in case.fired]
    events += [(each.at, "anomaly", moved_text(each), each.execution) for each in case.moved if each.at]
    events += [
        (each.at, "log", f"First “{each.text[:120]}” ({each.count:,} in all)", each.execution)
        for each in case.patterns
        if each.at and each.state == "new"
    ]
    near = [event for event in events if onset - BEFORE <= event[0] <= case.start + AFTER]
    kept = sorted(near, key=lambda event: (abs(event[0] - onset), event[1], event[2]))[:MOST_EVENTS]
    return [
        {"at": stamp(at), "kind": kind, "text": text, "execution": execution}
        for at, kind, text, execution in sorted(kept, key=lambda event: (event[0], ORDER.index(event[1]), event[2]))
    ]


ORDER = ("change", "log", "anomaly", "alert", "start")
