"""What is answered without any tool: small talk, and honestly what nothing here can answer."""

from agents.rules.intents.shape import Intent

MIXED = (
    "Alerts, incidents and changes cannot be narrowed by what was measured. A metric can be asked about by itself, or "
    "at the time an alert fired."
)
INSTEAD = (
    "Is {service} healthy right now?",
    "How many alerts fired on {service} last week?",
    "Open incidents{on}",
    "What was deployed{to} today?",
)

INTENTS = (
    Intent(
        name="metrics_mixed",
        kind="cannot",
        cues=("metric !mttr",),
        also="compare trend rank list count longest length more",
        reply=MIXED,
        next=INSTEAD,
    ),
    Intent(
        name="on_call",
        kind="cannot",
        cues=("oncall",),
        reply="No on-call schedule is connected, so who is on call is not known here.",
    ),
    Intent(
        name="longest_alert",
        kind="cannot",
        cues=("longest alert !incident", "length alert !incident", "lasting alert !incident", "brief alert !incident"),
        also="count list",
        reply="Alerts cannot be counted or ordered by how long they lasted; incidents can.",
        next=("Longest incident{on}", "Show me all alerts for {service}"),
    ),
    Intent(
        name="brief_incidents",
        kind="cannot",
        cues=("brief !mttr !alert",),
        also="incident count list period",
        reply="Incidents cannot be narrowed to those that were over sooner; those that lasted longer than a time can.",
        next=("Longest incident{on}", "MTTR{on} last month"),
    ),
    Intent(
        name="incident_clock",
        kind="cannot",
        cues=("clock incident", "when rank incident"),
        also="when rank count timeline",
        reply="Incidents cannot be added up by time of day; alerts can.",
        next=("What time of day do most alerts fire{on}?", "Incidents by week{on}"),
    ),
    Intent(
        name="similar_incidents",
        kind="cannot",
        cues=("similar incident", "similar numbered"),
        also="incident numbered list count newest",
        reply="Which incidents are like another is not known here; postmortems can be searched for words of its title.",
        next=("Postmortems about 'connection pool'", "What caused the most incidents this month?"),
    ),
    Intent(
        name="deed",
        kind="cannot",
        cues=("deed", "wish dashboard"),
        reply="Inquiry only reads and changes nothing. Ask for changes under revive, where a person approves them.",
    ),
    Intent(
        name="help",
        kind="converse",
        cues=("help",),
        also="greeting list",
        reply="Answers come from alerts, incidents, changes and postmortems: how many, which, when, how long, what "
        "came before, compared with what. Every number names the query it is from.",
    ),
    Intent(
        name="greeting",
        kind="converse",
        cues=("greeting",),
        reply="Hello. Ask about alerts, incidents, changes or postmortems.",
    ),
    Intent(name="thanks", kind="converse", cues=("thanks",), reply="Noted. Ask on when something else is needed."),
)
