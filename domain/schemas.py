"""JSON schemas of our models, without what says nothing: a client pays for each word in every conversation."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema


@cache
def schema(model: type[BaseModel], mode: JsonSchemaMode = "validation") -> dict[str, Any]:
    """The same object at every call, so not to be changed: making one costs milliseconds."""
    return model.model_json_schema(schema_generator=Terse, mode=mode)


class Terse(GenerateJsonSchema):
    """No titles, and what may be left out is described as if present: null is never sent, and taken when it comes."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's hook
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if self.mode == "serialization" or described.get("default") is None:
            described.pop("default", None)
        return described

    def uuid_schema(self, schema: core_schema.UuidSchema) -> JsonSchemaValue:
        return {"type": "string"} if self.mode == "serialization" else super().uuid_schema(schema)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        described.pop("title", None)
        described.pop("description", None)
        return described
