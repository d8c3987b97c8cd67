"""What can be asked about alerts: how many, which, what is firing, who has most, the trend, compared with what."""

from agents.rules.intents.shape import ALERT, DAY, WEEK, Intent, Step
from agents.rules.intents.steps import HISTORY, OPEN_ALERTS
from agents.rules.writers import alerts, compare, ranking

TIME = ("day", "hour", "week", "month", "quarter")
NAMES = ("service", "alert_name", "severity", "environment")
TRENDS = Step(tool="get_alert_trends", takes=(*ALERT, "group_by=bucket", "timezone"))
GROUPS = (*ALERT, "group_by", "limit")

INTENTS = (
    Intent(
        name="alert_count",
        cues=("alert", "fired", "frequency", "alert period"),
        also="count fired event more",
        about="{kind}alerts{scope}",
        steps=(
            Step(tool=TRENDS.tool, takes=TRENDS.takes, lacks="status"),
            HISTORY,
        ),
        default=DAY,
        groupings=TIME,
        write=alerts.how_many,
        next=("Show them", "Only the {severity} ones", "And the {unit} before?", "Which alerts fired most{on}?"),
        examples=("How many alerts fired on {service} last week?",),
    ),
    Intent(
        name="alert_list",
        cues=("list alert", "newest alert", "list fired", "firing period"),
        also="list newest fired alert open limited",
        about="list of {kind}alerts{scope}",
        steps=(Step(tool=HISTORY.tool, takes=HISTORY.takes, fixed={"limit": 100}),),
        default=DAY,
        write=alerts.which,
        next=(
            "How many of them by day?",
            "Only the {severity} ones",
            "And the {unit} before?",
            "What is firing right now?",
        ),
        examples=("Show me all alerts for {service}",),
    ),
    Intent(
        name="firing_now",
        cues=("firing !period", "alert now !period", "alert open !period", "firing now"),
        also="list count alert now open timeline service",
        about="{kind}alerts firing now{scope}",
        steps=(OPEN_ALERTS,),
        default=None,
        write=alerts.firing,
        next=("What was deployed{to} today?", "How many alerts fired in the last 24 hours{on}?", "Open incidents{on}"),
        examples=("What is firing right now?",),
    ),
    Intent(
        name="event_count",
        cues=("event",),
        also="count list alert fired",
        about="{kind}events{scope}",
        steps=(Step(tool="get_event_count", takes=("service", "time_range", "filters")),),
        default=DAY,
        write=alerts.events,
        next=("Show the alerts{on}", "And the {unit} before?", "Alerts by hour{on}"),
        examples=("How many events were created for {service} in the last 24 hours?",),
    ),
    Intent(
        name="top_services",
        cues=("rank !service_named", "service frequency !service_named", "grouped alert"),
        also="service frequency count list grouped fired more trend alert",
        about="most {kind}alerts{scope}",
        steps=(Step(tool=TRENDS.tool, takes=(*ALERT, "group_by=ranked", "limit"), fixed={"limit": 10}),),
        default=WEEK,
        groupings=NAMES,
        write=ranking.most,
        next=(
            "And the {unit} before?",
            "Only the {severity} ones",
            "By alert instead",
            "What caused the most incidents this month?",
        ),
        examples=("Which service has the highest alert frequency?", "Noisiest services this month"),
    ),
    Intent(
        name="top_alerts",
        cues=("rank alert", "rank fired"),
        also="fired limited list",
        about="{kind}alerts that fired most{scope}",
        steps=(Step(tool=TRENDS.tool, takes=GROUPS, fixed={"group_by": "alert_name", "limit": 10}),),
        default=WEEK,
        groupings=("alert_name", "service", "severity", "environment"),
        write=ranking.most,
        next=("And the {unit} before?", "Only the {severity} ones", "{by_service} instead"),
        examples=("Top 5 alerts last week",),
    ),
    Intent(
        name="alert_trend",
        cues=("trend", "bucketed"),
        also="alert more count list rank firing frequency fired bucketed health event",
        about="trend of {kind}alerts{scope}",
        steps=(TRENDS,),
        default=WEEK,
        groupings=TIME,
        write=alerts.trend,
        next=("{by_hour} instead", "And the {unit} before?", "Which service has the most alerts{on}?"),
        examples=("Are alerts going up?",),
    ),
    Intent(
        name="compare_alerts",
        cues=(
            "compare",
            "usual",
            "more services2",
            "more environments2",
            "more severities2",
            "more periods2",
            "periods2 alert",
            "rank services2",
        ),
        also="alert event count list service more firing frequency trend fired health compare rank",
        about="{kind}alerts compared{scope}",
        steps=(Step(tool=TRENDS.tool, takes=ALERT, fixed={"group_by": "severity"}, by_side=True),),
        default=WEEK,
        write=compare.alerts,
        compares=True,
        next=("Only the {severity} ones", "What about incidents?", "Which service has the most alerts{on}?"),
        examples=("Compare alerts this week and last week",),
    ),
)
