"""Which line of a person's document is wrong, and what did they mean?

Every YAML or JSON file that people write passes through here: `load_document`
parses it and remembers every line, `validate` holds it to a strict pydantic
model. Whatever is wrong becomes one `InvalidInput` with every reason, its file,
line and the nearest valid name.
"""

from gameday.documents.parsing import Document, load_document, parse_document
from gameday.documents.validation import STRICT, validate
from gameday.near_names import unknown_name

__all__ = [
    "STRICT",
    "Document",
    "load_document",
    "parse_document",
    "unknown_name",
    "validate",
]
