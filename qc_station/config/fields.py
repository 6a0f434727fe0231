"""What stands under each field of a configuration table; the one source of comments and of messages."""

import ast
import inspect
import textwrap
from functools import cache

from msgspec import Struct


@cache
def meanings(table: type[Struct]) -> dict[str, str]:
    """The line of documentation under every field, in the order of the fields."""
    body = ast.parse(textwrap.dedent(inspect.getsource(table))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class is a class
    pairs = zip(body.body, body.body[1:], strict=False)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
