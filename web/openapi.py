"""The OpenAPI 3.1 description, made from the table of operations and the models they name."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from web.desk import Guarded
from web.operations.shape import Operation, Reply

Json: TypeAlias = dict[str, Any]
Schemas: TypeAlias = Mapping[Any, Json]
REF = "#/components/schemas/{model}"
SECURITY = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


def document(operations: Sequence[Operation], version: str) -> Json:
    """The whole description; every schema is one of `components.schemas` or plain."""
    sent = {operation.body for operation in operations if operation.body}
    told = {
        kind for operation in operations for reply in operation.replies.values() for kind in reply.contents.values()
    }
    adapters: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((kind, "validation", TypeAdapter(kind)) for kind in sent),
        *((kind, "serialization", TypeAdapter(kind)) for kind in told),
    ]
    schemas, definitions = TypeAdapter.json_schemas(adapters, ref_template=REF)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.template, {})[operation.method.lower()] = described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trivium", "version": version},
        "paths": paths,
        "components": {"schemas": definitions["$defs"], "securitySchemes": SECURITY},
    }


def described(operation: Operation, schemas: Schemas) -> Json:
    """One operation of one path."""
    entry = operation.entry
    body = operation.body
    found: Json = {
        "operationId": entry.handler.__name__,
        "summary": operation.summary,
        "security": [{"bearer": [scope]} for scope in entry.scopes] if isinstance(entry, Guarded) else [],
        "parameters": [*path_parameters(operation.path), *asked(operation.parameters), *headers(operation.headers)],
        "responses": {str(status): response(reply, schemas) for status, reply in sorted(operation.replies.items())},
    }
    if isinstance(entry, Guarded) and entry.permission:
        found["description"] = f"Needs the role admin (`{entry.permission}`)."
    if body:
        content = {"application/json": {"schema": schemas[body, "validation"]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def response(reply: Reply, schemas: Schemas) -> Json:
    content = {media: {"schema": schemas[kind, "serialization"]} for media, kind in reply.contents.items()}
    return {"description": reply.meaning} | ({"content": content} if content else {})


def path_parameters(path: str) -> list[Json]:
    """Each `{name}` of the path, a UUID, and each `{name:path}`, any text."""
    found = re.findall(r"{(\w+)(:path)?}", path)
    schemas = {"": {"type": "string", "format": "uuid"}, ":path": {"type": "string"}}
    return [{"name": name, "in": "path", "required": True, "schema": schemas[kind]} for name, kind in found]


def asked(model: type[BaseModel] | None) -> list[Json]:
    """Each field of the model as a parameter of the address."""
    described: Json = model.model_json_schema() if model else {}
    needed = described.get("required", ())
    return [
        {"name": name, "in": "query", "schema": schema} | ({"required": True} if name in needed else {})
        for name, schema in described.get("properties", {}).items()
    ]


def headers(described_by_name: Mapping[str, str]) -> list[Json]:
    return [
        {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
        for name, text in described_by_name.items()
    ]
