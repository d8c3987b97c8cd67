"""A request to change something, what came of it, and what its sender may do."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from config.policy import Effect
from domain.confirmations import Mode, RiskLevel
from domain.runs import RunStatus
from graphs.asking import LONGEST_QUESTION
from graphs.asking import Mode as AskedMode
from tools.cleaning import strip_text
from web.models.confirmations import ActionRequired, Resource
from web.models.conversations import MessagesReply
from web.models.inquiry import AnswerTold
from web.models.problems import Refusal
from web.models.runs import RunTold
from web.models.shape import Sent, Told, Word, Zone, is_none, only_printable

MOST_SELECTED = 100


def not_empty(text: str) -> str:
    if not strip_text(text).strip():
        raise PydanticCustomError("empty", "is empty; say what to change, for example: create a dashboard for checkout")
    return text


Message = Annotated[str, Field(max_length=LONGEST_QUESTION), AfterValidator(not_empty)]
Words = Annotated[tuple[Word, ...], Field(max_length=MOST_SELECTED)]


class ReviveContext(Sent):
    """Where the person is: `current_page` ("/dashboards") and `selected_items` help where the words say less."""

    current_page: Annotated[str, Field(max_length=500), AfterValidator(only_printable)] = ""
    selected_items: Words = ()
    recent_actions: Words = ()
    timezone: Zone | None = Field(default=None, description='IANA name: the calendar of "yesterday"')


class ReviveRequest(Sent):
    message: Message = Field(description="What to do, in plain words")
    session_id: UUID | None = Field(default=None, description="Continues this conversation")
    mode: AskedMode = "auto"
    context: ReviveContext = ReviveContext()


class Made(Resource):
    """A resource, with the `action` that made it."""

    action: str


class ReviveResponse(Told):
    """`action_required` when a change waits for a person; `answer` when the run has come to its end."""

    content: str
    mode_detected: AskedMode
    action_required: ActionRequired | None = Field(default=None, exclude_if=is_none)
    resources_created: tuple[Made, ...]
    suggestions: tuple[str, ...]
    answer: AnswerTold | None


class ReviveReply(Told):
    """`error` when it did not come to what was asked, and `response` says what was done all the same."""

    session_id: UUID
    run_id: UUID
    status: RunStatus
    response: ReviveResponse
    tools_used: tuple[str, ...]
    tokens_used: int
    error: Refusal | None = Field(default=None, exclude_if=is_none)


class ReviveSessionReply(MessagesReply):
    """One conversation: a page of its messages, and its newest runs."""

    runs: tuple[RunTold, ...]


class Capability(Told):
    """One tool, or one `manage_*` group of those that create, change and delete one kind of thing.

    `approval_mode` says who has to agree where `permission` is confirm; `alternative` whom to ask where it is deny.
    """

    name: str
    permission: Effect
    risk_level: RiskLevel
    approval_mode: Mode | None = Field(default=None, exclude_if=is_none)
    required_permission: str | None = Field(default=None, exclude_if=is_none)
    alternative: str | None = Field(default=None, exclude_if=is_none)


class ModeTold(Told):
    enabled: bool
    capabilities: tuple[Capability, ...]


class ModesTold(Told):
    grafana: ModeTold
    aiops: ModeTold


class CapabilitiesReply(Told):
    """`user_role` is the one that reaches farthest of `user_roles`."""

    user_role: str
    user_roles: tuple[str, ...]
    confirmation_level: Literal["standard", "strict"]
    modes: ModesTold
