from typing import ClassVar

import huggingface_hub
import pytest

from reasoning.pipelines.backend.hub import HubError, push


class Hub:
    """Stands for the hub's client: notes what it is asked."""

    calls: ClassVar[list] = []

    def create_repo(self, repository, **options):
        self.calls.append(("create", repository, options["repo_type"], options["private"], options["exist_ok"]))
        return f"https://hub/{repository}"

    def upload_folder(self, **options):
        self.calls.append(("upload", options["folder_path"], options["repo_id"], options["repo_type"]))


def test_a_dataset_is_pushed_to_a_private_repository(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    assert push(tmp_path, "me/data") == "https://hub/me/data"
    assert Hub.calls == [("create", "me/data", "dataset", True, True), ("upload", tmp_path, "me/data", "dataset")]


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path, monkeypatch):
    def refused(self, repository, **options):
        raise ConnectionRefusedError("no route\nand more")

    monkeypatch.setattr(Hub, "create_repo", refused)
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    with pytest.raises(HubError, match=r"^me/data: the upload failed \(no route\); the dataset lies in "):
        push(tmp_path, "me/data")


def test_what_the_hubs_own_client_raises_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(HubError, match=r"^me/data: the upload failed \(.*refused"):
        push(tmp_path, "me/data")
