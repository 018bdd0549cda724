"""Class docstrings as descriptions in JSON Schema: for readers of the schema, without Python examples."""

from typing import Any


def without_examples(schema: dict[str, Any]) -> None:
    """Cut the doctest examples off a model's description, in place. For `ConfigDict.json_schema_extra`.

    >>> schema = {"description": "A tick. >>> Tick(at_ms=1)"}
    >>> without_examples(schema)
    >>> schema
    {'description': 'A tick.'}
    """
    if "description" in schema:
        schema["description"] = str(schema["description"]).partition(">>>")[0].rstrip()
