"""Uploads a dataset's folder to the Hugging Face hub, as a private repository that its owner can publish.

push(Path("runs/first/dataset"), "me/solved-puzzles")       # 'https://huggingface.co/datasets/me/solved-puzzles'

The folder is complete as it is: card, manifest and Parquet files, named as the hub's viewer expects them. The token is
the one that `hf auth login` or the variable HF_TOKEN gives.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["HubError", "push"]


class HubError(RuntimeError):
    """The upload failed; one clear line. The dataset lies where it was."""


def push(folder: Path, repository: str) -> str:
    """Upload the dataset in `folder` to the dataset repository `repository` (OWNER/NAME); returns its address.

    Raises:
        HubError: the name is wrong, the hub cannot be reached or refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # The base of what its HTTP client raises, which is httpx in some versions and httpx2 in others.
    http_error: type[BaseException] = HfHubHTTPError.__bases__[0]

    api = HfApi()
    try:
        address = api.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
        api.upload_folder(folder_path=folder, repo_id=repository, repo_type="dataset", commit_message="Add the dataset")
    except (http_error, HFValidationError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise HubError(f"{repository}: the upload failed ({reason}); the dataset lies in {folder}") from None
    return str(address)
