"""Signing in at the page: links that open once, cookies that no other site can use."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain import login_links
from domain.database import Pool
from domain.tokens import PILLARS, Claims, mint
from tests.house import actor
from tests.web.entrance import KEY, QUERY, app, client, entrance, parts_of, runner, token
from web.app import build

SESSION, ME = "/api/v1/session", "/api/v1/users/me"
PAGE = {"X-Trivium-Page": "1"}


async def link(pool: Pool, *roles: str, name: str = "owner") -> str:
    async with pool.connection() as db:
        return await login_links.make(db, await actor(pool, *roles, name=name))


def unsigned(web: httpx.AsyncClient) -> httpx.AsyncClient:
    web.headers.pop("Authorization")
    return web


async def test_a_login_link_opens_the_page_once(pool: Pool) -> None:
    code = await link(pool, "engineer", name="maya")
    async with runner(pool) as running:
        served = build(parts_of(pool, running, key=KEY))
        async with client(served) as web:
            first = await unsigned(web).post(SESSION, json={"code": code})
            me = (await web.get(ME)).json()
            second = await web.post(SESSION, json={"code": code}, headers={"Cookie": ""})
    cookie = first.headers["set-cookie"]
    assert first.status_code == 204
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert (me["name"], me["roles"], me["is_admin"]) == ("maya", ["engineer"], False)
    assert datetime.fromisoformat(me["expires_at"]) - datetime.now(UTC) > timedelta(hours=11)
    assert (second.status_code, second.json()["error"]) == (401, "unauthorized")
    async with pool.connection() as db:
        rows = await (await db.execute("select action from trivium.audit_logs order by at, id")).fetchall()
        kept = await (await db.execute("select code_sha256 from trivium.login_links")).fetchall()
    assert [row["action"] for row in rows] == ["login_link_made", "login_link_used"]
    assert code not in str(kept)


async def test_a_login_link_that_is_too_old_lets_nobody_in(pool: Pool) -> None:
    code = await link(pool, "engineer")
    async with pool.connection() as db:
        await db.execute("update trivium.login_links set expires_at = now() - interval '1 second'")
    async with runner(pool) as running, client(build(parts_of(pool, running, key=KEY))) as web:
        response = await unsigned(web).post(SESSION, json={"code": code})
    assert response.status_code == 401
    assert "set-cookie" not in response.headers


async def test_a_link_gives_no_more_than_its_maker_has_when_it_is_used(pool: Pool) -> None:
    code = await link(pool, "admin", name="jonas")
    async with pool.connection() as db:
        await db.execute("delete from trivium.user_roles")
    async with runner(pool) as running, client(build(parts_of(pool, running, key=KEY))) as web:
        await unsigned(web).post(SESSION, json={"code": code})
        assert (await web.get(ME)).json()["roles"] == []


async def test_a_token_becomes_a_cookie_for_as_long_as_it_is_valid(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await unsigned(web).post(SESSION, json={"token": token("ann", scopes=PILLARS)})
        assert (await web.get(ME)).json()["name"] == "ann"
        gone = await web.delete(SESSION)
        assert (await web.get(ME)).status_code == 401
    assert (response.status_code, gone.status_code) == (204, 204)
    assert 3500 <= int(response.headers["set-cookie"].split("Max-Age=")[1].split(";")[0]) <= 3600


@pytest.mark.parametrize("sent", [{}, {"code": "a", "token": "b"}, {"code": ""}, {"cod": "a"}])
async def test_what_is_neither_a_code_nor_a_token_is_refused(pool: Pool, sent: dict[str, str]) -> None:
    async with entrance(pool) as web:
        assert (await unsigned(web).post(SESSION, json=sent)).status_code == 422


async def test_a_false_token_sets_no_cookie(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await unsigned(web).post(SESSION, json={"token": "a.b.c"})
    assert (response.status_code, "set-cookie" in response.headers) == (401, False)


async def test_a_token_that_no_browser_keeps_is_refused_in_plain(pool: Pool) -> None:
    claims = Claims(
        name="ann",
        roles=frozenset({"engineer"}),
        scopes=frozenset(PILLARS),
        teams=frozenset(f"team-{n}" for n in range(500)),
    )
    async with entrance(pool) as web:
        response = await unsigned(web).post(SESSION, json={"token": mint(KEY, claims, ttl=timedelta(hours=1))})
    assert response.status_code == 401
    assert "more than a browser keeps" in response.json()["message"]


async def test_another_sites_request_with_our_cookie_changes_nothing(pool: Pool) -> None:
    """SE-12: a form of another site sends the cookie, but cannot set the header."""
    async with entrance(pool) as web:
        unsigned(web).cookies.set("trivium_session", token("ann"))
        refused = await web.post(QUERY, json={"query": "one"})
        taken = await web.post(QUERY, json={"query": "one"}, headers=PAGE)
    assert (refused.status_code, refused.json()["error"]) == (403, "permission_denied")
    assert taken.status_code == 200


async def test_a_header_wins_over_the_cookie(pool: Pool) -> None:
    async with runner(pool) as running, client(app(pool, running)) as web:
        web.cookies.set("trivium_session", token("ann"))
        headers = {"Authorization": f"Bearer {token('bob')}"}
        assert (await web.get(ME, headers=headers)).json()["name"] == "bob"
