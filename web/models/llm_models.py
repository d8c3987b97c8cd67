"""Language models as an admin sees and changes them; of a key only where it is."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.llm_models import Environment, Status
from web.models.shape import Sent, Time, Told, Word

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=60)]
Url = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s?#]+$")]
Reference = Annotated[str, Field(max_length=500, pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/\S+)$")]
Order = Annotated[int, Field(ge=1, le=1000)]
Seconds = Annotated[float, Field(gt=0, le=600)]
SECRET = "env:NAME or file:/path where Trivium runs; the key itself is never kept"  # noqa: S105 - words
FALLBACK = "The lowest is asked first when the default gives nothing; null: never"


class LlmModelSent(Sent):
    """`model` is the name at its endpoint. A default takes the place of the one that its environment had."""

    name: Name
    environment: Environment
    base_url: Url = Field(description="OpenAI-compatible, for example https://api.openai.com/v1")
    model: Word
    secret_ref: Reference | None = Field(default=None, description=SECRET)
    is_default: bool = False
    fallback_order: Order | None = Field(default=None, description=FALLBACK)
    is_enabled: bool = True
    timeout_seconds: Seconds = 60


class LlmModelChange(Sent):
    """Keys that are not sent stay; of the others only `secret_ref` and `fallback_order` may be null."""

    name: Name | None = None
    environment: Environment | None = None
    base_url: Url | None = None
    model: Word | None = None
    secret_ref: Reference | None = Field(default=None, description=SECRET)
    is_default: bool | None = None
    fallback_order: Order | None = Field(default=None, description=FALLBACK)
    is_enabled: bool | None = None
    timeout_seconds: Seconds | None = None


class UsageTold(Told):
    """Of the time that calls are kept for; `seconds_p50` of those that were answered."""

    calls: int
    failures: int
    tokens_in: int
    tokens_out: int
    seconds_p50: float | None


class LlmModelTold(Told):
    """`status` is of the last look or use; `last_error` is empty after one that went well."""

    id: UUID
    name: str
    environment: Environment
    base_url: str
    model: str
    secret_ref: str | None
    is_default: bool
    fallback_order: int | None
    is_enabled: bool
    timeout_seconds: float
    status: Status
    checked_at: Time | None
    last_error: str
    created_at: Time
    updated_at: Time
    usage: UsageTold


class FromVariables(Told):
    """The model that LLM_BASE_URL, LLM_MODEL and LLM_API_KEY name, asked after those of the table. LAB alone."""

    base_url: str | None
    model: str
    timeout_seconds: float
    usage: UsageTold


class LlmModelsReply(Told):
    """`environment` is this process's: its models are asked, in the order of `asked`, and then `from_variables`."""

    environment: Environment
    asked: tuple[str, ...]
    models: tuple[LlmModelTold, ...]
    from_variables: FromVariables | None
