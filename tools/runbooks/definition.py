"""What a runbook holds: typed parameters, typed steps, and the steps that take it back."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Value: TypeAlias = str | int | float | bool
Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
OnFailure: TypeAlias = Literal["stop", "continue", "rollback"]
Kind: TypeAlias = Literal["runbook", "service_template"]
Title: TypeAlias = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f{}]+$")]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=3600)]
ExitCode: TypeAlias = Annotated[int, Field(ge=0, le=255)]
HttpStatus: TypeAlias = Annotated[int, Field(ge=100, le=599)]
Text: TypeAlias = Annotated[str, Field(max_length=2000)]
Command: TypeAlias = (
    Annotated[str, Field(min_length=1, max_length=8000)]
    | Annotated[tuple[Annotated[str, Field(max_length=2000)], ...], Field(min_length=1, max_length=100)]
)
MOST_STEPS = 50
MOST_SERVERS = 50
MOST_DEEDS = 200
MOST_SECONDS = 3500


class Part(BaseModel):
    """Unknown keys are refused: a step with a typo is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(Part):
    """What is asked for before a run. One with a default may be left out.

    The value of a `secret` one is the name of a stored credential; the secret itself is never an argument.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    type: Literal["string", "integer", "number", "boolean", "choice", "server"] = "string"
    description: str = Field("", max_length=500)
    required: bool = True
    default: Value | None = None
    choices: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field((), max_length=100)
    pattern: str | None = Field(None, max_length=500)
    minimum: float | None = Field(None, ge=-1e15, le=1e15)
    maximum: float | None = Field(None, ge=-1e15, le=1e15)
    secret: bool = False

    @model_validator(mode="after")
    def fits_its_type(self) -> "Parameter":
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a choice has choices, and nothing else has")
        if self.pattern is not None and self.type != "string":
            raise ValueError("only a string has a pattern")
        if (self.minimum, self.maximum) != (None, None) and self.type not in ("integer", "number"):
            raise ValueError("only a number has a minimum or a maximum")
        if self.secret and (self.type != "string" or self.default is not None or self.pattern is not None):
            raise ValueError("a secret is a string without default and pattern: its value is a credential's name")
        if not self.required and self.default is None:
            raise ValueError("what may be left out needs a default")
        return self


class StepPart(Part):
    name: Title
    timeout_seconds: Seconds = 60
    on_failure: OnFailure = "stop"


class OnServers(Part):
    """`server` or each of `servers`: a server's name, or `{parameter}` of type server."""

    server: str | None = Field(None, max_length=200)
    servers: tuple[Annotated[str, Field(max_length=200)], ...] = Field((), max_length=MOST_SERVERS)

    @model_validator(mode="after")
    def names_a_server(self) -> "OnServers":
        if (self.server is None) == (not self.servers):
            raise ValueError("give server, or servers")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        return self.servers or (self.server or "",)


class SshStep(StepPart, OnServers):
    """`command`: a list of words, or shell text in which each `{parameter}` stands for one word."""

    kind: Literal["ssh"]
    command: Command
    expected_exit_codes: tuple[ExitCode, ...] = Field((0,), min_length=1, max_length=50)


class Call(Part):
    url: str = Field(min_length=8, max_length=2000, pattern=r"^https?://[^\s]+$")
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,80}$")], Text] = Field(
        default_factory=dict[str, str], max_length=30
    )


class HttpStep(StepPart, Call):
    """`body` is JSON; a string in it that is `{parameter}` alone becomes a value of the parameter's type."""

    kind: Literal["http"]
    method: Method = "GET"
    body: dict[str, Any] | list[Any] | None = None
    expected_status: tuple[HttpStatus, ...] = Field((200, 201, 202, 204), min_length=1, max_length=50)


class WaitStep(Part):
    kind: Literal["wait"]
    name: Title
    seconds: Seconds

    @property
    def timeout_seconds(self) -> float:
        return self.seconds

    @property
    def on_failure(self) -> OnFailure:
        return "stop"


class SshProbe(OnServers):
    command: Command
    expected_exit_codes: tuple[ExitCode, ...] = Field((0,), min_length=1, max_length=50)


class HttpProbe(Call):
    expected_status: tuple[HttpStatus, ...] = Field((200,), min_length=1, max_length=50)


class CheckStep(StepPart):
    """Asked again every so many seconds until it is as expected, and its output holds `contains`."""

    kind: Literal["check"]
    http: HttpProbe | None = None
    ssh: SshProbe | None = None
    contains: str = Field("", max_length=500)
    every_seconds: float = Field(5, ge=0.1, le=600)

    @model_validator(mode="after")
    def asks_one(self) -> "CheckStep":
        if (self.http is None) == (self.ssh is None):
            raise ValueError("a check asks by http, or by ssh")
        return self


Step: TypeAlias = Annotated[SshStep | HttpStep | WaitStep | CheckStep, Field(discriminator="kind")]


class Definition(Part):
    """What decides all that a runbook does. `rollback` goes, in order, after a step that asks for it has failed."""

    parameters: tuple[Parameter, ...] = Field((), max_length=50)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST_STEPS)
    rollback: tuple[Step, ...] = Field((), max_length=MOST_STEPS)

    @model_validator(mode="after")
    def holds_together(self) -> "Definition":
        for what, names in (
            ("parameters", [parameter.name for parameter in self.parameters]),
            ("steps", [step.name for step in (*self.steps, *self.rollback)]),
        ):
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise ValueError(f"two {what} are named {twice!r}")
        if not self.rollback and any(step.on_failure == "rollback" for step in self.steps):
            raise ValueError("a step asks for a rollback, and there are no rollback steps")
        if any(step.on_failure == "rollback" for step in self.rollback):
            raise ValueError("a rollback step cannot ask for a rollback")
        if sum(times(step) for step in (*self.steps, *self.rollback)) > MOST_DEEDS:
            raise ValueError(f"steps times servers are more than {MOST_DEEDS}")
        if self.longest_seconds > MOST_SECONDS:
            raise ValueError(f"all time limits together are {self.longest_seconds:g} s; at most {MOST_SECONDS} s")
        return self

    @property
    def longest_seconds(self) -> float:
        """How long a run can last: every step on every server, and then the rollback."""
        return sum(step.timeout_seconds * times(step) for step in (*self.steps, *self.rollback))

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def targets(step: Step) -> tuple[str, ...]:
    """The servers that a step names; none for one that needs none."""
    match step:
        case SshStep():
            return step.targets
        case CheckStep():
            return step.ssh.targets if step.ssh else ()
        case HttpStep() | WaitStep():
            return ()


def times(step: Step) -> int:
    return max(1, len(targets(step)))
