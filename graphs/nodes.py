"""What a node and a drawing are, to those who put graphs together."""

from collections.abc import Coroutine
from typing import Any, Protocol, TypeAlias

from langgraph.graph import StateGraph
from langgraph.runtime import Runtime

from graphs.context import Context

Drawing: TypeAlias = StateGraph[Any, Any, Any, Any]


class Node(Protocol):
    def __call__(self, state: Any, runtime: Runtime[Context]) -> Coroutine[Any, Any, Any]: ...

    @property
    def __name__(self) -> str: ...
