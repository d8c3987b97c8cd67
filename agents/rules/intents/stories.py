"""What can be asked about one incident and its surroundings: cause, course, impact, changes, what was written."""

from agents.rules.intents.shape import ALERT, ALWAYS, CHANGE, INCIDENT, WEEK, Default, Intent, Step
from agents.rules.writers import cause, changes, impact, postmortems, stories, timeline

STORY = Step(
    tool="query_incidents",
    takes=(*INCIDENT, "status=incident_status", "order"),
    fixed={"order": "most_alerts", "limit": 20},
    lacks="incident",
)
NAMED_STORY = Step(tool="get_incident_timeline", takes=("incident",), needs="incident")
WRITTEN = Step(
    tool="search_postmortems",
    takes=("service", "time_range"),
    needs="named_period",
    lacks="incident",
    holds=("severity", "alert_name", "environment", "team", "status"),
)
NAMED_ALERT = Step(
    tool=stories.HISTORY,
    takes=ALERT,
    fixed={"limit": 1},
    needs="alerts",
    lacks="incident",
    holds=("status",),
    label=stories.THE_ALERT,
)
FOUND = Default("as far back as one is found", WEEK.length)
CHANGES = Step(tool="correlate_alerts_changes", takes=CHANGE, fixed={"limit": 100}, holds=("status",))

INTENTS = (
    Intent(
        name="cause",
        cues=("cause", "postmortem numbered", "analysis incident"),
        also="incident service alert health change firing newest event numbered timeline fired trend trouble period",
        about="cause of the main {kind}incident{scope}",
        steps=(
            STORY,
            NAMED_STORY,
            WRITTEN,
            Step(
                tool="correlate_alerts_changes",
                takes=CHANGE,
                fixed={"limit": 10},
                needs="named_period",
                lacks="incident",
                holds=("status",),
            ),
        ),
        default=ALWAYS,
        critical_for="outage",
        follow=stories.story_of_main,
        write=cause.cause,
        next=("Have we seen this before?", "What was deployed{to} this week?", "Which services were affected?"),
        examples=("What caused the last outage?",),
    ),
    Intent(
        name="changes",
        cues=("change !frequency",),
        also="list count alert service newest timeline rank now fired incident compare",
        about="changes{scope}",
        steps=(CHANGES,),
        default=WEEK,
        write=changes.made,
        unnamed="Changes cannot be narrowed by who made them; each one listed names its author.",
        next=("Which alerts fired{on}?", "And the {unit} before?", "What caused the last outage?"),
        examples=("What was deployed to {service} yesterday?", "Which deployments preceded alerts this week?"),
    ),
    Intent(
        name="rollbacks",
        cues=("change undone",),
        also="list count service newest timeline now incident",
        about="changes{scope} that undo another",
        steps=(CHANGES,),
        default=WEEK,
        write=changes.undone,
        next=("What was deployed{to} this week?", "And the {unit} before?"),
    ),
    Intent(
        name="last_change",
        cues=("last_change !period",),
        also="change newest service list now timeline",
        about="last change{scope}",
        steps=(CHANGES,),
        default=FOUND,
        follow=changes.further_back,
        write=changes.last,
        next=("What was deployed{to} this week?", "Which alerts fired{on}?"),
    ),
    Intent(
        name="impact",
        cues=("impact", "user incident"),
        also="incident service user newest alert numbered count health change list fired measured faint error",
        about="impact of the main {kind}incident{scope}",
        steps=(STORY, NAMED_STORY, WRITTEN, NAMED_ALERT),
        default=ALWAYS,
        critical_for="outage",
        follow=stories.impact_of_main,
        write=impact.impact,
        next=("Have we seen this before?", "Longest incident this month"),
        examples=("Which services were affected by the last outage?",),
    ),
    Intent(
        name="duration",
        cues=("length incident", "length numbered"),
        also="incident outage newest numbered period service health",
        about="length of the main {kind}incident{scope}",
        steps=(STORY, NAMED_STORY, WRITTEN),
        default=ALWAYS,
        critical_for="outage",
        follow=stories.timeline_of_main,
        write=timeline.duration,
        next=("Longest incident{on} this month", "Which services were affected?"),
    ),
    Intent(
        name="timeline",
        cues=("timeline", "numbered"),
        also="incident newest list service event numbered longest",
        about="course of the main {kind}incident{scope}",
        steps=(STORY, NAMED_STORY, WRITTEN),
        default=ALWAYS,
        critical_for="outage",
        follow=stories.timeline_of_main,
        write=timeline.timeline,
        next=("Which services were affected?", "Have we seen this before?"),
        examples=("What happened during the last incident?",),
    ),
    Intent(
        name="postmortems",
        cues=("postmortem", "mentioning !service_named !alert_named"),
        also="incident cause list timeline count metric log change alert newest slo health impact user topic trouble",
        about="postmortems{scope}",
        steps=(
            Step(
                tool="search_postmortems",
                takes=("service", "time_range", "query", "limit"),
                fixed={"query": "", "limit": 5},
                holds=("status",),
            ),
        ),
        default=ALWAYS,
        searches=True,
        write=postmortems.search,
        next=("Open incidents{on}", "What caused the most incidents this month?"),
        examples=("Have we seen 'connection pool' before?",),
    ),
)
