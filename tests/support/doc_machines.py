"""What a reader has and a test has not: an environment to install into, and the programs of a Slurm cluster.

fresh = fresh_environment(tmp_path / "fresh")    # all packages of this environment but the project's own; bin/pip
wheels = built_wheel(tmp_path / "wheels")        # a folder for PIP_FIND_LINKS
slurm = slurm_double(tmp_path / "slurm")         # a folder with `scontrol` and `srun`
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.support.doc_commands import ROOT

PROJECT = "reasoning-toolkit"


def fresh_environment(folder: Path) -> Path:
    """An environment that sees what is installed beside this project, and not the project.

    So `pip install` has to find the project, resolves all that it asks for, and need not fetch what is there.

    Returns:
        Its folder of programs, with `python` and `pip`.
    """
    venv.create(folder, symlinks=True)
    behind = folder / "behind"
    behind.mkdir()
    own = {Path(file).parts[0] for file in distribution(PROJECT).files or ()}
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if entry.name not in own:
            (behind / entry.name).symlink_to(entry)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "behind.pth").write_text(f"{behind}\n")
    pip = folder / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec {folder}/bin/python -m pip "$@"\n')
    pip.chmod(0o755)
    return folder / "bin"


def only_pip(folder: Path) -> Path:
    """A folder with the `pip` of a fresh environment and no other program of it."""
    folder.mkdir()
    (folder / "pip").symlink_to(fresh_environment(folder / "environment") / "pip")
    return folder


def built_wheel(folder: Path) -> Path:
    """The folder, with the wheel of this project in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True)
    return folder


_SCONTROL = """\
import re, sys

# "scontrol show hostnames LIST": node[01-03,7],other -> one name a line.
show, hostnames, listed = sys.argv[1:]
assert (show, hostnames) == ("show", "hostnames"), sys.argv
for name in re.findall(r"(?:[^,\\[]|\\[[^\\]]*\\])+", listed):
    begin, numbers, end = re.fullmatch(r"([^\\[]*)(?:\\[(.*)\\])?(.*)", name).groups()
    for part in (numbers or "").split(","):
        first, _, last = part.partition("-")
        for number in range(int(first or 0), int(last or first or 0) + 1):
            print(f"{begin}{str(number).zfill(len(first)) if part else ''}{end}")
"""

_SRUN = """\
#!/bin/sh
# "srun COMMAND ...": the command on each node of the job, here one. A node has processes and a /tmp/ray of its own.
test "$SLURM_JOB_NUM_NODES" = 1 || { echo "srun: this double has one node" >&2; exit 1; }
exec unshare --mount --pid --fork --mount-proc --kill-child -- sh -c '
    mkdir -p /tmp/ray && mount -t tmpfs none /tmp/ray && "$@"; exit $?' srun "$@"
"""


def slurm_double(folder: Path) -> Path:
    """The folder, with doubles of Slurm's `scontrol` and `srun`: its command line, for a job of this machine alone.

    What ends one node's Ray at the end of a job (`ray stop`) must not end that of others here: `srun` runs its command
    in namespaces of its own. Where those cannot be had, the test is skipped.
    """
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces of mounts and processes (root has them)")
    folder.mkdir()
    texts = {"scontrol": f"#!{sys.executable}\n{_SCONTROL}", "srun": _SRUN}
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder
