"""What can be asked about incidents: how many, which, the last, the longest, what caused most, compared with what."""

from agents.rules.intents.shape import ALWAYS, INCIDENT, MONTH, QUARTER, RESOLUTION, Intent, Step
from agents.rules.intents.steps import INCIDENTS
from agents.rules.writers import compare, incidents

MTTR = Step(
    tool="get_mttr_statistics",
    takes=(*RESOLUTION, "group_by", "timezone"),
    holds=("status",),
)

INTENTS = (
    Intent(
        name="incident_count",
        cues=("incident", "count incident open"),
        also="count period lasting",
        about="{kind}incidents{scope}",
        steps=(INCIDENTS,),
        default=MONTH,
        write=incidents.how_many,
        next=("Show them", "Longest incident{on}", "MTTR{on} last month", "And the {unit} before?"),
        examples=("How many incidents were opened this month?",),
    ),
    Intent(
        name="incident_list",
        cues=("list incident", "incident open", "newest limited incident", "incident now", "lasting !alert"),
        also="list open newest now firing health limited lasting",
        about="list of {kind}incidents{scope}",
        steps=(INCIDENTS,),
        default=MONTH,
        write=incidents.which,
        next=("Longest incident{on}", "What caused the most incidents this month?", "MTTR{on} last month"),
        examples=("Open incidents",),
    ),
    Intent(
        name="incident_last",
        cues=("newest incident !limited",),
        also="list",
        about="last {kind}incident{scope}",
        steps=(Step(tool=INCIDENTS.tool, takes=INCIDENTS.takes, fixed={"order": "newest", "limit": 3}),),
        default=ALWAYS,
        write=incidents.newest,
        next=("Longest incident{on} this month", "How many incidents were opened{on} this month?"),
    ),
    Intent(
        name="incident_trend",
        cues=("trend incident", "bucketed incident"),
        also="count list more rank bucketed",
        about="{kind}incidents opened{scope}",
        steps=(
            Step(
                tool=MTTR.tool,
                takes=(*RESOLUTION, "period", "timezone"),
                fixed={"period": "week"},
                holds=("status",),
            ),
        ),
        default=QUARTER,
        groupings=("week", "day", "month", "quarter"),
        write=incidents.per_period,
        next=("{by_month} instead", "Longest incident{on}", "What is the MTTR trend{on}?"),
    ),
    Intent(
        name="incident_longest",
        cues=("longest !alert", "longest incident", "length !alert"),
        also="incident list rank health service length lasting",
        about="longest {kind}incidents{scope}",
        steps=(Step(tool=INCIDENTS.tool, takes=INCIDENTS.takes, fixed={"order": "longest", "limit": 10}),),
        default=MONTH,
        write=incidents.longest,
        next=("MTTR{on} last month", "And the {unit} before?"),
        examples=("Longest incident last month",),
    ),
    Intent(
        name="incident_top",
        cues=("rank incident", "grouped incident", "rank impact incident", "rank cause"),
        also="cause service grouped count list",
        about="{kind}incidents by service and title{scope}",
        steps=(
            Step(tool=INCIDENTS.tool, takes=(*INCIDENT, "status=incident_status"), fixed={"limit": 5}),
            Step(
                tool="search_postmortems",
                takes=("service", "time_range"),
                fixed={"limit": 20},
                holds=("severity", "alert_name", "environment", "team", "status"),
            ),
        ),
        default=MONTH,
        groupings=("service", "severity"),
        write=incidents.most,
        next=("Longest incident{on}", "MTTR{on} by service", "And the {unit} before?"),
        examples=("What caused the most incidents this month?",),
    ),
    Intent(
        name="compare_incidents",
        cues=(
            "compare incident",
            "periods2 incident",
            "more services2 incident",
            "more environments2 incident",
            "usual incident",
        ),
        also="count more trend list compare",
        about="{kind}incidents compared{scope}",
        steps=(
            Step(tool=INCIDENTS.tool, takes=(*INCIDENT, "status=incident_status"), fixed={"limit": 5}, by_side=True),
        ),
        default=MONTH,
        write=compare.incidents,
        compares=True,
        next=("Compare MTTR between Q3 and Q4", "Longest incident{on}", "What about alerts?"),
    ),
)
