"""A checkpoint in the standard Hugging Face layout and its tokenizer, loaded by Transformers.

loaded = load_pretrained("AutoModelForCausalLM", "Qwen/Qwen2.5-0.5B", device="cpu", dtype="float32")
loaded.model, loaded.tokenizer, loaded.limit        # on its device, in evaluation mode; 32768
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reasoning.engines.base import EngineError
from reasoning.engines.hub import weights

if TYPE_CHECKING:
    import torch

__all__ = ["DTYPES", "Pretrained", "load_pretrained"]

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What was loaded.

    Attributes:
        model: on its device, in evaluation mode.
        tokenizer: its own.
        limit: longest sequence in tokens that its configuration names; None: it names none.
        missing: weights that the checkpoint lacks, and that are random therefore.
    """

    model: Any
    tokenizer: Any
    limit: int | None
    missing: tuple[str, ...]


def load_pretrained(
    kind: str,
    name: str,
    *,
    what: str = "",
    device: str = "auto",
    dtype: str = "auto",
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> Pretrained:
    """Load a model.

    Args:
        kind: class of `transformers` that makes it, such as `AutoModelForCausalLM`.
        name: directory or name on the hub.
        what: what it is, for messages, such as `reward model`.
        device: `auto` (the first GPU, else the CPU) or a PyTorch device.
        dtype: one of `DTYPES`, or `auto`: float32 on a CPU, the checkpoint's own elsewhere.
        revision: commit, tag or branch on the hub.
        trust_remote_code: run the code that the checkpoint brings.

    Raises:
        EngineError: it cannot be loaded; one clear line.
    """
    import torch
    import transformers

    place = _device(device)
    if dtype == "auto" and place.type == "cpu":
        dtype = "float32"
    shared = {"revision": revision, "trust_remote_code": trust_remote_code}
    try:
        source = weights(name, revision)
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, **shared)
        with _no_bar():
            model, loading = getattr(transformers, kind).from_pretrained(
                source, dtype=dtype if dtype == "auto" else getattr(torch, dtype), output_loading_info=True, **shared
            )
        model = model.to(place).eval()
    except (EngineError, OSError, ValueError, RuntimeError, ImportError, AssertionError) as error:
        line = str(error).strip().partition("\n")[0]
        shown = f"the {what} {name!r}" if what else repr(name)
        raise EngineError(f"transformers cannot load {shown}: {line}") from error
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return Pretrained(model, tokenizer, limit, tuple(sorted(loading["missing_keys"])))


@contextmanager
def _no_bar() -> Iterator[None]:
    """No bar of Transformers' own in the block: it would be written over that of the run."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _device(name: str) -> torch.device:
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise EngineError(f"transformers: no device {name!r}") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise EngineError(f"transformers: no device {name!r}: PyTorch {torch.__version__} sees no GPU here")
    return device
