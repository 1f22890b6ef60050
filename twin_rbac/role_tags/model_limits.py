"""What DTDL and the service would not take of a model's next version; pure.

Rules: fact sheet adt-models-and-tags, sections 4, 4.2 and 5. Each answer reads on from the model's id, and is None
where nothing is wrong.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from twin_rbac.role_tags.dtdl import Definition, Library, language_of, split_version

_MAX_ID_LENGTH = 128
_MAX_VERSION = 999_999_999
_MAX_DEPTH = 10
_MAX_BASES_V2 = 2
_MAX_CONTENTS_V2 = 300
_MAX_LINEAGE = 1024
_MAX_BYTES = 1024 * 1024
_MAX_NAME_LENGTH_V2 = 64


def find_breach(library: Library, model_id: str, bases: Sequence[str], *, added: Iterable[str]) -> str | None:
    """What is wrong with the model if it extends these models and has these further contents.

    Args:
        library: all models; the bases are among them.
        model_id: the model, of which everything else stays.
        bases: what it is to extend.
        added: names that it is to declare besides its own.
    """
    lineage = {each for base in bases for each in library.lineage_of(base)}
    names = Counter(name for each in (model_id, *lineage) for name in library.names_of(each))
    names.update(added)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        return f"its next version would have '{twice[0]}' twice"
    if max((library.depth_of(base) + 1 for base in bases), default=0) > _MAX_DEPTH:
        return f"its next version would inherit over more than {_MAX_DEPTH} levels"
    if len(lineage) >= _MAX_LINEAGE:
        return f"its next version would inherit from more than {_MAX_LINEAGE - 1} models"
    return _find_breach_of_v2(library, bases, names) if language_of(library[model_id]) == 2 else None


def find_fault_of_id(model_id: str) -> str | None:
    """What is wrong with a next version's id."""
    major = split_version(model_id)[1][0]
    if major > _MAX_VERSION:
        return f"its next version would be {major}, and {_MAX_VERSION} is the last that an id can have"
    if len(model_id) > _MAX_ID_LENGTH:
        return f"the id of its next version, {model_id}, would be longer than {_MAX_ID_LENGTH} characters"
    return None


def find_fault_of_size(definition: Definition) -> str | None:
    """What is wrong with the size of a next version's definition."""
    if len(json.dumps(definition).encode()) > _MAX_BYTES:
        return f"its next version would have more than {_MAX_BYTES} bytes"
    return None


def _find_breach_of_v2(library: Library, bases: Sequence[str], names: Counter[str]) -> str | None:
    if len(bases) > _MAX_BASES_V2:
        return f"it extends {len(bases)} models, and DTDL 2 allows {_MAX_BASES_V2}"
    if names.total() > _MAX_CONTENTS_V2:
        return f"its next version would have {names.total()} contents, and DTDL 2 allows {_MAX_CONTENTS_V2}"
    if any(language_of(library[base]) == 3 for base in bases):
        return "it is written in DTDL 2, and the next version of a model that it extends in DTDL 3"
    long = [name for name in names if len(name) > _MAX_NAME_LENGTH_V2]
    return f"'{long[0]}' is longer than {_MAX_NAME_LENGTH_V2} characters, the most in DTDL 2" if long else None
