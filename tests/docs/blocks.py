"""Commands and code in the documentation."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
SHELL = {"", "console", "bash", "sh", "shell"}
_FENCE = re.compile(
    r"(?:<!-- run(?P<how>[^>]*)-->\n)?^```(?P<language>[a-z]*)[^\n]*\n(?P<body>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)
_INVOKED = re.compile(r"(?:^|[\s(/\"])(?:sama-bench|-m sama_bench) +(?P<rest>.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``how`` is what its comment ``<!-- run ... -->`` says, None without one."""

    page: str
    language: str
    body: str
    how: str | None

    @property
    def slow(self) -> bool:
        return self.how is not None and "slow" in self.how

    @property
    def extra(self) -> list[str]:
        """What a test adds, so that a command is quick."""
        match = re.search(r"with: ([^;]*)", self.how or "")
        return shlex.split(match[1]) if match else []

    @property
    def status(self) -> int:
        match = re.search(r"exit (\d)", self.how or "")
        return int(match[1]) if match else 0

    def commands(self) -> list[list[str]]:
        """The arguments of every call of sama-bench."""
        found = []
        for line in self.body.replace("\\\n", " ").splitlines():
            for part in line.split("&&"):
                match = _INVOKED.search(part)
                if match and not part.lstrip().startswith("#"):
                    found.append(shlex.split(match["rest"], comments=True))
        return found


def blocks(page):
    return [
        Block(page.name, match["language"], match["body"], match["how"])
        for match in _FENCE.finditer(page.read_text(encoding="utf-8"))
    ]


def shell_commands():
    """Every call of sama-bench in any page, as (page, arguments)."""
    return [
        (page.name, arguments)
        for page in PAGES
        for block in blocks(page)
        if block.language in SHELL
        for arguments in block.commands()
    ]


def python_block(name, holds):
    """The only Python block of a page that holds some text."""
    (found,) = [
        block.body
        for block in blocks(ROOT / "docs" / name)
        if block.language == "python" and holds in block.body
    ]
    return found
