"""Embedding models: a vector for a text, such that texts that say the same lie close together.

>>> EMBEDDERS.keys()
dict_keys(['transformers', 'openai'])
"""

from reasoning.embeddings.base import EMBEDDERS, Embedder, create_embedder

__all__ = ["EMBEDDERS", "Embedder", "create_embedder"]
