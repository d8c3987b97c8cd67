"""What has to hold when everything that broke works again; each finding is one sentence."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from graphs.events import NUMBERS_PER_ATTEMPT
from tests.scenarios.chaos_load import Frame, Person
from tests.scenarios.chaos_world import World

QUIET_SECONDS = 150.0
OPEN = """
select
    (select count(*) from trivium.runs where status in ('queued', 'running')) as runs,
    (select count(*) from trivium.auto_analyses where status in ('waiting', 'running')) as analyses,
    (select count(*) from trivium.ai_action_confirmations where outcome = 'executing') as executing
"""
CHANGES = """
select arguments -> 'parameters' ->> 'word' as word, status, outcome from trivium.ai_action_confirmations
where tool_name = 'execute_runbook'
"""
EXECUTED = """
select confirmation.arguments -> 'parameters' ->> 'word' as word, count(*) as times
from trivium.ai_tool_executions as execution
join trivium.ai_action_confirmations as confirmation on confirmation.executed_in = execution.id
where execution.result_status = 'success' group by 1 having count(*) > 1
"""
OWNERS = """
select run.id::text as id, run.question, run.status, owner.name from trivium.runs as run
join trivium.users as owner on owner.id = run.user_id where run.entrance <> 'rule'
"""
ENDS = """
select concat_ws(' ', status, error ->> 'error') as status, count(*) as count from trivium.runs group by 1
"""
OUTCOMES = """
select concat_ws(' ', status, outcome) as status, count(*) as count from trivium.ai_action_confirmations group by 1
"""
ANALYSES = """
select concat_ws(' ', status, nullif(note, '')) as status, count(*) as count from trivium.auto_analyses group by 1
"""
DOUBLED = """
select request_id, count(*) as times from trivium.runs
where entrance = 'rule' and status = 'completed' group by 1 having count(*) > 1
"""


async def quiet(world: World) -> list[str]:
    """Nothing is under way any more, within what leases allow."""
    found: dict[str, int] = {}
    for _ in range(int(QUIET_SECONDS)):
        (found,) = await world.rows(OPEN)
        if not any(found.values()):
            return []
        await asyncio.sleep(1)
    return [f"still open after {QUIET_SECONDS:.0f} s: {found}"]


async def faults(world: World, people: Iterable[Person]) -> list[str]:
    people = list(people)
    found = await quiet(world)
    found += await of_changes(world, people)
    found += await of_owners(world, people)
    for person in people:
        for run_id, seen in person.streams.items():
            found += await of_stream(person, run_id, seen)
    found += [f"analysis {row['request_id']} was made {row['times']} times" for row in await world.rows(DOUBLED)]
    return found + [fault for person in people[:1] for fault in person.tally.faults]


async def of_changes(world: World, people: list[Person]) -> list[str]:
    """At most once each, and exactly once where the record says that it succeeded."""
    deeds = Counter(world.deeds)
    changes = {row["word"]: row for row in await world.rows(CHANGES)}
    approved = set[str]().union(*(person.approved for person in people))
    found = [f"{word} was done {times} times" for word, times in deeds.items() if times > 1]
    found += [f"{word} was done, and nobody approved it" for word in deeds if word not in approved]
    for word, row in changes.items():
        if row["outcome"] == "succeeded" and deeds[word] != 1:
            found.append(f"{word} succeeded on record, and was done {deeds[word]} times")
        if row["outcome"] in (None, "failed") and deeds[word]:
            found.append(f"{word} is {row['status']}/{row['outcome']} on record, and was done")
        if row["status"] == "approved" and row["outcome"] is None:
            found.append(f"{word} was approved, and nothing came of it")
    doubled = await world.rows(EXECUTED)
    return found + [f"{row['word']} was executed {row['times']} times" for row in doubled]


async def of_owners(world: World, people: list[Person]) -> list[str]:
    """Every run belongs to who asked, and nobody else finds it."""
    rows = {row["id"]: row for row in await world.rows(OWNERS)}
    found: list[str] = []
    for person in people:
        for run_id, question in person.asked.items():
            row = rows.get(run_id, {})
            if (row.get("name"), row.get("question"), row.get("status")) != (person.name, question, "completed"):
                found.append(f"run {run_id} is not {person.name}'s, completed, on {question!r}, but {row or 'lost'}")
    for person, other in zip(people, people[1:] + people[:1], strict=True):
        for run_id in [*person.asked][:5]:
            answer = await other.once("GET", f"/api/v1/runs/{run_id}")
            if answer.status_code != 404:
                found.append(f"{other.name} reads run {run_id} of {person.name}")
    return found


async def of_stream(person: Person, run_id: str, seen: list[Frame]) -> list[str]:
    """What was heard of the attempt that ended is what the record has of it, each event once and in order."""
    record = await person.whole(run_id)
    numbers = [frame[0] for frame in seen]
    if numbers != sorted(set(numbers)):
        return [f"run {run_id}: events came twice or out of order: {numbers}"]
    attempt = record[-1][0] // NUMBERS_PER_ATTEMPT
    kept = [frame for frame in record if frame[0] // NUMBERS_PER_ATTEMPT == attempt]
    heard = [frame for frame in seen if frame[0] // NUMBERS_PER_ATTEMPT == attempt]
    if kept == heard:
        return []
    missing = {frame[0] for frame in kept} ^ {frame[0] for frame in heard}
    return [f"run {run_id}: heard {len(heard)} of {len(kept)} events, different: {sorted(missing) or 'contents'}"]


async def ends(world: World) -> dict[str, int]:
    """How runs, changes and analyses ended."""
    ended: dict[str, int] = {}
    for what, statement in (("runs", ENDS), ("changes", OUTCOMES), ("analyses", ANALYSES)):
        ended |= {f"{what} {row['status']}": row["count"] for row in await world.rows(statement)}
    return ended
