r"""Images in a conversation: named by a file's path or a `data:` URL, read only when they are sent.

    message = Message("user", "How long is AB?", images=(Image("wemath/2steps/image/1-1.png"),))
    message.images[0].data_url()[:22]        # "data:image/png;base64,"

Engines that take text alone refuse such a message with a clear `EngineError`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MAX_IMAGE_BYTES", "Image", "ImageError"]

MAX_IMAGE_BYTES = 20 << 20
"""Largest image that is sent."""

_KINDS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
_DATA_PREFIX = "data:image/"


class ImageError(ValueError):
    """An image is not there or is no image; one clear line."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image.

    Attributes:
        source: path of a PNG, JPEG, GIF or WebP file, or a `data:image/...;base64,...` URL.
    """

    source: str

    @classmethod
    def of(cls, content: bytes) -> Image:
        """The image with these bytes.

        Raises:
            ImageError: they are of no known format.
        """
        return cls(_data_url(content, "the image"))

    def content(self) -> bytes:
        """The bytes.

        Raises:
            ImageError: the file cannot be read or is too large, or the URL is malformed.
        """
        if self.source.startswith("data:"):
            head, _, body = self.source.partition(",")
            if not head.startswith(_DATA_PREFIX) or not head.endswith(";base64"):
                raise ImageError(f"image {self.source[:40]!r}...: expected data:image/...;base64,...")
            try:
                return base64.b64decode(body, validate=True)
            except binascii.Error as error:
                raise ImageError(f"image {self.source[:40]!r}...: {error}") from None
        try:
            with open(Path(self.source), "rb") as file:
                content = file.read(MAX_IMAGE_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ImageError(f"image {self.source}: cannot be read: {reason}") from None
        if len(content) > MAX_IMAGE_BYTES:
            raise ImageError(f"image {self.source}: larger than {MAX_IMAGE_BYTES >> 20} MiB")
        return content

    def data_url(self) -> str:
        """The image as a `data:` URL.

        Raises:
            ImageError: it cannot be read, or is of no known format.
        """
        return _data_url(self.content(), f"image {self.source[:200]}")

    def digest(self) -> str:
        """SHA-256 of the bytes, in hex: two requests are the same when their images' contents are.

        Raises:
            ImageError: it cannot be read.
        """
        return hashlib.sha256(self.content()).hexdigest()


def _data_url(content: bytes, name: str) -> str:
    kind = next((kind for magic, kind in _KINDS if content.startswith(magic)), None)
    if kind is None and content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ImageError(f"{name}: neither PNG, JPEG, GIF nor WebP")
    return f"{_DATA_PREFIX}{kind};base64,{base64.b64encode(content).decode('ascii')}"
