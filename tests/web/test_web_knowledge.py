"""Knowledge over HTTP: found by words by everybody who may read, changed by admins and on the audit log."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.database import Pool
from tests.house import worker
from tests.web.entrance import admin, client, parts_of, person, signed
from tools.knowledge import SEARCH_KNOWLEDGE
from web.app import build
from web.models.knowledge import KnowledgeReply

SEARCH, DOCUMENTS = "/api/v1/knowledge/search", "/api/v1/admin/knowledge"
DISK = {
    "source": "runbooks/disk.md",
    "text": "# DiskFillingUp\n\nDelete old logs.\n\n## Last resort\n\nGrow the volume.",
    "category": "runbook",
    "url": "https://wiki/disk",
    "tags": ["disk"],
}
POOL = {"source": "pool.md", "text": "# Pools\n\nNo connection is free.", "category": "common_issues"}
LOG = "select action, target, entrance, details from trivium.audit_logs where action like 'knowledge%%' order by at, id"


@asynccontextmanager
async def desk(pool: Pool) -> AsyncGenerator[httpx.AsyncClient]:
    """Signed as the admin Ann."""
    async with worker(pool, SEARCH_KNOWLEDGE) as house:
        parts = replace(parts_of(pool, house.runner, house=house))
        async with client(build(parts)) as web:
            web.headers.update(admin())
            yield web


async def test_what_an_admin_puts_in_is_found_and_gone_when_it_is_removed(pool: Pool) -> None:
    """CX-14."""
    async with desk(pool) as web:
        made = await web.post(DOCUMENTS, json=DISK)
        await web.post(DOCUMENTS, json=POOL)
        found = await web.get(SEARCH, params={"q": "the disk is full"}, headers=person("eve", "engineer"))
        narrowed = await web.get(SEARCH, params={"q": "disk", "category": "common_issues"})
        listed = await web.get(DOCUMENTS)
        gone = await web.delete(f"{DOCUMENTS}/runbooks/disk.md")
        after = await web.get(SEARCH, params={"q": "disk"})
        again = await web.delete(f"{DOCUMENTS}/runbooks/disk.md")
        async with pool.connection() as db:
            log = await (await db.execute(LOG)).fetchall()
    disk = {"source": "runbooks/disk.md", "title": "DiskFillingUp", "category": "runbook", "passages": 2}
    assert (made.status_code, made.json()) == (201, disk)
    told = KnowledgeReply.model_validate(found.json())
    (document,) = told.documents
    assert (told.total, told.ranked_by, told.execution_id is not None) == (1, "words", True)
    assert (document.kind, document.reference, document.url) == ("document", "runbooks/disk.md", "https://wiki/disk")
    assert (document.section, document.text) == ("Last resort", "Grow the volume.")
    assert (narrowed.json()["status"], narrowed.json()["documents"]) == ("empty", [])
    assert [each["source"] for each in listed.json()["documents"]] == ["pool.md", "runbooks/disk.md"]
    assert (gone.status_code, after.json()["documents"], again.status_code) == (204, [], 404)
    assert [(row["action"], row["target"], row["entrance"]) for row in log] == [
        ("knowledge_imported", "runbooks/disk.md", "http"), ("knowledge_imported", "pool.md", "http"),
        ("knowledge_removed", "runbooks/disk.md", "http"),
    ]  # fmt: skip


async def test_a_document_takes_the_place_of_the_one_before_and_keeps_no_secret(pool: Pool) -> None:
    secret = "glsa_0123456789abcdefghijABCDEFGHIJ01"
    async with desk(pool) as web:
        await web.post(DOCUMENTS, json=DISK)
        made = await web.post(DOCUMENTS, json=DISK | {"text": f"# Disk\n\nUse token={secret} to reach the disk."})
        found = await web.get(SEARCH, params={"q": "disk"})
        listed = (await web.get(DOCUMENTS)).json()["documents"]
        async with pool.connection() as db:
            bodies = await (await db.execute("select body from trivium.knowledge_documents")).fetchall()
    assert (made.json()["title"], len(listed)) == ("Disk", 1)
    assert "to reach the disk" in found.text
    assert secret not in found.text + str(bodies)


@pytest.mark.parametrize("role", ["operator", "engineer", "viewer"])
async def test_only_an_admin_changes_what_is_known(pool: Pool, role: str) -> None:
    async with desk(pool) as web:
        who = person("eve", role)
        answers = [
            await web.get(DOCUMENTS, headers=who),
            await web.post(DOCUMENTS, json=DISK, headers=who),
            await web.delete(f"{DOCUMENTS}/x.md", headers=who),
        ]
        async with pool.connection() as db:
            log = await (await db.execute(LOG)).fetchall()
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [
        (403, "insufficient_permissions")
    ] * 3
    assert log == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "# only a heading"}, "text"), ({"text": ""}, "text"), ({"category": "gossip"}, "category"),
        ({"source": "x" * 501}, "source"), ({"source": "a\nb"}, "source"), ({"tags": ["x"] * 21}, "tags"),
        ({"titel": "x"}, "titel"),
    ],
)  # fmt: skip
async def test_what_cannot_be_kept_is_named(pool: Pool, change: dict[str, Any], field: str) -> None:
    async with desk(pool) as web:
        refused = await web.post(DOCUMENTS, json=DISK | change)
        assert (await web.get(DOCUMENTS)).json() == {"documents": []}
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("parameters", "field"), [({}, "q"), ({"q": ""}, "q"), ({"q": "x", "limit": 6}, "limit"), ({"q": "x", "c": 1}, "c")]
)
async def test_what_cannot_be_searched_is_named(pool: Pool, parameters: dict[str, Any], field: str) -> None:
    async with desk(pool) as web:
        refused = await web.get(SEARCH, params=parameters)
        nobody = await web.get(SEARCH, params={"q": "x"}, headers={"Authorization": ""})
        ingest = await web.get(SEARCH, params={"q": "x"}, headers=signed("am", roles=(), scopes=("ingest",)))
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, field)
    assert (nobody.status_code, ingest.status_code) == (401, 403)


async def test_the_description_says_that_words_are_needed() -> None:
    nothing: Any = None
    async with client(build(parts_of(nothing, nothing))) as web:
        paths = (await web.get("/openapi.json")).json()["paths"]
    parameters = paths[SEARCH]["get"]["parameters"]
    assert [(item["name"], item.get("required", False)) for item in parameters] == [
        ("q", True), ("category", False), ("limit", False),
    ]  # fmt: skip
