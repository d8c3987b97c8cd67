"""Chat completions as chat programs know them: what is read of a request, and the replies.

Read: `model`, `messages`, `stream`, `stream_options.include_usage`, `metadata.session_id`, `user`. Refused, because the
reply would not be what was asked for: `n` above 1, a `tool_choice` or `function_call` that forces a call, a
`response_format` other than text, sound, and images or files in the last message. All else is taken and does nothing:
`temperature`, `tools`, `max_tokens`, `stop`, `seed`, system messages; what Trivium may do and how it answers is not
the caller's to set.
Source: platform.openai.com/docs/api-reference/chat.
"""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from web.models.shape import Told

MOST_MESSAGES = 10_000


def refused(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError("unsupported", "{told}", {"told": message, "code": code})


def only_one(value: int | None) -> int | None:
    if value not in (None, 1):
        raise refused("n", "one answer is given to a question: leave n out, or send 1")
    return value


def unforced(value: Any) -> Any:
    if value not in (None, "none", "auto"):
        raise refused("tool_choice", "calls of the caller's tools cannot be forced: send none or auto")
    return value


def as_text(value: dict[str, Any] | None) -> dict[str, Any] | None:
    if value and value.get("type", "text") != "text":
        raise refused("response_format", "answers are Markdown: send type text, or nothing")
    return value


def spoken_by_nobody(value: list[str] | None) -> list[str] | None:
    if value and value != ["text"]:
        raise refused("modalities", "answers are text alone")
    return value


class Read(BaseModel):
    """A JSON object of somebody else's protocol, of which we read what we know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class MessagePart(Read):
    type: str
    text: str | None = None


class ChatMessage(Read):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[MessagePart] | None = None

    @property
    def words(self) -> str:
        """The text of it, of its parts one below the other; what is no text is left out."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.text)

    @property
    def has_more_than_words(self) -> bool:
        return isinstance(self.content, list) and any(part.type not in ("text", "input_text") for part in self.content)


class StreamOptions(Read):
    include_usage: bool = False


class Metadata(Read):
    session_id: UUID | None = Field(default=None, description="Continues this conversation of yours")


class CompletionRequest(Read):
    """The last message is the question; of those before it the conversation is found again that it belongs to."""

    model: str = Field(max_length=200, description="trivium, or the pillar that is to answer: trivium-inquiry, ...")
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    user: str | None = Field(default=None, max_length=1000, description="Keeps people behind one token apart")
    metadata: Metadata | None = None
    n: Annotated[int | None, AfterValidator(only_one)] = None
    tool_choice: Annotated[Any, AfterValidator(unforced)] = None
    function_call: Annotated[Any, AfterValidator(unforced)] = None
    response_format: Annotated[dict[str, Any] | None, AfterValidator(as_text)] = None
    modalities: Annotated[list[str] | None, AfterValidator(spoken_by_nobody)] = None

    @model_validator(mode="after")
    def ends_with_a_question(self) -> Self:
        last = self.messages[-1]
        if last.role != "user":
            raise refused("messages", "the last message has to be the user's: there is nothing to answer")
        if last.has_more_than_words:
            raise refused("messages", "images, sound and files cannot be read: send text alone")
        return self

    @property
    def session_id(self) -> UUID | None:
        return self.metadata.session_id if self.metadata else None

    @property
    def question(self) -> str:
        return self.messages[-1].words


class Usage(Told):
    """What language models used for the answer, 0 when rules gave it. Which part was theirs is not kept: all of it is
    told as `prompt_tokens`."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AssistantMessage(Told):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(Told):
    index: int = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Completion(Told):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: Usage


class ModelTold(Told):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["trivium"] = "trivium"


class ModelsReply(Told):
    object: Literal["list"] = "list"
    data: tuple[ModelTold, ...]


class ApiError(Told):
    """`type` is the protocol's word for the kind of error, `code` ours, `param` the field that cannot be taken."""

    message: str
    type: str
    code: str | None
    param: str | None


class ErrorReply(Told):
    error: ApiError
