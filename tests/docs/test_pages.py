"""What the pages promise: README is short, links lead somewhere, and the API page lists what the package exports."""

import re
from urllib.parse import urlsplit

import pytest
from blocks import PAGES, ROOT
from markdown_it import MarkdownIt

import gaitopt

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_is_short():
    assert len(README.splitlines()) <= 150
    assert len(README.split()) <= 1200


def links(text):
    """Return the targets of all links and pictures of a page."""
    for token in MarkdownIt().enable("table").parse(text):
        for child in token.children or ():
            if target := child.attrs.get("href") or child.attrs.get("src"):
                yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page):
    for link in links(page.read_text(encoding="utf-8")):
        place = urlsplit(link)
        if not place.scheme and place.path:
            assert (page.parent / place.path).is_file(), link


def test_the_links_are_found():
    assert "docs/quickstart.md" in set(links(README))
    assert "docs/results/before_after.png" in set(links(README))


def test_the_api_page_lists_every_public_name():
    listed = re.findall(r"^::: gaitopt\.(\w+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(gaitopt.__all__)


def test_every_page_is_in_the_menu():
    menu = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert menu == {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}


def test_files_that_pages_name_exist():
    for page in PAGES:
        named = re.findall(r"`((?:gaitopt|scripts|docs|tests|robots|scenarios)/[\w./-]+)`", page.read_text("utf-8"))
        missing = [name for name in named if not (name.endswith("-v0") or (ROOT / name).exists())]
        assert not missing, f"{page}: {missing}"


def test_modules_that_the_flow_of_a_command_names_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("flows through")[2]
    named = re.findall(r"`([\w/]+\.py)`", text)
    assert len(named) > 10
    assert not [name for name in named if not (ROOT / "gaitopt" / name).is_file()]
