from uuid import uuid4

from domain.database import Pool
from tests.web.entrance import QUERY, entrance, frames, signed

STREAM = {"Accept": "text/event-stream"}


async def test_a_run_is_told_whole_and_in_the_list_without_its_answer(pool: Pool) -> None:
    async with entrance(pool) as web:
        asked = (await web.post(QUERY, json={"query": "one"})).json()
        run = (await web.get(f"/api/v1/runs/{asked['run_id']}")).json()
        listed = (await web.get("/api/v1/runs")).json()
    summary = {
        "id": asked["run_id"],
        "session_id": asked["session_id"],
        "graph": "inquiry",
        "status": "completed",
        "question": "one",
        "tokens_used": 0,
        "created_at": run["created_at"],
        "finished_at": run["finished_at"],
    }
    assert listed == {"runs": [summary]}
    assert run == summary | {"attempt": 1, "answer": asked["answer"], "error": None}


async def test_a_failed_run_tells_its_error(pool: Pool) -> None:
    async with entrance(pool) as web:
        viewer = signed("eve", roles=("viewer",))
        refused = (await web.post(QUERY, json={"query": "one"}, headers=viewer)).json()
        listed = (await web.get("/api/v1/runs", headers=viewer)).json()["runs"]
        run = (await web.get(f"/api/v1/runs/{listed[0]['id']}", headers=viewer)).json()
    assert (run["status"], run["error"]) == ("failed", refused)


async def test_runs_can_be_narrowed_to_a_session_and_to_the_newest(pool: Pool) -> None:
    async with entrance(pool) as web:
        first, second = [(await web.post(QUERY, json={"query": text})).json() for text in ("one", "two")]
        newest = (await web.get("/api/v1/runs", params={"limit": 1})).json()["runs"]
        of_first = (await web.get("/api/v1/runs", params={"session_id": first["session_id"]})).json()["runs"]
        too_many = await web.get("/api/v1/runs", params={"limit": 101})
    assert [run["id"] for run in newest] == [second["run_id"]]
    assert [run["id"] for run in of_first] == [first["run_id"]]
    assert too_many.status_code == 422


async def test_another_persons_run_is_as_if_it_did_not_exist(pool: Pool) -> None:
    """AU-08."""
    async with entrance(pool) as web:
        mine = (await web.post(QUERY, json={"query": "one"})).json()
        bob, nowhere = signed("bob"), str(uuid4())
        for run_id in (mine["run_id"], nowhere):
            path = f"/api/v1/runs/{run_id}"
            responses = [
                await web.get(path, headers=bob),
                await web.get(f"{path}/events", headers=bob),
                await web.post(f"{path}/cancel", headers=bob),
            ]
            gone = (404, {"error": "not_found", "message": f"There is no run {run_id} of yours."})
            assert [(response.status_code, response.json()) for response in responses] == [gone] * 3
        listed = (await web.get("/api/v1/runs", params={"session_id": mine["session_id"]}, headers=bob)).json()
    assert listed == {"runs": []}


async def test_an_id_that_is_none_is_not_found(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await web.get("/api/v1/runs/17")
    assert (response.status_code, response.json()) == (
        404,
        {"error": "not_found", "message": "There is nothing at this path."},
    )


async def test_a_reader_who_comes_back_gets_only_what_it_missed(pool: Pool) -> None:
    async with entrance(pool) as web:
        run_id = (await web.post(QUERY, json={"query": "one"})).json()["run_id"]
        path = f"/api/v1/runs/{run_id}/events"
        whole = frames((await web.get(path)).text)
        missed = frames((await web.get(path, headers={"Last-Event-ID": "3"})).text)
        caught_up = await web.get(path, headers={"Last-Event-ID": "5"})
        confused = frames((await web.get(path, headers={"Last-Event-ID": "x"})).text)
    assert [kind for _, kind, _ in whole] == ["run", "tool_use", "tool_use", "chunk", "complete"]
    assert missed == whole[3:]
    assert (caught_up.status_code, caught_up.text) == (200, "")
    assert confused == whole


async def test_the_events_told_live_and_read_later_are_the_same(pool: Pool) -> None:
    async with entrance(pool) as web:
        told = (await web.post(QUERY, json={"query": "one"}, headers=STREAM)).text
        run_id = frames(told)[0][2]["run_id"]
        later = (await web.get(f"/api/v1/runs/{run_id}/events")).text
    assert frames(later) == frames(told)


async def test_a_run_that_has_ended_is_not_changed_by_cancelling(pool: Pool) -> None:
    async with entrance(pool) as web:
        run_id = (await web.post(QUERY, json={"query": "one"})).json()["run_id"]
        cancelled = await web.post(f"/api/v1/runs/{run_id}/cancel")
        run = (await web.get(f"/api/v1/runs/{run_id}")).json()
    assert (cancelled.status_code, run["status"]) == (202, "completed")
