from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeAlias

import httpx
import pytest

from agents.llm.registry import Models, Reach, Variables, open_models
from domain.database import Pool
from tests.house import runner
from tests.model_server import Failure, Text, scripted
from tests.web.changes import rows
from tests.web.entrance import admin, client, parts_of, person
from web.app import build

Json: TypeAlias = dict[str, Any]
MODELS, PLUGIN = "/api/v1/admin/llm-models", "/api/plugins/ai-ops/llm-models/"
ONE: Json = {"name": "gpt", "environment": "LAB", "base_url": "https://api.openai.com/v1", "model": "gpt-4o"}
LAB = Reach(environment="LAB")
UNUSED = {"calls": 0, "failures": 0, "tokens_in": 0, "tokens_out": 0, "seconds_p50": None}


@asynccontextmanager
async def entrance(pool: Pool, reach: Reach = LAB) -> AsyncGenerator[tuple[httpx.AsyncClient, Models]]:
    """A client signed as an admin, and the registry behind the entrance."""
    async with runner(pool) as running, open_models(pool, reach) as models:
        served = build(replace(parts_of(pool, running), models=models))
        async with client(served) as web:
            web.headers.update(admin())
            yield web, models


@pytest.mark.parametrize("path", [MODELS, PLUGIN])
async def test_a_model_is_added_changed_and_removed_by_either_name(pool: Pool, path: str) -> None:
    """MC-13, EP-19, SE-08."""
    one_path = f"{MODELS}/{{id}}" if path == MODELS else f"{PLUGIN}{{id}}/"
    async with entrance(pool) as (web, models):
        response = await web.post(path, json={**ONE, "is_default": True, "secret_ref": "env:OPENAI_KEY_OF_OURS"})
        made = response.json()
        one = one_path.format(id=made["id"])
        put = await web.put(one, json={"secret_ref": None, "fallback_order": 3, "timeout_seconds": 5})
        named = models.names
        got, listed = await web.get(one), await web.get(path)
        gone = await web.delete(one)
        missing = await web.get(one)
        empty = models.names
    changed = put.json()
    assert response.status_code == 201
    assert made == {
        **ONE,
        "id": made["id"],
        "secret_ref": "env:OPENAI_KEY_OF_OURS",
        "is_default": True,
        "fallback_order": None,
        "is_enabled": True,
        "timeout_seconds": 60.0,
        "status": "unknown",
        "checked_at": None,
        "last_error": "",
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "usage": UNUSED,
    }
    assert (changed["secret_ref"], changed["fallback_order"], changed["timeout_seconds"]) == (None, 3, 5)
    assert got.json() == changed
    assert listed.json() == {"environment": "LAB", "asked": ["gpt"], "models": [changed], "from_variables": None}
    assert (named, empty) == (("gpt",), ())
    assert (gone.status_code, missing.status_code) == (204, 404)
    audit = "select action from trivium.audit_logs where action like 'llm_model%%' order by id"
    assert [row["action"] for row in await rows(pool, audit)] == [
        "llm_model_added",
        "llm_model_changed",
        "llm_model_removed",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_url": "http://169.254.169.254/v1"}, "base_url"),
        ({"base_url": "http://metadata.google.internal/v1"}, "base_url"),
        ({"base_url": "http://ann:secret@a.example.com/v1"}, "base_url"),
        ({"base_url": "ftp://a.example.com"}, "base_url"),
        ({"base_url": "https://elsewhere.example.com/v1"}, "base_url"),
        ({"secret_ref": "env:TRIVIUM_JWT_SECRET"}, "secret_ref"),
        ({"secret_ref": "file:/proc/self/environ"}, "secret_ref"),
        ({"secret_ref": "sk-1234567890abcdef"}, "secret_ref"),
        ({"api_key": "sk-1234567890abcdef"}, "api_key"),
        ({"environment": "MOON"}, "environment"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"name": "Not A Name"}, "name"),
    ],
)
async def test_what_cannot_be_a_model_is_refused_by_its_field(pool: Pool, changes: Json, field: str) -> None:
    async with entrance(pool, Reach(environment="LAB", allowed_hosts=("api.openai.com", "169.*", "meta*"))) as (web, _):
        response = await web.post(MODELS, json={**ONE, **changes})
    assert (response.status_code, response.json()["details"][0]["field"]) == (422, field)
    assert "sk-1234567890abcdef" not in response.text
    assert await rows(pool, "select 1 from trivium.llm_models") == []


async def test_one_is_the_default_of_its_environment_and_a_name_is_taken_once(pool: Pool) -> None:
    async with entrance(pool) as (web, _):
        first = (await web.post(MODELS, json={**ONE, "is_default": True})).json()
        await web.post(MODELS, json={**ONE, "name": "other", "is_default": True})
        await web.post(MODELS, json={**ONE, "name": "prod", "environment": "PROD", "is_default": True})
        taken = await web.post(MODELS, json=ONE)
        found = {each["name"]: each["is_default"] for each in (await web.get(MODELS)).json()["models"]}
        clash = await web.put(f"{MODELS}/{first['id']}", json={"name": "other"})
    assert found == {"gpt": False, "other": True, "prod": True}
    assert (taken.status_code, taken.json()["error"], clash.status_code) == (409, "already_exists", 409)


async def test_a_check_says_how_the_model_is(pool: Pool) -> None:
    with scripted(Text("ready"), Failure(401, message="bad key sk-1234567890abcdefghijkl")) as server:
        async with entrance(pool) as (web, _):
            made = (await web.post(MODELS, json={**ONE, "base_url": server.base_url})).json()
            told = [(await web.post(f"{MODELS}/{made['id']}/check")).json() for _ in range(2)]
    assert [(each["status"], each["last_error"]) for each in told] == [
        ("healthy", ""),
        ("unhealthy", "401 key refused"),
    ]
    assert told[0]["checked_at"] < told[1]["checked_at"]


async def test_the_model_of_the_variables_is_told_without_its_key(pool: Pool) -> None:
    """MC-14."""
    given = Variables(base_url="http://127.0.0.1:9/v1", api_key="sk-very-secret", model="m", timeout_seconds=7)
    async with entrance(pool, Reach(environment="LAB", variables=given)) as (web, _):
        response = await web.get(MODELS)
    assert response.json()["asked"] == ["variables"]
    assert response.json()["from_variables"] == {
        "base_url": "http://127.0.0.1:9/v1", "model": "m", "timeout_seconds": 7.0, "usage": UNUSED,
    }  # fmt: skip
    assert "sk-very-secret" not in response.text


@pytest.mark.parametrize("role", ["operator", "engineer", "viewer"])
async def test_models_are_an_admins(pool: Pool, role: str) -> None:
    async with entrance(pool) as (web, _):
        made = (await web.post(MODELS, json=ONE)).json()
        headers = person("bob", role)
        one = f"{MODELS}/{made['id']}"
        refused = [
            await web.get(MODELS, headers=headers),
            await web.post(MODELS, json=ONE, headers=headers),
            await web.put(one, json={}, headers=headers),
            await web.delete(one, headers=headers),
            await web.post(f"{one}/check", headers=headers),
        ]
    assert [each.status_code for each in refused] == [403] * 5
