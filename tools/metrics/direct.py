"""Prometheus and Loki asked directly, as ways to a datasource."""

from dataclasses import dataclass

from tools.metrics.questions import Question, Reply
from tools.sources.loki import LONGEST_PAGE, Loki
from tools.sources.prometheus import Prometheus


@dataclass(frozen=True, slots=True)
class DirectPrometheus:
    client: Prometheus

    @property
    def name(self) -> str:
        return f"Prometheus ({self.client.endpoint.name})"

    async def ask(self, question: Question) -> Reply:
        match question.form, question.start, question.end:
            case "names", _, _:
                return Reply(found=await self.client.names(question.query))
            case "metadata", _, _:
                return Reply(found=await self.client.metadata())
            case "instant", _, end if end:
                found, warnings = await self.client.instant(question.query, end)
            case "window", start, end if start and end:
                found, warnings = await self.client.window(question.query, start, end, question.step_seconds)
            case _:
                raise AssertionError(f"Prometheus is not asked for {question.form}")
        return Reply(found=list(found), cut="; ".join(warnings) or None)

    async def healthy(self) -> None:
        await self.client.healthy()


@dataclass(frozen=True, slots=True)
class DirectLoki:
    client: Loki

    @property
    def name(self) -> str:
        return f"Loki ({self.client.endpoint.name})"

    async def ask(self, question: Question) -> Reply:
        """Lines in one page: over 5,000, which is what a Loki gives at most, the rest is said to be cut."""
        match question.form, question.start, question.end:
            case "instant", _, end if end:
                return Reply(found=list(await self.client.instant(question.query, end)))
            case "window", start, end if start and end:
                return Reply(found=list(await self.client.window(question.query, start, end, question.step_seconds)))
            case "labels" | "values", start, end if start and end:
                return Reply(found=await self.client.labels(start, end, question.label, question.query))
            case "lines", start, end if start and end:
                found = await self.client.lines(question.query, start, end, min(question.limit, LONGEST_PAGE))
                return Reply(found=list(found), cut=cut(len(found), question.limit))
            case _:
                raise AssertionError(f"Loki is not asked for {question.form}")

    async def healthy(self) -> None:
        await self.client.healthy()


def cut(found: int, limit: int) -> str | None:
    """A full page says nothing of what is behind it."""
    return f"only the newest {found:,} lines" if found >= min(limit, LONGEST_PAGE) else None
