"""People who go on while everything breaks: they ask, listen, approve, send alerts, each at any server that answers."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
import orjson

from domain.tokens import PILLARS, Claims, mint
from tests.scenarios.attack_world import KEY
from tests.scenarios.chaos_world import RUNBOOK, World

Json: TypeAlias = dict[str, Any]
Frame: TypeAlias = tuple[int, str, Json]

TIMEOUT = httpx.Timeout(20, connect=1)
SILENCE = httpx.Timeout(6, connect=1)
GIVEN_UP_SECONDS = 120.0
STREAM = {"Accept": "text/event-stream"}
MODE = {"mode": "aiops"}


class Refused(Exception):  # noqa: N818 - it is what happened
    """A server answered, and not with what was wanted; another may."""


@dataclass(slots=True)
class Tally:
    """How often each kind of thing was tried, came off at the first try, and came off at last; and how long it took."""

    begun: Counter[str] = field(default_factory=Counter[str])
    at_once: Counter[str] = field(default_factory=Counter[str])
    done: Counter[str] = field(default_factory=Counter[str])
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    faults: list[str] = field(default_factory=list[str])
    cuts: int = 0

    def came(self, what: str, seconds: float, *, tries: int) -> None:
        self.done[what] += 1
        self.at_once[what] += tries == 1
        self.seconds.setdefault(what, []).append(seconds)

    def share(self, what: str, percent: int) -> float:
        times = sorted(self.seconds.get(what, [0.0]))
        return times[min(len(times) - 1, len(times) * percent // 100)]


@dataclass(slots=True)
class Person:
    """Somebody with a name of their own, whose every answer has to be about their own question."""

    name: str
    world: World
    tally: Tally
    chance: Random
    web: httpx.AsyncClient
    asked: dict[str, str] = field(default_factory=dict[str, str])
    streams: dict[str, list[Frame]] = field(default_factory=dict[str, list[Frame]])
    approved: set[str] = field(default_factory=set[str])

    def any_base(self) -> str:
        return self.chance.choice(self.world.bases)

    async def once(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One try at any server. Raises Refused for what another server may do."""
        try:
            answer = await self.web.request(method, self.any_base() + path, **given)
        except httpx.HTTPError as error:
            raise Refused(type(error).__name__) from error
        if answer.status_code >= 500:
            raise Refused(f"{answer.status_code} {answer.text[:200]}")
        return answer

    async def until_done(self, what: str, attempt: Callable[[], Awaitable[None]]) -> None:
        """Tried again at other servers until it comes off; what never does is a fault."""
        began, tries = time.monotonic(), 0
        self.tally.begun[what] += 1
        while time.monotonic() - began < GIVEN_UP_SECONDS:
            tries += 1
            try:
                await attempt()
            except Refused:
                await asyncio.sleep(self.chance.uniform(0.05, 0.3))
            else:
                self.tally.came(what, time.monotonic() - began, tries=tries)
                return
        self.tally.faults.append(f"{what} of {self.name} was given up after {tries} tries")

    async def ask(self) -> None:
        """A question whose answer comes whole."""

        async def attempt() -> None:
            question = self.question()
            answer = await self.once("POST", "/api/v1/inquiry/query", json={"query": question})
            if answer.status_code != 200:
                raise Refused(f"{answer.status_code} {answer.text[:200]}")
            self.asked[answer.json()["run_id"]] = question

        await self.until_done("question", attempt)

    def question(self) -> str:
        return f"How many events did {self.name} have in the last 24 hours ({uuid4().hex})?"

    async def listen(self) -> None:
        """A question whose answer is listened to, cut anywhere, and gone on with at any server."""
        seen: list[Frame] = []

        async def attempt() -> None:
            if not seen:
                question = self.question()
                await self.read("POST", "/api/v1/inquiry/query", seen, json={"query": question})
                if seen:
                    self.asked[seen[0][2]["run_id"]] = question
            if not seen:
                raise Refused("not begun")
            while seen[-1][1] not in ("complete", "error"):
                headers = {"Last-Event-ID": str(seen[-1][0])}
                await self.read("GET", f"/api/v1/runs/{seen[0][2]['run_id']}/events", seen, headers=headers)

        await self.until_done("stream", attempt)
        if seen:
            self.streams[seen[0][2]["run_id"]] = seen

    async def read(self, method: str, path: str, seen: list[Frame], **given: Any) -> None:
        """Frames are read until the stream ends, breaks, is silent, or is left. Raises Refused when none begins."""
        left = self.chance.randint(1, 40)
        headers = STREAM | given.pop("headers", {})
        try:
            async with self.web.stream(
                method, self.any_base() + path, headers=headers, timeout=SILENCE, **given
            ) as answer:
                if answer.status_code != 200:
                    raise Refused(str(answer.status_code))
                async for frame in frames(answer):
                    seen.append(frame)
                    left -= 1
                    if not left:
                        break
        except httpx.HTTPError as error:
            if not seen:
                raise Refused(type(error).__name__) from error
        self.tally.cuts += 1
        await asyncio.sleep(0.02)

    async def whole(self, run_id: str) -> list[Frame]:
        """What the record tells of a run that has ended."""
        path = f"{self.any_base()}/api/v1/runs/{run_id}/events"
        async with self.web.stream("GET", path, headers=STREAM) as answer:
            assert answer.status_code == 200, answer.status_code
            return [frame async for frame in frames(answer)]

    async def change(self) -> None:
        """A change is asked for at one server, approved at others, twice at once, and its outcome waited for."""
        cards: list[str] = []
        await self.until_done("proposal", lambda: self.propose(cards))
        for card in cards:
            await self.until_done("approval", lambda at=card: self.approve(at))
            await self.until_done("outcome", lambda at=card: self.see_outcome(at))

    async def propose(self, cards: list[str]) -> None:
        word = uuid4().hex
        asked = {"message": f"run the runbook {RUNBOOK} with word={word} because of chaos", **MODE}
        answer = await self.once("POST", "/api/v1/revive/message", json=asked)
        found = answer.json()
        if answer.status_code != 200 or not found["response"].get("action_required"):
            raise Refused(answer.text[:200])
        self.approved.add(word)
        cards.append(found["response"]["action_required"]["confirmation_id"])

    async def approve(self, card: str) -> None:
        path, yes = f"/api/v1/revive/confirm/{card}", {"action": "approve"}
        said = await asyncio.gather(*(self.once("POST", path, json=yes) for _ in range(2)), return_exceptions=True)
        if not any(isinstance(answer, httpx.Response) for answer in said):
            raise Refused("nobody heard it")

    async def see_outcome(self, card: str) -> None:
        answer = await self.once("GET", f"/api/v1/revive/confirmations/{card}")
        found: Json = answer.json()
        result: Json = found.get("result") or {}
        is_over = result.get("outcome") in ("succeeded", "failed", "unknown")
        if not is_over and found.get("status") not in ("expired", "rejected", "superseded"):
            await asyncio.sleep(0.3)
            raise Refused(answer.text[:200])

    async def fire(self) -> None:
        """An alert of an incident of its own, which the rule wants analysed."""
        mark = uuid4().hex[:10]
        began = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        labels = {"alertname": f"A{mark}", "service": f"s-{mark}", "severity": "critical", "team": "shop"}
        alert: Json = {
            "status": "firing", "startsAt": began, "endsAt": "0001-01-01T00:00:00Z", "annotations": {},
            "fingerprint": mark, "labels": labels,
        }  # fmt: skip
        sent: Json = {"version": "4", "receiver": "trivium", "groupKey": mark, "groupLabels": {}, "alerts": [alert]}

        async def attempt() -> None:
            answer = await self.once("POST", "/api/v1/alerts/webhook", json=sent)
            if answer.status_code != 200:
                raise Refused(answer.text[:200])

        await self.until_done("alert", attempt)


async def frames(answer: httpx.Response) -> AsyncGenerator[Frame]:
    """Number, type and data of each event that came whole."""
    block: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if not line:
            if "data" in block:
                yield int(block["id"]), block["event"], orjson.loads(block["data"])
            block = {}
        elif not line.startswith(":"):
            key, _, value = line.partition(": ")
            block[key] = value


@asynccontextmanager
async def person(name: str, world: World, tally: Tally, seed: int) -> AsyncGenerator[Person]:
    claims = Claims(name=name, roles=frozenset({"admin"}), scopes=frozenset({*PILLARS, "ingest"}))
    headers = {"Authorization": f"Bearer {mint(KEY, claims, ttl=timedelta(hours=2))}"}
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(headers=headers, timeout=TIMEOUT, limits=limits, trust_env=False) as web:
        yield Person(name, world, tally, Random(seed), web)  # noqa: S311 - no secret
