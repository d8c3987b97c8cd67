"""What can be asked of metrics: a number and its course, the highest, compared, while an alert fired."""

from agents.rules import metric_calls as calls
from agents.rules.intents.shape import ALERT, ALWAYS, DAY, Default, Intent, Step
from agents.rules.intents.stories import NAMED_STORY, STORY
from agents.rules.writers import metrics

HOUR = Default("last hour", calls.HOUR)
PLAIN = "!alert !incident !numbered !mttr !change !postmortem !event !log !deed"
ALSO = "list count length longest more newest now service responding topic error user"
NEXT = (
    "And the {unit} before?",
    "{by_pod}",
    "Compare with yesterday",
    "How many alerts fired{on} in the last 24 hours?",
)


def cues(rest: str = "") -> tuple[str, ...]:
    """The cues of an intent: words that are of metrics and of nothing else, and with them what else it needs."""
    return tuple(" ".join(filter(None, (word, rest, PLAIN))) for word in ("metric", "measured"))


INTENTS = (
    Intent(
        name="metrics",
        cues=(
            *cues(),
            f"faint service_named !health !firing !trouble !cause !impact !timeline !slo {PLAIN}",
            f"faint period !health !firing !trouble !cause !impact !timeline !slo {PLAIN}",
        ),
        also=f"{ALSO} fired when bucketed grouped",
        about="{measure}{scope}",
        opening=calls.measured,
        follow=calls.called_otherwise,
        default=HOUR,
        measures=True,
        write=metrics.measured,
        next=NEXT,
        examples=("CPU of {service} in the last hour", "p95 latency of {service} today"),
    ),
    Intent(
        name="metrics_response",
        cues=("responding mttr service_named !incident", "responding length service_named !incident"),
        also=ALSO,
        about="{measure}{scope}",
        opening=calls.measured,
        follow=calls.called_otherwise,
        default=HOUR,
        measures=True,
        measure="average latency",
        write=metrics.measured,
        next=NEXT,
    ),
    Intent(
        name="metrics_trend",
        cues=cues("trend"),
        also=f"{ALSO} bucketed health",
        about="trend of {measure}{scope}",
        opening=calls.measured,
        follow=calls.called_otherwise,
        default=DAY,
        measures=True,
        write=metrics.trend,
        next=NEXT,
        examples=("Is the latency of {service} going up this week?",),
    ),
    Intent(
        name="metrics_top",
        cues=cues("rank"),
        also=f"{ALSO} grouped limited",
        about="{measure}{scope}",
        opening=calls.measured,
        follow=calls.called_otherwise,
        default=HOUR,
        measures=True,
        write=metrics.ranked,
        next=("And yesterday?", "{by_pod}", "What is firing right now?"),
        examples=("Which service has the highest error rate now?",),
    ),
    Intent(
        name="metrics_compare",
        cues=(*cues("compare"), *cues("usual"), "metric compare shifted !alert !incident !mttr"),
        also=f"{ALSO} trend rank change services2 environments2 periods2 usual health",
        about="{measure} compared{scope}",
        opening=calls.compared,
        follow=calls.called_otherwise,
        default=HOUR,
        measures=True,
        compares=True,
        write=metrics.compared,
        next=("{by_pod}", "How many alerts fired{on} in the last 24 hours?"),
        examples=("Compare CPU of {service} with yesterday",),
    ),
    Intent(
        name="metrics_at_alert",
        cues=(
            "metric alert_named",
            "measured alert_named",
            "faint alert_named fired",
            "metric alert fired",
            "measured alert fired",
            "metric alert anchor",
            "measured alert anchor",
        ),
        also=f"{ALSO} fired alert when anchor timeline alert_named",
        about="{measure}{scope}, when the alert fired",
        steps=(
            Step(
                tool="query_alerts_history",
                takes=tuple(name for name in ALERT if name != "severity"),
                fixed={"limit": 1},
                holds=("status", "severity"),
            ),
        ),
        default=ALWAYS,
        measures=True,
        follow=calls.around_alert,
        write=metrics.at_alert,
        next=("Why?", "What was deployed{to} today?", "How many alerts fired{on} in the last 24 hours?"),
    ),
    Intent(
        name="metrics_during_incident",
        cues=("metric incident anchor", "measured incident anchor", "metric numbered", "measured numbered"),
        also=f"{ALSO} incident anchor outage newest numbered timeline",
        about="{measure}{scope}, while the incident lasted",
        steps=(STORY, NAMED_STORY),
        default=ALWAYS,
        critical_for="outage",
        measures=True,
        follow=calls.during_incident,
        write=metrics.during_incident,
        next=("Why?", "Which services were affected?"),
    ),
)
