"""Who gets in at `/mcp`: every request with a token of its own, from where this server may be asked, with its scope."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

import tools
from domain import tokens
from domain.database import Pool
from domain.tokens import Claims, Key
from mcp_server.http import MOST_AT_ONCE
from mcp_server.places import Places, places
from tests.house import Worker, actor, spec, worker
from tests.mcp_server.endpoint import (
    Set,
    client,
    endpoint,
    initialize,
    modern,
    open_session,
    raw,
    request,
    served,
    server_of,
    signed,
    structured,
)
from tests.web.entrance import HOUR, KEY

ISSUER = "https://idp.example"
NO_ROLES = "delete from trivium.user_roles where user_id = (select id from trivium.users where name = 'ann')"
METADATA = "/.well-known/oauth-protected-resource"


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool, spec(), *tools.ALL) as opened:
        yield opened


def bearing(claims: Claims, key: Key = KEY, ttl: timedelta = HOUR) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.mint(key, claims, ttl=ttl)}"}


ANN = Claims(name="ann", roles=frozenset({"admin"}), scopes=frozenset({"inquiry"}))
OTHER_KEY = Key(secret="another secret, longer than 32 bytes too", issuer="trivium", audience="trivium")
OTHER_AUDIENCE = Key(secret=KEY.secret, issuer="trivium", audience="somebody else")
OTHER_ISSUER = Key(secret=KEY.secret, issuer="somebody else", audience="trivium")
STRANGERS: dict[str, dict[str, str]] = {
    "no token": {},
    "another scheme": {"Authorization": "Basic YW5uOmFubg=="},
    "no token after the scheme": {"Authorization": "Bearer"},
    "a cookie": {"Cookie": f"trivium_session={tokens.mint(KEY, ANN, ttl=HOUR)}"},
    "nonsense": {"Authorization": "Bearer nonsense"},
    "another's signature": bearing(ANN, OTHER_KEY),
    "for another audience": bearing(ANN, OTHER_AUDIENCE),
    "by another issuer": bearing(ANN, OTHER_ISSUER),
    "expired": bearing(ANN, ttl=-HOUR),
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS.keys())
async def test_without_a_valid_token_nothing_is_answered_but_where_to_get_one(
    pool: Pool, house: Worker, headers: dict[str, str]
) -> None:
    """SE-12."""
    async with served(pool, house, Set(issuers=(ISSUER,))) as url, raw(url, headers) as http:
        body, era = modern("tools/list")
        answers = [
            await http.post("/mcp", json=body, headers=era), await http.post("/mcp", json=initialize()),
            await http.get("/mcp"), await http.delete("/mcp"), await http.options("/mcp"),
        ]  # fmt: skip
        base = str(http.base_url).rstrip("/")
    assert [answer.status_code for answer in answers] == [401] * 5
    for answer in answers:
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer ")
        assert 'scope="inquiry troubleshooting revive"' in challenge
        assert f'resource_metadata="{base}{METADATA}/mcp"' in challenge
        assert ('error="invalid_token"' in challenge) == ("Authorization" in headers)
        assert "tools" not in answer.text


async def test_who_grants_tokens_is_told_in_plain_strings_to_anybody(pool: Pool, house: Worker) -> None:
    async with served(pool, house, Set(issuers=(ISSUER,))) as url, raw(url, {}) as http:
        found = [(await http.get(METADATA + suffix)) for suffix in ("/mcp", "")]
    document = {
        "resource": url,
        "resource_name": "Trivium",
        "authorization_servers": ["https://idp.example"],
        "scopes_supported": ["inquiry", "troubleshooting", "revive"],
        "bearer_methods_supported": ["header"],
    }
    assert [(answer.status_code, answer.json()) for answer in found] == [(200, document)] * 2
    assert {answer.headers["access-control-allow-origin"] for answer in found} == {"*"}


async def test_a_house_with_tokens_of_its_own_alone_sends_nobody_elsewhere(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, raw(url, {}) as http:
        document, refused = await http.get(METADATA + "/mcp"), await http.get("/mcp")
    assert document.status_code == 404
    assert "`trivium token` makes one" in document.json()["error"]["message"]
    assert "resource_metadata" not in refused.headers["www-authenticate"]


async def test_behind_a_proxy_the_public_address_is_named(pool: Pool, house: Worker) -> None:
    public = "https://trivium.example/ops/"
    setup = Set(issuers=(ISSUER,), public_url=public, places=places("0.0.0.0", public, (), ()))  # noqa: S104
    async with served(pool, house, setup) as url, raw(url, {"Host": "trivium.example"}) as http:
        document, refused = await http.get(METADATA), await http.get("/mcp")
    assert document.json()["resource"] == "https://trivium.example/ops/mcp"
    where = 'resource_metadata="https://trivium.example/ops/.well-known/oauth-protected-resource/mcp"'
    assert where in refused.headers["www-authenticate"]


SCOPES = [
    ("ask", {"question": "q"}, "inquiry"),
    ("troubleshoot", {"alert": "a"}, "troubleshooting"),
    ("revive", {"request": "r"}, "revive"),
]


@pytest.mark.parametrize(("tool", "arguments", "scope"), SCOPES)
async def test_a_tool_beyond_the_tokens_scopes_is_refused_with_the_scope_to_ask_for(
    pool: Pool, house: Worker, tool: str, arguments: dict[str, Any], scope: str
) -> None:
    others = tuple(other for _, _, other in SCOPES if other != scope)[:1]
    call = {"name": tool, "arguments": arguments}
    async with served(pool, house, Set(issuers=(ISSUER,))) as url, raw(url, signed(scopes=others)) as http:
        session = await open_session(http)
        body, era = modern("tools/call", call)
        answers = [
            await http.post("/mcp", json=body, headers=era),
            await http.post("/mcp", json=request("tools/call", call), headers=session),
        ]
        enough = await http.post("/mcp", json=body, headers=era | signed(scopes=(scope,)))
    words = f"This token does not open this; it needs the scope {scope}."
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json() == {"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": words}}
        challenge = answer.headers["www-authenticate"]
        asked = " ".join(each for _, _, each in SCOPES if each in (scope, *others))
        assert challenge.startswith(f'Bearer error="insufficient_scope", error_description="{words}", scope="{asked}"')
        assert "resource_metadata=" in challenge
    assert enough.status_code == 200


async def test_a_token_for_alerts_alone_opens_nothing_here(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, raw(url, signed(scopes=("ingest",))) as http:
        body, era = modern("tools/list")
        answers = [await http.post("/mcp", json=body, headers=era), await http.post("/mcp", json=initialize())]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert 'scope="inquiry troubleshooting revive"' in answers[0].headers["www-authenticate"]


COMMON = ["get_run", "confirm", "cancel_run", "list_runs"]


@pytest.mark.parametrize(
    ("roles", "scopes", "own"),
    [
        (("admin",), ("inquiry", "troubleshooting", "revive"), ["ask", "troubleshoot", "revive"]),
        (("admin",), ("revive", "inquiry"), ["ask", "revive"]),
        (("viewer",), ("inquiry", "troubleshooting", "revive"), ["ask", "revive"]),
        (("nobody",), ("inquiry", "troubleshooting", "revive"), []),
    ],
)
async def test_the_list_holds_what_this_caller_can_reach_in_one_order(
    pool: Pool, house: Worker, roles: tuple[str, ...], scopes: tuple[str, ...], own: list[str]
) -> None:
    """SE-12."""
    await actor(pool, *roles, name="cat")
    async with served(pool, house) as url:
        for mode in ("auto", "legacy"):
            async with client(url, signed("cat", roles=roles, scopes=scopes), mode=mode) as opened:
                assert [tool.name for tool in (await opened.list_tools()).tools] == [*own, *COMMON]


async def test_what_an_admin_takes_away_shows_in_the_next_list(pool: Pool, house: Worker) -> None:
    """SE-12."""
    async with served(pool, house) as url, raw(url) as http:
        session = await open_session(http)
        before = await http.post("/mcp", json=request("tools/list"), headers=session)
        async with pool.connection() as db:
            await db.execute(NO_ROLES)
        after = await http.post("/mcp", json=request("tools/list"), headers=session)
    assert [(f'"name":"{tool}"' in before.text, f'"name":"{tool}"' in after.text) for tool, _, _ in SCOPES] == [
        (True, False), (True, False), (True, False),
    ]  # fmt: skip
    assert '"name":"get_run"' in after.text


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ("update trivium.users set disabled_at = now() where name = 'ann'", 403, "The user ann is disabled."),
        ("update trivium.users set org_id = 'acme' where name = 'ann'", 403, "another organisation"),
    ],
)
async def test_what_an_admin_takes_away_bites_at_the_next_request_of_an_open_session(
    pool: Pool, house: Worker, change: Any, status: int, said: str
) -> None:
    """SE-12."""
    claims = Claims(name="ann", roles=frozenset({"admin"}), scopes=frozenset({"inquiry"}), org="initech")
    async with served(pool, house) as url, raw(url, bearing(claims)) as http:
        session = await open_session(http)
        fine = await http.post("/mcp", json=request("tools/list"), headers=session)
        async with pool.connection() as db:
            await db.execute(change)
        closed = await http.post("/mcp", json=request("tools/list"), headers=session)
    assert (fine.status_code, closed.status_code) == (200, status)
    assert said in closed.json()["error"]["message"]


async def test_a_role_that_is_taken_away_bites_at_the_next_call_of_an_open_session(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, client(url, mode="legacy") as opened:
        asked = structured(await opened.call_tool("ask", {"question": "one"}))
        async with pool.connection() as db:
            await db.execute(NO_ROLES)
        refused = await opened.call_tool("ask", {"question": "two"})
    assert asked["status"] == "completed"
    assert refused.is_error
    assert "cannot use echo" in str(refused.content)


async def test_a_call_is_of_its_own_token_and_not_of_the_sessions_opener(pool: Pool, house: Worker) -> None:
    """SE-12: a narrower token of the same user on the same session opens no more than it says."""
    call = request("tools/call", {"name": "ask", "arguments": {"question": "q"}})
    async with served(pool, house) as url, raw(url) as http:
        session = await open_session(http)
        wide = await http.post("/mcp", json=call, headers=session)
        narrow = await http.post("/mcp", json=call, headers=session | signed(scopes=("revive",)))
        roleless = await http.post("/mcp", json=call, headers=session | signed(roles=("nobody",)))
    assert (wide.status_code, narrow.status_code, roleless.status_code) == (200, 403, 200)
    assert '"status":"completed"' in wide.text
    assert "cannot use echo" in roleless.text


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_another_users_token_finds_no_session_of_mine(pool: Pool, house: Worker, method: str) -> None:
    """SE-12."""
    async with served(pool, house) as url, raw(url) as http:
        session = await open_session(http)
        body = request("tools/list") if method == "POST" else None
        theirs = await http.request(method, "/mcp", json=body, headers=session | signed("eve"))
        mine = await http.post("/mcp", json=request("tools/list"), headers=session)
    assert (theirs.status_code, mine.status_code) == (404, 200)
    assert theirs.json()["error"]["message"] == "There is no such session of yours; open a new one."


LISTENING: dict[str, Places] = {
    "loopback": places("127.0.0.1", None, (), ()),
    "everywhere": places("0.0.0.0", None, (), ()),  # noqa: S104
    "one address": places("10.1.2.3", None, (), ()),
}


@pytest.mark.parametrize("listening", LISTENING.values(), ids=LISTENING.keys())
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8080"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "file://localhost"}, 403),
        ({"Host": "localhost:8080", "Origin": "http://localhost:3000"}, 200),
        ({"Host": "[::1]:8080"}, 200),
    ],
)
async def test_host_and_origin_are_looked_at_whatever_the_address(
    pool: Pool, house: Worker, listening: Places, headers: dict[str, str], status: int
) -> None:
    """SE-12."""
    async with served(pool, house, Set(places=listening)) as url, raw(url) as http:
        body, era = modern("tools/list")
        answer = await http.post("/mcp", json=body, headers=era | headers)
        stranger = await http.post("/mcp", json=body, headers=era | headers | {"Authorization": ""})
        document = await http.get(METADATA, headers=headers)
    assert (answer.status_code, stranger.status_code) == (status, 401 if status == 200 else status)
    assert document.status_code == (404 if status == 200 else status)


async def test_a_browser_is_told_which_pages_may_ask(pool: Pool, house: Worker) -> None:
    setup = Set(places=places("127.0.0.1", None, (), ("https://host.example",)))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-method"}
    async with served(pool, house, setup) as url, raw(url) as http:
        body, era = modern("tools/list")
        ours, theirs = [
            (
                await http.options("/mcp", headers=asked | {"Origin": origin, "Authorization": ""}),
                await http.post("/mcp", json=body, headers=era | {"Origin": origin}),
            )
            for origin in ("https://host.example", "https://evil.example")
        ]
    assert [(answer.status_code, answer.headers.get("access-control-allow-origin")) for answer in (*ours, *theirs)] == [
        (200, "https://host.example"), (200, "https://host.example"), (400, None), (403, None),
    ]  # fmt: skip
    assert "Mcp-Session-Id" in ours[1].headers["access-control-expose-headers"]


def test_the_names_it_answers_to_are_loopback_its_own_and_those_of_the_settings() -> None:
    taken = places("10.1.2.3", "https://Trivium.example", ("trivium:8080",), ("https://host.example",))
    hosts = ("10.1.2.3:8080", "trivium.example", "trivium:8080", "127.0.0.1", "LOCALHOST:1")
    assert [taken.takes_host(host) for host in hosts] == [True] * 5
    assert [taken.takes_host(host) for host in ("trivium:9090", "trivium.example:444", "0.0.0.0:8080")] == [False] * 3
    origins = ("https://trivium.example", "https://host.example", "http://10.1.2.3:8080", None)
    assert [taken.takes_origin(origin) for origin in origins] == [True] * 4
    others = ("http://trivium.example", "https://host.example:8443", "https://host.example.evil.example", "")
    assert [taken.takes_origin(origin) for origin in others] == [False] * 4


async def test_requests_of_one_user_at_once_have_a_bound_that_leaves_others_free(pool: Pool, house: Worker) -> None:
    made = endpoint(pool, server_of(house, 10))
    ann = await actor(pool, "admin", name="ann")
    made.open[ann.user_id] = MOST_AT_ONCE
    from starlette.applications import Starlette  # noqa: PLC0415

    body, era = modern("tools/list")
    async with made.running(), httpx.AsyncClient(
        transport=httpx.ASGITransport(Starlette(routes=made.routes())), base_url="http://localhost",
        headers={"Accept": "application/json, text/event-stream"},
    ) as http:  # fmt: skip
        full = await http.post("/mcp", json=body, headers=era | signed())
        other = await http.post("/mcp", json=body, headers=era | signed("bob"))
        made.open[ann.user_id] = 0
        fine = await http.post("/mcp", json=body, headers=era | signed())
    assert (full.status_code, full.headers["retry-after"], other.status_code, fine.status_code) == (429, "5", 200, 200)
    assert +made.open == {}


async def test_a_database_that_is_away_is_said_and_blamed_on_nobody(fresh_pool: Pool) -> None:
    async with worker(fresh_pool) as house, served(fresh_pool, house) as url, raw(url) as http:
        await fresh_pool.close()
        answer = await http.post("/mcp", json=initialize())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "The database could not be reached" in answer.json()["error"]["message"]
