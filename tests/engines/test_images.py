"""Images in messages: sent as content parts, part of the request's key, refused by engines that take text alone."""

import asyncio
import base64

import pytest

from reasoning.engines import EngineError, Image, ImageError, Message, Request, create_engine
from reasoning.engines.images import MAX_IMAGE_BYTES
from reasoning.engines.prompts import render
from reasoning.runs.recording import RecordingEngine, request_key
from reasoning.runs.store import RunStore
from tests.support.protocol_server import ProtocolServer

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff\xe0" + b"pixels"


def asking(*images):
    return Request(messages=(Message("system", "Be brief."), Message("user", "How long is AB?", images)), seeds=(7,))


def ask(server, request):
    async def run():
        engine = create_engine(f"openai:m,base_url={server.url}")
        try:
            return await engine.complete(request)
        finally:
            await engine.close()

    return asyncio.run(run())


def test_images_go_out_as_content_parts_before_the_text(tmp_path):
    path = tmp_path / "1.bin"  # the name says nothing of the format
    path.write_bytes(PNG)
    with ProtocolServer() as server:
        ask(server, asking(Image(str(path)), Image.of(JPEG)))
    system, user = server.bodies[0]["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    urls = [
        f"data:image/{kind};base64,{base64.b64encode(data).decode()}" for kind, data in (("png", PNG), ("jpeg", JPEG))
    ]
    assert user["content"] == [
        *({"type": "image_url", "image_url": {"url": url}} for url in urls),
        {"type": "text", "text": "How long is AB?"},
    ]


def test_a_missing_image_is_said_once_and_not_asked_again(tmp_path):
    with ProtocolServer() as server, pytest.raises(EngineError, match=r"no\.png: cannot be read"):
        ask(server, asking(Image(str(tmp_path / "no.png"))))
    assert server.bodies == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("data:text/html;base64,AAAA", "expected data:image"),
        ("data:image/png;base64,%%%", "data:image/png"),
        ("a\0b", "cannot be read"),
    ],
)
def test_malformed_sources(source, said):
    with pytest.raises(ImageError, match=said):
        Image(source).content()


def test_what_is_no_image_or_too_large_is_not_sent(tmp_path):
    (tmp_path / "page.png").write_text("<html>")
    with pytest.raises(ImageError, match="neither PNG"):
        Image(str(tmp_path / "page.png")).data_url()
    with open(tmp_path / "large.png", "wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    with pytest.raises(ImageError, match="larger than 20 MiB"):
        Image(str(tmp_path / "large.png")).digest()


def test_a_data_url_holds_the_same_image_as_the_file(tmp_path):
    (tmp_path / "1.png").write_bytes(PNG)
    assert Image.of(PNG).digest() == Image(str(tmp_path / "1.png")).digest()


def test_the_key_covers_the_content_of_the_image_and_not_its_name(tmp_path):
    for name, data in (("a.png", PNG), ("b.png", PNG), ("c.png", PNG + b"!")):
        (tmp_path / name).write_bytes(data)
    keys = [request_key(asking(Image(str(tmp_path / name))), b"{}") for name in ("a.png", "b.png", "c.png")]
    assert keys[0] == keys[1] != keys[2]
    assert request_key(asking(), b"{}") not in keys


def test_a_recording_engine_says_that_an_image_is_missing(tmp_path):
    class Unasked:
        name = "unasked"

        def describe(self):
            return {}

    store = RunStore(tmp_path / "run.sqlite")
    with pytest.raises(EngineError, match=r"no\.png"):
        asyncio.run(RecordingEngine(Unasked(), store, 1).complete(asking(Image(str(tmp_path / "no.png")))))
    store.close()


def test_a_text_engine_refuses_images():
    with pytest.raises(EngineError, match="text alone"):
        render(None, asking(Image.of(PNG)))
