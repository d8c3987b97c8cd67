"""What can be asked about log lines: those that say something, those of an incident, and the patterns of errors."""

from agents.rules.intents.shape import ALWAYS, DAY, Intent, Step
from agents.rules.intents.stories import NAMED_STORY, STORY, WRITTEN
from agents.rules.writers import logs

LINES = Step(
    tool="query_logs",
    takes=("question=log_words", "time_range", "limit"),
    holds=("service", "severity", "environment", "status", "alert_name"),
)

INTENTS = (
    Intent(
        name="logs",
        cues=("log", "error topic !incident !alert !postmortem"),
        also="list newest metric count limited error topic measured faint grouped rank",
        about="log lines{scope}",
        steps=(LINES,),
        default=DAY,
        of_lines=True,
        write=logs.lines,
        next=("What errors are new in {service}'s logs?", "Is {service} healthy right now?", "Show the alerts{on}"),
        examples=("Errors in the logs of {service}",),
    ),
    Intent(
        name="incident_logs",
        cues=("log incident", "log numbered", "log anchor !alert !alert_named !period"),
        also="list newest metric count limited error topic incident numbered firing measured faint timeline now period "
        "anchor",
        about="log lines of the main {kind}incident{scope}",
        steps=(STORY, NAMED_STORY, WRITTEN),
        default=ALWAYS,
        of_lines=True,
        critical_for="outage",
        follow=logs.lines_of_main,
        write=logs.of_incident,
        next=("Which services were affected?", "Have we seen this before?"),
    ),
    Intent(
        name="log_patterns",
        cues=("log pattern", "log fresh", "error pattern", "error fresh"),
        also="list count error rank measured faint grouped newest postmortem fresh pattern log",
        about="patterns of errors in the logs{scope}",
        steps=(
            Step(
                tool="investigate_sift",
                takes=("application=one_service", "time_range"),
                fixed={"investigation_type": "errors"},
                holds=("service", "severity", "status"),
                needs="services",
            ),
        ),
        default=DAY,
        of_one="Of which service? Errors are compared in the logs of one.",
        write=logs.patterns,
        next=("Errors in the logs of {service}", "Is {service} healthy right now?", "What was deployed{to} today?"),
        examples=("What errors are new in {service}'s logs?",),
    ),
)
