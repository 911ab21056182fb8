r"""How likely a given completion is under an engine's model: a reward without a reward model.

request = Request(messages=(Message("user", "37+58=?"),))
await mean_logprob(create_engine("nano"), request, "7+8+0=15,3+5+1=9####95\n")      # -0.0015
await mean_logprob(create_engine("nano"), request, "7+8+0=15,3+5+1=9####85\n")      # -0.47
"""

from __future__ import annotations

from reasoning.engines.base import Engine, EngineError, Request, ScoringEngine

__all__ = ["mean_logprob", "scoring_engine"]


def scoring_engine(engine: Engine) -> ScoringEngine:
    """The engine, if it can score.

    Raises:
        EngineError: it cannot.
    """
    if isinstance(engine, ScoringEngine):
        return engine
    raise EngineError(
        f"engine '{engine.name}' cannot score completions: use nano, transformers:, vllm:, or openai: with a server "
        "that echoes prompts"
    )


async def mean_logprob(engine: Engine, request: Request, text: str) -> float:
    """The mean log-probability per token of `text` behind the request's prompt, in nats.

    One leading blank of the text is left out, whoever wrote it, so that completions compare alike. Source: SubgoalXL
    (Zhao et al. 2024, arXiv 2408.11172), whose rewards are such means.

    Args:
        engine: whose model is asked.
        request: with the prompt; its sampling options mean nothing.
        text: the completion.

    Raises:
        EngineError: the engine cannot score, or not this text.
    """
    scored = await scoring_engine(engine).score(request, text.removeprefix(" "))
    if not scored:
        raise EngineError("a completion without tokens has no score")
    return sum(token.logprob for token in scored) / len(scored)
