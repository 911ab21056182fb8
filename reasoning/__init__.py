"""Generate verified datasets, evaluate models and train with verifier rewards for mathematics and code reasoning.

$ reasoning evaluate puzzles --engine search --out runs/first
$ reasoning evaluate p3 --engine vllm:Qwen/Qwen3-4B --samples 10 --out runs/second
"""

__version__ = "0.1.0"
