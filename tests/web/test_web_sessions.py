from domain.database import Pool
from tests.web.entrance import QUERY, entrance, signed


async def test_sessions_and_messages_come_in_pages_and_only_to_their_owner(pool: Pool) -> None:
    """EP-02, EP-03, IQ-15, AU-08."""
    async with entrance(pool) as web:
        first, second = [(await web.post(QUERY, json={"query": text})).json() for text in ("one", "two")]
        await web.post(QUERY, json={"query": "bob's"}, headers=signed("bob"))
        page = (await web.get("/api/v1/inquiry/sessions", params={"page": 2, "per_page": 1})).json()
        path = f"/api/v1/inquiry/sessions/{first['session_id']}/messages"
        messages = (await web.get(path)).json()
        foreign = await web.get(path, headers=signed("bob"))
    started = page["sessions"][0]["started_at"]
    asked, told = messages["messages"]
    assert second["session_id"] != first["session_id"]
    assert started.endswith("Z")
    assert page == {
        "sessions": [
            {
                "id": first["session_id"], "started_at": started, "message_count": 2, "last_query": "one",
                "title": "one",
            }
        ],
        "pagination": {"page": 2, "per_page": 1, "total": 2},
    }  # fmt: skip
    assert messages == {
        "session_id": first["session_id"],
        "messages": [
            {
                "role": "user", "content": "one", "tools_used": [], "created_at": asked["created_at"],
                "run_id": first["run_id"],
            },
            {
                "role": "assistant", "content": told["content"], "tools_used": ["query_echo"],
                "created_at": told["created_at"], "run_id": first["run_id"],
            },
        ],
        "pagination": {"page": 1, "per_page": 20, "total": 2},
    }  # fmt: skip
    assert told["content"].startswith("one: 1 results.")
    assert foreign.status_code == 404


async def test_a_page_that_cannot_be_is_refused(pool: Pool) -> None:
    async with entrance(pool) as web:
        for name, value in (("per_page", "101"), ("page", "0"), ("page", "x"), ("pages", "1")):
            response = await web.get("/api/v1/inquiry/sessions", params={name: value})
            assert response.status_code == 422
            assert [detail["field"] for detail in response.json()["details"]] == [name]


async def test_a_deleted_session_is_gone_and_another_persons_cannot_be_deleted(pool: Pool) -> None:
    async with entrance(pool) as web:
        session_id = (await web.post(QUERY, json={"query": "one"})).json()["session_id"]
        path = f"/api/v1/inquiry/sessions/{session_id}"
        foreign = await web.delete(path, headers=signed("bob"))
        deleted = await web.delete(path)
        again = await web.delete(path)
    assert (foreign.status_code, deleted.status_code, deleted.content, again.status_code) == (404, 204, b"", 404)
    assert (
        foreign.json()
        == again.json()
        == {"error": "not_found", "message": f"There is no session {session_id} of yours."}
    )


async def test_suggestions_name_services_that_are_there(pool: Pool) -> None:
    """EP-04, IQ-14."""
    async with pool.connection() as db:
        await db.execute("insert into trivium.names (kind, name) values ('service', 'checkout')")
    async with entrance(pool) as web:
        body = (await web.get("/api/v1/inquiry/suggestions")).json()
    assert body.keys() == {"suggestions"}
    assert any("checkout" in suggestion for suggestion in body["suggestions"])
