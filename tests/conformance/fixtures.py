"""What the conformance suite calls by fixed names, hung beside the server's own tools, resources and prompts.

`attach` changes nothing of the server but what it offers; the transport, the sessions and the admission stay its own.
Source: the scenario descriptions of @modelcontextprotocol/conformance.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import mcp_types as types
from mcp.server import Server
from mcp.shared.exceptions import MCPError

from tests.conformance.rounds import ROUNDS, Context, Outcome, prompted, said, sampling

Tool: TypeAlias = Callable[[Context, Mapping[str, Any]], Awaitable[Outcome]]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
WORDS = "Conformance fixture."
MODERN = "2026-07-28"
OWN = (
    "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read", "prompts/list",
    "prompts/get", "completion/complete",
)  # fmt: skip
PAUSE_SECONDS = 0.05
OBJECT: dict[str, Any] = {"type": "object", "properties": {}}
USER: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    },
    "required": ["username", "email"],
}
DEFAULTS: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    },
    "required": [],
}
ENUMS: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {
            "type": "string",
            "oneOf": [{"const": f"value{n}", "title": f"Option {n}"} for n in (1, 2, 3)],
        },
        "legacyEnum": {
            "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {
            "type": "array", "items": {"anyOf": [{"const": f"value{n}", "title": f"Choice {n}"} for n in (1, 2, 3)]},
        },
    },
    "required": [],
}  # fmt: skip
DRAFT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def embedded(uri: str, kind: str, text: str) -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=kind, text=text))


IMAGE = types.ImageContent(data=PNG, mime_type="image/png")
CONTENT: Mapping[str, list[types.ContentBlock]] = {
    "test_simple_text": [types.TextContent(text="This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [types.AudioContent(data=WAV, mime_type="audio/wav")],
    "test_embedded_resource": [
        embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    ],
    "test_multiple_content_types": [
        types.TextContent(text="Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", "application/json", '{"test": "data", "value": 123}'),
    ],
    "json_schema_2020_12_tool": [types.TextContent(text="ok")],
}


async def with_logging(context: Context, _arguments: Mapping[str, Any]) -> Outcome:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        if context.protocol_version < MODERN:  # there a request has to ask for them first
            params = types.LoggingMessageNotificationParams(level="info", data=words)
            note = types.LoggingMessageNotification(params=params)
            await context.session.send_notification(note, context.request_id)
        await asyncio.sleep(PAUSE_SECONDS)
    return said("done")


async def with_progress(context: Context, _arguments: Mapping[str, Any]) -> Outcome:
    for percent in (0, 50, 100):
        await context.session.report_progress(percent, 100, f"{percent} of 100")
        await asyncio.sleep(PAUSE_SECONDS)
    return said("done")


async def failing(_context: Context, _arguments: Mapping[str, Any]) -> Outcome:
    text = types.TextContent(text="This tool intentionally returns an error for testing")
    return types.CallToolResult(content=[text], is_error=True)


async def sampled(context: Context, arguments: Mapping[str, Any]) -> Outcome:
    request = sampling(str(arguments["prompt"]), 100)
    answer = await context.session.send_request(request, types.CreateMessageResult)
    assert isinstance(answer.content, types.TextContent)
    return said(f"LLM response: {answer.content.text}")


async def lacking_capability(context: Context, _arguments: Mapping[str, Any]) -> Outcome:
    has = context.session.client_capabilities
    if has is None or has.sampling is None:
        data: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(code=types.MISSING_REQUIRED_CLIENT_CAPABILITY, message="It needs sampling.", data=data)
    return said("done")


def asking(message: str | None, schema: types.ElicitRequestedSchema) -> Tool:
    async def ask(context: Context, arguments: Mapping[str, Any]) -> Outcome:
        words = message or str(arguments["message"])
        answer = await context.session.elicit_form(words, schema, context.request_id)
        content = json.dumps(answer.content or {})
        return said(f"User response: action={answer.action}, content={content}")

    return ask


WORKING: Mapping[str, Tool] = {
    "test_tool_with_logging": with_logging,
    "test_logging_tool": with_logging,
    "test_tool_with_progress": with_progress,
    "test_error_handling": failing,
    "test_sampling": sampled,
    "test_missing_capability": lacking_capability,
    "test_elicitation": asking(None, USER),
    "test_elicitation_sep1034_defaults": asking("Please review", DEFAULTS),
    "test_elicitation_sep1330_enums": asking("Please select", ENUMS),
}
ARGUMENTS: Mapping[str, dict[str, Any]] = {
    "test_sampling": {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
    "test_elicitation": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
    "json_schema_2020_12_tool": DRAFT,
}
TOOLS = [
    types.Tool(name=name, description=WORDS, input_schema=ARGUMENTS.get(name, OBJECT))
    for name in (*CONTENT, *WORKING, *ROUNDS)
]
TEXTS = {
    "test://static-text": "This is the content of the static text resource.",
    "test://watched-resource": "Watched.",
}
BINARY = "test://static-binary"
RESOURCES = [types.Resource(name=uri, uri=uri, description=WORDS, mime_type="text/plain") for uri in (*TEXTS, BINARY)]
TEMPLATE = types.ResourceTemplate(name="template", uri_template="test://template/{id}/data", description=WORDS)
PROMPTS: Mapping[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


async def call(context: Context, params: types.CallToolRequestParams) -> Outcome:
    if params.name in CONTENT:
        return types.CallToolResult(content=CONTENT[params.name])
    if params.name in ROUNDS:
        return ROUNDS[params.name](context, params.input_responses or {}, params.request_state)
    return await WORKING[params.name](context, params.arguments or {})


def read(uri: str) -> types.ReadResourceResult | None:
    if uri in TEXTS:
        return contents(uri, TEXTS[uri], "text/plain")
    if uri == BINARY:
        blob = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
        return types.ReadResourceResult(contents=[blob])
    if uri.startswith("test://template/"):
        found = uri.removeprefix("test://template/").removesuffix("/data")
        text = json.dumps({"id": found, "templateTest": True, "data": f"Data for ID: {found}"})
        return contents(uri, text, "application/json")
    return None


def contents(uri: str, text: str, kind: str) -> types.ReadResourceResult:
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=kind, text=text)])


def prompt(name: str, given: Mapping[str, str]) -> types.GetPromptResult:
    blocks: Mapping[str, list[types.ContentBlock]] = {
        "test_simple_prompt": [types.TextContent(text="This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [
            types.TextContent(text=f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")
        ],
        "test_prompt_with_embedded_resource": [
            embedded(given.get("resourceUri", ""), "text/plain", "Embedded resource content for testing."),
            types.TextContent(text="Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [IMAGE, types.TextContent(text="Please analyze the image above.")],
    }
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=block) for block in blocks[name]])


@dataclass(frozen=True, slots=True)
class Beside:
    """The server's own handlers by method, each with the fixtures beside what it has; its own come first."""

    own: Mapping[str, Any]

    async def list_tools(self, context: Context, params: types.PaginatedRequestParams) -> types.ListToolsResult:
        found = await self.own["tools/list"](context, params)
        return types.ListToolsResult(tools=[*found.tools, *TOOLS])

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> Outcome:
        is_fixture = params.name in {tool.name for tool in TOOLS}
        return await call(context, params) if is_fixture else await self.own["tools/call"](context, params)

    async def list_resources(self, context: Context, params: types.PaginatedRequestParams) -> types.ListResourcesResult:
        found = await self.own["resources/list"](context, params)
        return types.ListResourcesResult(resources=[*found.resources, *RESOURCES])

    async def list_templates(
        self, context: Context, params: types.PaginatedRequestParams
    ) -> types.ListResourceTemplatesResult:
        found = await self.own["resources/templates/list"](context, params)
        return types.ListResourceTemplatesResult(resource_templates=[*found.resource_templates, TEMPLATE])

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        return read(str(params.uri)) or await self.own["resources/read"](context, params)

    async def list_prompts(self, context: Context, params: types.PaginatedRequestParams) -> types.ListPromptsResult:
        found = await self.own["prompts/list"](context, params)
        return types.ListPromptsResult(prompts=[*found.prompts, *map(described, PROMPTS)])

    async def get_prompt(
        self, context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        if params.name == "test_input_required_result_prompt":
            return prompted(params.input_responses or {})
        if params.name in PROMPTS:
            return prompt(params.name, params.arguments or {})
        return await self.own["prompts/get"](context, params)

    async def complete(self, context: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        if isinstance(params.ref, types.PromptReference) and params.ref.name in PROMPTS:
            return types.CompleteResult(completion=types.Completion(values=["paris", "park"], total=2, has_more=False))
        return await self.own["completion/complete"](context, params)


def described(name: str) -> types.Prompt:
    arguments = [types.PromptArgument(name=each, required=True) for each in PROMPTS[name]]
    return types.Prompt(name=name, description=WORDS, arguments=arguments)


async def nothing(_context: Context, _params: types.RequestParams) -> types.EmptyResult:
    return types.EmptyResult()


def attach(server: Server[Any]) -> None:
    """The fixtures beside what the server has."""
    beside = Beside({method: own(server, method) for method in OWN})
    server.add_request_handler("tools/list", types.PaginatedRequestParams, beside.list_tools)
    server.add_request_handler("tools/call", types.CallToolRequestParams, beside.call_tool)
    server.add_request_handler("resources/list", types.PaginatedRequestParams, beside.list_resources)
    server.add_request_handler("resources/templates/list", types.PaginatedRequestParams, beside.list_templates)
    server.add_request_handler("resources/read", types.ReadResourceRequestParams, beside.read_resource)
    server.add_request_handler("prompts/list", types.PaginatedRequestParams, beside.list_prompts)
    server.add_request_handler("prompts/get", types.GetPromptRequestParams, beside.get_prompt)
    server.add_request_handler("completion/complete", types.CompleteRequestParams, beside.complete)
    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, nothing)
    server.add_request_handler("resources/subscribe", types.SubscribeRequestParams, nothing)
    server.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, nothing)


def own(server: Server[Any], method: str) -> Any:
    entry = server.get_request_handler(method)
    assert entry, f"the server has no {method}"
    return entry.handler
