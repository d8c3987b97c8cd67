"""The commands that come in groups: sample, audit, credential, knowledge, mcp, mcp-servers."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trivium.command import duration, run
from trivium.mcp_commands import mcp

sample = typer.Typer(help="The labelled sample estate.", no_args_is_help=True)
audit = typer.Typer(help="The audit log: is it as it was recorded, and what does it say.", no_args_is_help=True)
credential = typer.Typer(help="Stored credentials; their values are never shown.", no_args_is_help=True)
knowledge = typer.Typer(help="What Trivium knows besides the record: your runbooks and guides.", no_args_is_help=True)
synonyms = typer.Typer(help="Words that mean the same when knowledge is searched.", no_args_is_help=True)
knowledge.add_typer(synonyms, name="synonyms")
mcp_servers = typer.Typer(help="Registered MCP servers, and how they are.", no_args_is_help=True)
models = typer.Typer(help="Language models: which are asked, in which order, and how they are.", no_args_is_help=True)
queries = typer.Typer(help="Questions that you keep and ask again.", no_args_is_help=True)
GROUPS = {
    "sample": sample,
    "audit": audit,
    "credential": credential,
    "knowledge": knowledge,
    "mcp": mcp,
    "mcp-servers": mcp_servers,
    "models": models,
    "queries": queries,
}

Source = Annotated[str, typer.Argument(help="Its source, from `trivium knowledge list`")]
Word = Annotated[str, typer.Argument(help="One to three words")]


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MD = "md"


class Environment(StrEnum):
    LAB = "LAB"
    NONPROD = "NONPROD"
    PROD = "PROD"


class CredentialKind(StrEnum):
    SSH_KEY = "ssh_key"
    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    TOKEN = "token"  # noqa: S105


@sample.command("remove")
def sample_remove() -> None:
    """Remove every sample row; real rows stay."""
    from trivium import upkeep  # noqa: PLC0415 - each command imports what it runs

    run(upkeep.remove_sample)


@credential.command("add")
def credential_add(
    name: Annotated[str, typer.Argument(help="Its name, which servers and runbooks use")],
    kind: Annotated[CredentialKind, typer.Option(help="ssh_key, password or token")],
    username: Annotated[str, typer.Option(help="Whose it is")] = "",
    description: Annotated[str, typer.Option(help="What it is for")] = "",
    reference: Annotated[str | None, typer.Option(help="env:NAME or file:/path instead of the value")] = None,
) -> None:
    """Store a credential; its value comes by a pipe or a hidden prompt, or stays where the reference leads."""
    from trivium import credentials  # noqa: PLC0415

    wanted = credentials.Wanted(
        name=name, kind=kind.value, username=username, description=description, reference=reference
    )
    run(lambda settings: credentials.add(settings, wanted))


@credential.command("rotate")
def credential_rotate() -> None:
    """Seal every stored credential anew with the first of TRIVIUM_SECRET_KEYS."""
    from trivium import credentials  # noqa: PLC0415

    run(credentials.rotate)


@audit.command("verify")
def audit_verify() -> None:
    """Check every audit entry against the chain and the anchor file; exits with 4 and says where when it is broken."""
    from trivium import auditing  # noqa: PLC0415

    run(auditing.verify)


@audit.command("list")
def audit_list(
    user: Annotated[str | None, typer.Option(help="Only what this user did")] = None,
    tool: Annotated[str | None, typer.Option(help="Only calls of this tool")] = None,
    since: Annotated[str, typer.Option(help="How far back: 30m, 24h, 7d")] = "24h",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON")] = False,
) -> None:
    """Who did what, on whose approval, with what result."""
    from trivium import auditing  # noqa: PLC0415

    wanted = auditing.Wanted(since=duration(since), limit=limit, user=user, tool=tool, as_json=as_json)
    run(lambda settings: auditing.show(settings, wanted))


@knowledge.command("import")
def knowledge_import(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Markdown files, or folders of them")],
    category: Annotated[str | None, typer.Option(help="Of all of them; else each page or its path says it")] = None,
    url: Annotated[str, typer.Option(help="Where they can be read; each file's path is put after it")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Put on all of them; repeat for several")] = None,
) -> None:
    """Import Markdown, so that questions find it; a file that was imported before is replaced."""
    from trivium import knowledge as known  # noqa: PLC0415

    wanted = [known.Wanted(path=path, category=category, url=url, tags=tuple(tag or ())) for path in paths]
    run(lambda settings: known.take_in(settings, wanted))


@knowledge.command("list")
def knowledge_list() -> None:
    """The imported documents."""
    from trivium import knowledge as known  # noqa: PLC0415

    run(known.show)


@knowledge.command("remove")
def knowledge_remove(source: Source) -> None:
    """Remove one document."""
    from trivium import knowledge as known  # noqa: PLC0415

    run(lambda settings: known.remove(settings, source))


@synonyms.command("list")
def synonyms_list() -> None:
    """Every word with what else is looked for; those that people put are marked."""
    from trivium import knowledge as known  # noqa: PLC0415

    run(known.show_synonyms)


@synonyms.command("put")
def synonyms_put(
    word: Word,
    means: Annotated[list[str] | None, typer.Argument(help="What else to look for; nothing: only the word")] = None,
) -> None:
    """Say what else to look for when somebody asks with this word."""
    from trivium import knowledge as known  # noqa: PLC0415

    run(lambda settings: known.put_synonym(settings, word, tuple(means or ())))


@synonyms.command("remove")
def synonyms_remove(word: Word) -> None:
    """Let what Trivium brings for the word hold again."""
    from trivium import knowledge as known  # noqa: PLC0415

    run(lambda settings: known.remove_synonym(settings, word))


@mcp_servers.command("list")
def mcp_servers_list() -> None:
    """The registered MCP servers, where each is and how it is."""
    from trivium import mcp_servers as servers  # noqa: PLC0415

    run(servers.show)


@mcp_servers.command("check")
def mcp_servers_check(name: Annotated[str, typer.Argument(help="Its name, from `trivium mcp-servers list`")]) -> None:
    """Look at one now; when it answers, its maintenance is over. Exits with 1 when it does not."""
    from trivium import mcp_servers as servers  # noqa: PLC0415

    run(lambda settings: servers.check(settings, name))


@models.command("list")
def models_list(as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON")] = False) -> None:
    """The language models in the order in which they are asked, how each is, and what it was used for."""
    from trivium import models as known  # noqa: PLC0415

    run(lambda settings: known.show(settings, as_json=as_json))


@models.command("add")
def models_add(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    name: Annotated[str, typer.Argument(help="Its name here")],
    base_url: Annotated[str, typer.Option(help="OpenAI-compatible, e.g. https://api.openai.com/v1")],
    model: Annotated[str, typer.Option(help="Its name at that endpoint")],
    secret: Annotated[str | None, typer.Option(help="env:NAME or file:/path; never the key itself")] = None,
    environment: Annotated[Environment, typer.Option(help="LAB, NONPROD or PROD")] = Environment.LAB,
    default: Annotated[bool, typer.Option("--default", help="Asked first in its environment")] = False,
    fallback: Annotated[int | None, typer.Option(min=1, max=1000, help="Asked when others fail, lowest first")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=600, help="Seconds for a reply")] = 60,
) -> None:
    """Add a language model. Its key stays where the reference leads."""
    from domain.llm_models import Draft  # noqa: PLC0415
    from trivium import models as known  # noqa: PLC0415

    draft = Draft(
        name=name, environment=environment.value, base_url=base_url, model=model, secret_ref=secret,
        is_default=default, fallback_order=fallback, timeout_seconds=timeout,
    )  # fmt: skip
    run(lambda settings: known.add(settings, draft))


@models.command("check")
def models_check(name: Annotated[str, typer.Argument(help="Its name, from `trivium models list`")]) -> None:
    """Ask one a word now. Exits with 1 when it does not answer."""
    from trivium import models as known  # noqa: PLC0415

    run(lambda settings: known.check(settings, name))


@models.command("default")
def models_default(name: Annotated[str, typer.Argument(help="Its name, from `trivium models list`")]) -> None:
    """Have this one asked first in its environment."""
    from trivium import models as known  # noqa: PLC0415

    run(lambda settings: known.make_default(settings, name))


@queries.command("list")
def queries_list() -> None:
    """Your saved queries by name."""
    from trivium import saved_queries  # noqa: PLC0415

    run(saved_queries.show)


@queries.command("save")
def queries_save(
    name: Annotated[str, typer.Argument(help="A name of your own")],
    query: Annotated[str, typer.Argument(help="The question, in plain words")],
    description: Annotated[str, typer.Option(help="What it is for")] = "",
) -> None:
    """Keep a question."""
    from domain.saved_queries import Draft  # noqa: PLC0415
    from trivium import saved_queries  # noqa: PLC0415

    draft = Draft(name=name, language="words", query=query, description=description)
    run(lambda settings: saved_queries.save(settings, draft))


@queries.command("run")
def queries_run(
    name: Annotated[str, typer.Argument(help="Its name, from `trivium queries list`")],
    format: Annotated[Format, typer.Option(help="text, json, csv or md")] = Format.TEXT,  # noqa: A002
) -> None:
    """Ask one now."""
    from trivium import saved_queries  # noqa: PLC0415

    run(lambda settings: saved_queries.run(settings, name, format.value))


@queries.command("remove")
def queries_remove(name: Annotated[str, typer.Argument(help="Its name, from `trivium queries list`")]) -> None:
    """Remove one."""
    from trivium import saved_queries  # noqa: PLC0415

    run(lambda settings: saved_queries.remove(settings, name))
