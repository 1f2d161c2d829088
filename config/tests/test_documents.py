"""What the documents name exists: files, folders, modules, commands and links."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
PACKAGES = "config|core|parks|snapshots|stats|weather|importer|dashboard"
# No URL and no part of a longer path: those go on to the left.
PATH = re.compile(rf"(?<![\w/.*-])((?:{PACKAGES}|docs|requirements|script)/[\w./*-]*[\w/*])")
FILE = re.compile(r"`(\w+\.(?:py|html|md|toml))`")
MODULE = re.compile(rf"`((?:{PACKAGES})(?:\.\w+)+)`")
LINK = re.compile(r"\]\((?!https?://)([^)#]+)\)")
COMMAND = re.compile(r"manage\.py (\w+)")


def unknown(document: Path) -> list[str]:
    """What a document names and nobody finds."""
    text = document.read_text()
    return [
        *(path for path in PATH.findall(text) if not any(ROOT.glob(path))),
        *(
            name
            for name in FILE.findall(text)
            if not any(ROOT.glob(f"[a-z]*/**/{name}")) and not (ROOT / name).exists()
        ),
        *(
            name
            for name in MODULE.findall(text)
            if not is_module(name) and not (ROOT / name.replace(".", "/")).exists()
        ),
        *(link for link in LINK.findall(text) if not (document.parent / link).exists()),
        *(name for name in COMMAND.findall(text) if name not in get_commands()),
    ]


def is_module(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_a_document_names_exists(document):
    assert unknown(document) == []


def test_a_name_that_is_gone_is_found(tmp_path):
    page = tmp_path / "page.md"
    gone = "stats/gone.py core/gone/ `gone.py` `core.gone` [gone](gone.md) manage.py gone"
    page.write_text(f"{gone} /api/parks/7 `core.periods.Days` `core.periods` stats/measures/ manage.py migrate")
    assert unknown(page) == ["stats/gone.py", "core/gone/", "gone.py", "core.gone", "gone.md", "gone"]
