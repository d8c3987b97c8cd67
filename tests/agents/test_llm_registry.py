"""The registry of language models on real Postgres, with models over real HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.llm import checking
from agents.llm.registry import Models, Reach, Variables, open_models
from agents.model import ModelBrain
from domain import llm_calls, llm_models
from domain.database import Pool
from domain.llm_models import Draft, LlmModel
from graphs.asking import Ask
from tests.house import ScriptedBrain, actor, runner
from tests.model_server import Failure, Hang, ModelServer, Page, Step, Text, scripted

TWO = Text("Two results, all said.")
DONE = (TWO, TWO, TWO)
LATE = Hang(2)
SLOW, QUICK = 5, 0.5


@asynccontextmanager
async def made(pool: Pool, *drafts: Draft, reach: Reach | None = None) -> AsyncGenerator[Models]:
    ann = await actor(pool, "admin")
    async with pool.connection() as db, db.transaction():
        for draft in drafts:
            await llm_models.add(db, ann, draft)
    async with open_models(pool, reach or Reach(environment="PROD")) as models:
        yield models


def draft(name: str, server: ModelServer, **more: Any) -> Draft:
    return Draft(name=name, environment="PROD", base_url=server.base_url, model=f"{name}-1", **more)


async def answered(pool: Pool, models: Models) -> Any:
    """The answer to one question by the brain that the service would give the run."""

    def make() -> Any:
        succession = models.succession()
        return ModelBrain(succession, ScriptedBrain()) if succession else ScriptedBrain()

    async with runner(pool, brain=make) as running:
        outcome = await running.ask(await actor(pool, "admin"), Ask(text="what?"))
    assert outcome.answer, outcome.error
    return outcome.answer


async def row(pool: Pool, name: str) -> LlmModel:
    async with pool.connection() as db:
        return await llm_models.by_name(db, name)


FAULTS: Sequence[tuple[tuple[Step, ...], str]] = (
    ((Failure(429), Failure(429)), "429 rate limited"),
    ((Failure(401),), "401 key refused"),
    ((Failure(500), Failure(500)), "500 server error"),
    ((LATE, LATE), "no answer in time"),
    ((Page(),), "its reply was no completion"),
)


@pytest.mark.parametrize(("faults", "why"), FAULTS, ids=[why for _, why in FAULTS])
async def test_the_next_model_answers_when_one_fails_and_the_answer_says_so(
    pool: Pool, faults: tuple[Step, ...], why: str
) -> None:
    """MC-13, MC-16: with what each was used for on record, and how each is."""
    with scripted(*faults) as bad, scripted(*DONE) as good:
        first = draft("first", bad, is_default=True, timeout_seconds=QUICK)
        async with made(pool, first, draft("second", good, fallback_order=1)) as models:
            answer = await answered(pool, models)
            await models.flush()
            async with pool.connection() as db:
                used = await llm_calls.usage(db, "variables")
            unwell, well = await row(pool, "first"), await row(pool, "second")
            await models.reload()
            succession = models.succession()
    (note,) = [text for text in answer.notes if text.startswith("Models that did not answer: first (")]
    assert why.rsplit(maxsplit=1)[-1] in note or "no answer within" in note
    assert (unwell.status, well.status, well.last_error) == ("unhealthy", "healthy", "")
    assert unwell.last_error
    assert (used[unwell.id].calls, used[unwell.id].failures) == (1, 1)
    assert used[well.id].failures == 0
    assert used[well.id].tokens_in + used[well.id].tokens_out == answer.tokens_used > 0
    assert succession
    assert succession.names == ("second", "first"), "one that just failed is asked after the others"


async def test_rules_answer_when_no_model_does_and_say_why(pool: Pool) -> None:
    with scripted(Failure(401)) as one, scripted(Failure(503), Failure(503)) as two:
        both = draft("one", one, is_default=True), draft("two", two, fallback_order=1)
        async with made(pool, *both) as models:
            answer = await answered(pool, models)
    assert answer.brain == "rules"
    assert "The model did not answer (503 server error), the rules took over" in answer.notes
    assert "Models that did not answer: one (401 key refused)" in answer.notes


async def test_a_key_is_read_where_its_reference_leads_and_never_kept(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SE-08: and what is Trivium's own is not to be had so."""
    file = tmp_path / "key"
    file.write_text("sk-first\n")
    monkeypatch.setenv("MODEL_KEY", "sk-variable")
    with scripted(*DONE, *DONE, *DONE) as server:
        secret = draft("one", server, is_default=True, secret_ref=f"file:{file}")
        other = draft("two", server, fallback_order=1, secret_ref="env:MODEL_KEY")
        own = draft("own", server, fallback_order=2, secret_ref="env:TRIVIUM_JWT_SECRET")
        unset = draft("unset", server, fallback_order=3, secret_ref="env:NOT_SET_ANYWHERE")
        async with made(pool, secret, other, own, unset) as models:
            await answered(pool, models)
            file.write_text("sk-second\n")
            await models.reload()
            await answered(pool, models)
            names, problems = models.names, models.problems
    keys = list(dict.fromkeys(headers["authorization"] for headers in server.headers))
    assert keys == ["Bearer sk-first", "Bearer sk-second"]
    assert names == ("one", "two")
    assert problems == {
        "own": "env:TRIVIUM_JWT_SECRET is not for credentials: it is Trivium's own, or no plain file.",
        "unset": "env:NOT_SET_ANYWHERE is empty or not set where Trivium runs.",
    }
    async with pool.connection() as db:
        kept = await (await db.execute("select row_to_json(m)::text as row from trivium.llm_models m")).fetchall()
    assert not any("sk-" in each["row"] for each in kept)


async def test_lab_falls_back_to_the_variables_and_prod_does_not_know_them(pool: Pool) -> None:
    """MC-14, MC-15."""
    with scripted(*DONE) as server:
        given = Variables(base_url=server.base_url, api_key="k", model="m", timeout_seconds=SLOW)
        async with made(pool, reach=Reach(environment="LAB", variables=given)) as models:
            alone = models.names
            ann = await actor(pool, "admin")
            async with pool.connection() as db:
                await llm_models.add(db, ann, replace(draft("lab", server, is_default=True), environment="LAB"))
                await llm_models.add(db, ann, draft("prod", server, is_default=True))
            await models.reload()
            both = models.names
            await answered(pool, models)
            await models.flush()
    assert (alone, both) == (("variables",), ("lab", "variables"))


async def test_a_change_holds_in_other_processes_within_seconds_and_runs_go_on_with_what_they_have(pool: Pool) -> None:
    with scripted(*DONE) as server:
        async with made(pool) as here, open_models(pool, here.reach) as elsewhere:
            assert elsewhere.succession() is None
            async with pool.connection() as db:
                await llm_models.add(db, await actor(pool, "admin"), draft("new", server, is_default=True))
            async with asyncio.timeout(10):
                while elsewhere.names != ("new",):  # noqa: ASYNC110 - it looks at the table by its own clock
                    await asyncio.sleep(0.05)
            before = elsewhere.succession()
            async with pool.connection() as db, db.transaction():
                await llm_models.remove(db, await actor(pool, "admin"), (await row(pool, "new")).id)
            await elsewhere.reload()
            assert elsewhere.succession() is None
            assert before is not None
            answer = await answered_with(pool, before)
    assert answer.brain in ("model", "rules")
    assert server.requests


async def answered_with(pool: Pool, succession: Any) -> Any:
    async with runner(pool, brain=lambda: ModelBrain(succession, ScriptedBrain())) as running:
        return (await running.ask(await actor(pool, "admin"), Ask(text="what?"))).answer


async def test_an_address_that_is_closed_is_not_asked_even_when_it_stands_in_the_table(pool: Pool) -> None:
    """The rules of datasources: metadata addresses are closed, and hosts can be listed."""
    bad = Draft(
        name="bad", environment="PROD", base_url="http://169.254.169.254/v1", model="m", is_default=True
    )  # fmt: skip
    other = replace(bad, name="other", base_url="http://elsewhere.example.com/v1", is_default=False, fallback_order=1)
    reach = Reach(environment="PROD", allowed_hosts=("*.internal",))
    async with made(pool, bad, other, reach=reach) as models:
        answer = await answered(pool, models)
        problems = dict(models.problems)
    assert models.names == ()
    assert "metadata and link-local addresses are closed" in problems["bad"]
    assert "is not among the hosts of LLM_ALLOWED_HOSTS (*.internal)" in problems["other"]
    assert answer.brain == "rules"
    assert any("no model can be asked" in note for note in answer.notes)


async def test_a_check_asks_a_word_and_a_look_costs_nothing(pool: Pool) -> None:
    with scripted(Text("ready"), Failure(401)) as server:
        async with made(pool, draft("one", server, is_default=True)) as models:
            found = await row(pool, "one")
            well = await checking.check(models, found.id)
            unwell = await checking.check(models, found.id)
            await checking.once(models, 0)  # its endpoint lists no models: 404 says nothing of how it is
            still = await row(pool, "one")
    assert (well.status, well.last_error) == ("healthy", "")
    assert (unwell.status, unwell.last_error) == ("unhealthy", "401 key refused")
    assert (still.status, len(server.requests)) == ("unhealthy", 2)
    async with made(pool, reach=models.reach) as again:
        await checking.once(again, 0)
    gone = await row(pool, "one")
    assert (gone.status, gone.last_error != "") == ("unhealthy", True)


async def test_what_was_experienced_is_put_on_record_when_the_house_closes(pool: Pool) -> None:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(scripted(*DONE))
        async with made(pool, draft("one", server, is_default=True)) as models:
            await answered(pool, models)
    async with pool.connection() as db:
        used = await llm_calls.usage(db, "variables")
    assert used[(await row(pool, "one")).id].calls > 0
