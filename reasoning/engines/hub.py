"""Where the weights of a model are: a directory, the hub, or where that cannot be reached what was kept of it.

    weights("Qwen/Qwen3-4B")       # itself; without a network the folder of the hub's cache, or one clear line

The libraries that load a model ask the hub for each file, several times and ever slower where it does not answer. Here
it is asked once, before them.
"""

from __future__ import annotations

from pathlib import Path

from reasoning.engines.base import EngineError

__all__ = ["weights"]

_ANSWER_SECONDS = 10.0


def weights(name: str, revision: str | None = None) -> str:
    """What to load for a model: a directory or a name on the hub.

    Args:
        name: directory or name on the hub.
        revision: commit, tag or branch on the hub.

    Raises:
        EngineError: it is no directory, the hub cannot be reached, and its cache has not the model.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    # Told to stay offline, the libraries ask nobody.
    if Path(name).is_dir() or constants.HF_HUB_OFFLINE or _answers(constants.ENDPOINT):
        return name
    try:
        return str(snapshot_download(name, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        raise EngineError(
            f"it is no directory here, the hub's cache has no such model, and {constants.ENDPOINT} cannot be reached"
        ) from None


def _answers(address: str) -> bool:
    import httpx

    try:
        httpx.head(address, timeout=_ANSWER_SECONDS)
    except httpx.TransportError:
        return False
    return True
