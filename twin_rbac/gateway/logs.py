"""What the gateway says about a call: one line of JSON, with hashes and words, and never an id, a text or a token."""

import hashlib
import json
import logging
import traceback
from pathlib import Path

from twin_rbac.gateway.identity import Caller
from twin_rbac.gateway.responses import Answer
from twin_rbac.gateway.routes import Kind

LOGGER = logging.getLogger("twin_rbac.gateway")
_SHOWN_FRAMES = 5


def quieten() -> None:
    """Keeps the libraries below from logging URLs, which hold ids of twins."""
    LOGGER.setLevel(logging.INFO)
    for name in ("aiohttp", "azure.core", "azure.identity", "msal", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def hash_caller(caller: Caller | None) -> str | None:
    """What stands for the caller in the log: who knows the object id can tell, nobody else."""
    if caller is None:
        return None
    return hashlib.sha256(f"{caller.tenant_id}/{caller.object_id}".encode()).hexdigest()[:16]


def log_call(*, route: Kind, answer: Answer, caller: Caller | None, seconds: float, request_id: str) -> None:
    """Says how a call ended."""
    line = {
        "route": route,
        "status": answer.status,
        "reason": answer.reason,
        "caller": hash_caller(caller),
        "milliseconds": round(seconds * 1000),
        "request": request_id,
    }
    LOGGER.info(json.dumps(line))


def log_failure(error: BaseException, *, route: Kind, request_id: str) -> None:
    """Says where a call failed that should not have. The error's own text may hold ids, and is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-_SHOWN_FRAMES:]
    line = {
        "route": route,
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
        "request": request_id,
    }
    LOGGER.error(json.dumps(line))
