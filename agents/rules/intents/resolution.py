"""What can be asked about the time to resolve: the mean, who is slowest, the trend, compared with what."""

from agents.rules.intents.shape import MONTH, QUARTER, RESOLUTION, Intent, Step
from agents.rules.writers import compare, mttr

MTTR = Step(
    tool="get_mttr_statistics",
    takes=(*RESOLUTION, "group_by", "timezone"),
    holds=("status",),
)

INTENTS = (
    Intent(
        name="mttr",
        cues=("mttr",),
        also="count incident fired list longest length health cause alert grouped period service",
        about="time to resolve {kind}incidents{scope}",
        steps=(MTTR,),
        default=MONTH,
        groupings=("", "service", "severity", "team"),
        write=mttr.mean,
        next=("{by_service}", "And the {unit} before?", "What is the MTTR trend{on}?", "Longest incident{on}"),
        examples=("MTTR last month",),
    ),
    Intent(
        name="mttr_slowest",
        cues=("mttr rank", "mttr longest grouped", "mttr length grouped"),
        also="service grouped incident longest length",
        about="slowest to resolve {kind}incidents{scope}",
        steps=(Step(tool=MTTR.tool, takes=MTTR.takes, fixed={"group_by": "service"}, holds=("status",)),),
        default=MONTH,
        groupings=("service", "severity", "team"),
        write=mttr.ranking,
        next=("What is the MTTR trend{on}?", "Longest incident{on}", "And the {unit} before?"),
    ),
    Intent(
        name="mttr_compare",
        cues=("mttr compare", "mttr periods2", "mttr services2 more", "mttr environments2 more", "mttr usual"),
        also="incident more alert longest length service compare trend health period",
        about="time to resolve {kind}incidents compared{scope}",
        steps=(
            Step(
                tool=MTTR.tool,
                takes=tuple(name for name in MTTR.takes if name != "group_by"),
                holds=("status",),
                by_side=True,
            ),
        ),
        default=MONTH,
        write=compare.mttr,
        compares=True,
        next=("What is the MTTR trend{on}?", "Longest incident{on}", "MTTR by service"),
        examples=("Compare MTTR between Q3 and Q4",),
    ),
    Intent(
        name="mttr_trend",
        cues=("mttr trend", "mttr bucketed", "mttr shifted"),
        also="incident service bucketed more health list",
        about="trend of the time to resolve {kind}incidents{scope}",
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
        write=mttr.trend,
        next=("{by_month} instead", "Compare MTTR between Q3 and Q4", "Longest incident{on}"),
        examples=("What's the MTTR trend for {service}?",),
    ),
)
