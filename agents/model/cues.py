"""Words that call for a tool that looks: what a question says, and which tools can show it."""

import re
from collections.abc import Sequence

# First come the tools that answer such a question best. A word may stand in several rows.
ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        (
            r"metrics?|cpu|memory|ram|heap|disks?|network|bandwidth|latenc(?:y|ies)|response times?|slow\w*|load"
            r"|p\d\d(?:\.\d+)?|percentiles?|throughput|traffic|requests?|rps|qps|usage|utili[sz]ation|saturat\w+|queues?"
            r"|(?:error|success|failure|hit) (?:rates?|ratios?)|connections?|replicas|restarts?|threads|graph|chart"
        ),
        ("query_metrics", "detect_anomalies"),
    ),
    (
        r"logs?|log ?lines?|entries|messages?|exceptions?|stack ?traces?|containing|mention\w*|errors?|panics?",
        ("query_logs", "investigate_sift"),
    ),
    (
        (
            r"health\w*|unhealthy|uptime|downtime|availab\w+|sl[oa]s?|objectives?|error budgets?|compliance|complian\w+"
            r"|degrad\w+|reliab\w+|status|problems?|issues?|trouble|wrong"
        ),
        ("get_application_health",),
    ),
    (r"impact\w*|affect\w*|blast radius|effects?|suffer\w*|hit|users?|customers?", ("analyze_impact",)),
    (r"anomal\w+|unusual\w*|abnormal\w*|strange|odd|weird|spik\w+|outliers?|normal|deviat\w+", ("detect_anomalies",)),
    (
        (
            r"costs?|sav(?:e|ings?)|cheap\w*|spend\w*|idle|unused|waste\w*|over-?sized|over-?provisioned|right-?siz\w+"
            r"|optimi[sz]\w+"
        ),
        ("recommend_optimizations",),
    ),
    (
        (
            r"how (?:do|can|should|to)|runbooks?|playbooks?|guides?|document\w*|best practices?|procedures?|known"
            r"|similar|set ?up|fix\w*|remed\w+|what (?:to do|should)"
        ),
        ("search_knowledge", "search_postmortems"),
    ),
    (r"on[ -]?call|pager\w*|rota|escalat\w+|responsible", ("get_oncall_schedule",)),
    (r"trac(?:es?|ing)|spans?|traceql|endpoints?", ("query_tempo", "investigate_sift")),
    (r"annotat\w+|marked", ("list_annotations",)),
    (r"promql|prometheus|expression|translat\w+|(?:which|what) query", ("query_prometheus", "translate_query")),
    (r"logql|loki", ("query_loki", "translate_query")),
    (
        r"investigat\w+|patterns?|root causes?|why|caus\w+|because|broke\w*",
        ("correlate_alerts_changes", "investigate_sift"),
    ),
    (r"deploy\w*|releases?|released|chang\w+|roll\w*|revert\w*|config\w*", ("correlate_alerts_changes",)),
    (r"timeline|happen\w*|sequence|course", ("get_incident_timeline",)),
    (r"post-?mortems?|lessons?|seen before|before", ("search_postmortems",)),
    (r"mtt[rad]|resol\w+|recover\w*|how long|longest|slowest", ("get_mttr_statistics",)),
    (r"events?", ("get_event_count",)),
)
CUES = tuple((re.compile(rf"\b(?:{words})\b", re.IGNORECASE), tools) for words, tools in ROWS)
WRITTEN = (  # a query that somebody wrote out is run as it stands
    (re.compile(r"\b\w{1,60}\((?:\w|[({])[^\n]{0,400}\)|\w\{\w{1,60}[=!]"), "query_prometheus"),
    (re.compile(r"(?:^|[\s(`])\{[^}\n]{1,200}\}\s{0,3}(?:\|[=~]|!=|!~|\|)"), "query_loki"),
)


def suggested(text: str) -> tuple[str, ...]:
    """The tools whose words the text has, in the order of the table; none for words that say nothing."""
    written = (tool for query, tool in WRITTEN if query.search(text))
    meant = (tool for words, tools in CUES if words.search(text) for tool in tools)
    return tuple(dict.fromkeys((*written, *meant)))


def said(texts: Sequence[str]) -> tuple[str, ...]:
    """What the newest text that suggests anything suggests: "and for search?" is read with what was asked before."""
    return next((found for text in reversed(texts) if (found := suggested(text))), ())
