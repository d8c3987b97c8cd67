"""Answers about promises: uptime, objectives kept or missed, and how much of an error budget is left."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases, splits
from agents.rules.facts import Draft, Facts
from agents.rules.phrases import NARROW
from agents.rules.quantities import quantity
from agents.rules.writers import vitals
from agents.rules.writers.health import degradations, measured_data, missed, numbers_told, vital_parts
from agents.rules.writers.vitals import NAMES, Application, Sign

Json: TypeAlias = dict[str, Any]
NOBODY = "No application has a profile, and no service has sent an alert."
NOTHING = "Nothing that could show it was measured."
BUDGETS = ("uptime", "error_rate")


def promises(facts: Facts) -> Draft:
    """The uptime, what is left of the budget, or which objectives are kept: what the question is of."""
    found = vitals.measured(facts)
    if not found:
        return without(facts)
    concepts = set(facts.slots.concepts)
    said = uptimes if "uptime" in concepts else budgets_said if "budget" in concepts else compliance
    return Draft(
        summary=f"{said(found)}{facts.when}.",
        findings=tuple(
            Finding(text=text, executions=each.executions)
            for each in found
            for text in (*numbers_told(each, True), *missed(each), *budgets(each), *degradations(each))
        ),
        data=measured_data(found) | {"error_budgets": [row for each in found for row in budget_rows(each)]},
        parts=(*compared(found), *vital_parts(found)),
        unknown=vitals.not_measured(facts, splits.MOST_PROMISED),
    )


def without(facts: Facts) -> Draft:
    """Nothing was measured: why, and so what is not known."""
    why = facts.why_not(splits.HEALTH) or (NOTHING if splits.watched(facts) else NOBODY)
    return Draft(
        summary=f"Not known: uptime and objectives{facts.scope}{facts.when}. {why}", unknown=vitals.not_measured(facts)
    )


def uptimes(found: tuple[Application, ...]) -> str:
    known = [(each.name, each.worst("uptime")) for each in found]
    said = [f"{name} {quantity(value, 'percentunit')}" for name, value in known]
    return f"Uptime of {phrases.some(said)}"


def budgets_said(found: tuple[Application, ...]) -> str:
    """What is left of the budget that is nearest to its end."""
    rows = [row for each in found for row in budget_rows(each)]
    if not rows:
        return "No error budget can be computed: no objective of availability or errors was both set and measured"
    worst = min(rows, key=lambda row: row["left"])
    return f"Error budget of {worst['part']}: {left(worst)} ({NAMES[worst['measure']].lower()})"


def compliance(found: tuple[Application, ...]) -> str:
    """How many applications kept to all their objectives, and what the others missed."""
    promised = [each for each in found if each.verdict != "no objectives"]
    if not promised:
        return f"No objectives are set for {phrases.some([each.name for each in found])}"
    broken = [each for each in promised if each.verdict == "unhealthy"]
    unsure = [each for each in promised if each.verdict == "incomplete"]
    kept = len(promised) - len(broken) - len(unsure)
    said = [f"{each.name} missed {phrases.listing(missed_names(each))}" for each in broken]
    said += [f"{each.name} could not be measured in full" for each in unsure]
    rest = f"; {'; '.join(said)}" if said else ""
    return f"{kept} of {phrases.count(len(promised), 'measured application')} kept to all objectives{rest}"


def missed_names(application: Application) -> list[str]:
    return list(dict.fromkeys(NAMES[sign.measure].lower() for sign in failing(application)))


def failing(application: Application) -> list[Sign]:
    return [sign for sign in application.signs if sign.is_met is False]


def budget_rows(application: Application) -> list[Json]:
    """What an objective allows, what was used of it and what is left, as a share of what is allowed."""
    return [
        {
            "application": application.name,
            "part": sign.part,
            "measure": sign.measure,
            "allowed": allowed,
            "used": used,
            "left": round(1 - used / allowed, 6),
        }
        for sign in application.signs
        if sign.measure in BUDGETS and sign.objective is not None and sign.value is not None
        for allowed, used in [spent(sign.measure, sign.objective, sign.value)]
        if allowed > 0
    ]


def spent(measure: str, objective: float, value: float) -> tuple[float, float]:
    """What may go wrong and what did, as shares."""
    if measure == "uptime":
        return round(1 - objective, 9), round(1 - value, 9)
    return objective, value


def budgets(application: Application) -> tuple[str, ...]:
    return tuple(
        f"Error budget of {row['part']} by its {NAMES[row['measure']].lower()}: "
        f"{quantity(row['used'], 'percentunit')} of {quantity(row['allowed'], 'percentunit')} used, {left(row)}."
        for row in budget_rows(application)
    )


def left(row: Json) -> str:
    """ "62 % left", or by how much it is overdrawn."""
    if row["left"] >= 0:
        return f"{100 * row['left']:.0f}{NARROW}% left"
    return f"overdrawn, {row['used'] / row['allowed']:.3g} times what is allowed"


def compared(found: tuple[Application, ...]) -> tuple[drawing.Part, ...]:
    """The applications beside each other."""
    columns = [
        ("application", "Application"),
        ("verdict", "Objectives"),
        ("uptime", "Uptime"),
        ("error_rate", "Error rate"),
        ("p95_latency", "p95 latency"),
    ]
    rows = [
        {
            "application": each.name,
            "verdict": VERDICTS[each.verdict],
            "uptime": quantity(each.worst("uptime"), "percentunit"),
            "error_rate": quantity(each.worst("error_rate"), "percentunit"),
            "p95_latency": quantity(each.worst("p95_latency"), "s"),
        }
        for each in found
    ]
    executions = tuple(execution for each in found for execution in each.executions)
    part = drawing.table("Applications and their objectives", columns, rows, found[0].found[0])
    return (drawing.Part(kind=part.kind, title=part.title, data=part.data, executions=executions),) if rows[1:] else ()


VERDICTS = {
    "healthy": "kept",
    "degraded": "kept, with breaches",
    "unhealthy": "missed",
    "incomplete": "not measured in full",
    "no objectives": "none set",
}
