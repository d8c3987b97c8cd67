"""Cases made from an OpenAPI description, by schemathesis over hypothesis."""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import hypothesis_jsonschema._from_schema as making
import pytest
from hypothesis.internal.conjecture import utils

END = object()


class Many(utils.many):
    """The loop as hypothesis-jsonschema 0.23.1 writes it, which hypothesis 6.170 has no longer: `while it.more()`."""

    def more(self) -> bool:
        if self._depth is None:
            self.__enter__()
            self.steps = iter(self)
        return next(self.steps, END) is not END


@contextmanager
def understood() -> Generator[None]:
    """The two libraries understand each other meanwhile."""
    if hasattr(utils.many, "more"):
        yield
        return
    patch = pytest.MonkeyPatch()
    known: dict[str, Any] = {name: getattr(utils, name) for name in dir(utils)}
    patch.setattr(making, "cu", SimpleNamespace(**(known | {"many": Many})))
    yield
    patch.undo()
