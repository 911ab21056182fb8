"""Generate verified datasets, evaluate models and train with verifier rewards for mathematics and code reasoning.

$ reasoning evaluate puzzles --engine search --out runs/first
$ reasoning evaluate p3 --engine vllm:Qwen/Qwen3-4B --samples 10 --out runs/second

Each part is a package with its own public names: `reasoning.engines`, `reasoning.methods`, `reasoning.evaluation`,
`reasoning.pipelines`, `reasoning.training` and others; `verifiers` beside this package judges.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
