import html.parser
import json
import re
from pathlib import Path

import pytest

from sama_bench.errors import UserError
from sama_bench.leaderboard.entry import BoardEntry
from sama_bench.leaderboard.make import entry_of_import, entry_of_run
from sama_bench.leaderboard.page import write_page
from sama_bench.leaderboard.published import figures
from sama_bench.leaderboard.vlmevalkit import read_results
from sama_bench.web.pages import embedded
from tests.scored import random_scores, write

KIT = Path(__file__).parent / "vlmevalkit"
EVIL = "</script><img src=x onerror=alert(1)>\u2028<!--"


def build(tmp_path, out="site"):
    entries = [entry_of_import(found, "VLMEvalKit") for found in read_results(KIT)]
    for seed, model in enumerate(("Sa2VA-8B", EVIL)):
        data = random_scores(seed, -0.09, model=model, metrics=("j", "f", "j_and_f"))
        data["scores"][0]["variant"] = EVIL if model == EVIL else None
        for row in data["scores"]:
            row["takes_tracks"] = model == EVIL
        entries.append(entry_of_run(write(tmp_path / f"run{seed}", data), resamples=100))
    return write_page(tmp_path / out, entries, figures())


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.data, self._in_data = [], [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attributes = dict(attrs)
        self.links += [attributes[name] for name in ("src", "href") if name in attributes]
        self._in_data = attributes.get("id") == "data"

    def handle_endtag(self, tag):
        self._in_data = False

    def handle_data(self, data):
        if self._in_data:
            self.data += data


def test_the_page_holds_its_rows_and_links_only_to_what_it_brings(tmp_path):
    index = build(tmp_path)
    page = Page(index.read_text())
    rows = json.loads(page.data)["rows"]
    assert len(rows) > 500
    for link in [*page.links, *{row["href"] for row in rows}]:
        if not link.startswith(("#", "data:")):
            assert (index.parent / link).is_file(), link
    assert {row["url"] for row in rows if row["kind"] == "published"} - {None}


def test_no_text_can_leave_its_place(tmp_path):
    text = build(tmp_path).read_text()
    assert Page(text).tags.count("script") == 3
    assert "img" not in Page(text).tags
    assert json.loads(embedded({"a": EVIL})) == {"a": EVIL}
    assert not re.search(r"[<>&\u2028]", embedded(EVIL))


def test_an_entry_shows_what_is_published_of_its_model_with_the_difference(tmp_path):
    rows = json.loads(Page(build(tmp_path).read_text()).data)["rows"]
    (row,) = [
        row
        for row in rows
        if (row["model"], row["kind"], row["metric"], row["split"])
        == ("Sa2VA-8B", "entry", "j_and_f", "valid_u")
    ]
    beside = {round(item["value"], 3): item for item in row["published"]}
    assert set(beside) == {0.57, 0.469, 0.515}
    assert beside[0.57]["difference"] == pytest.approx(row["value"] - 0.57)
    assert "Table 2" in beside[0.57]["source"]
    assert "section 4" in beside[0.57]["source"]


def test_a_page_is_replaced_and_nothing_else_is(tmp_path):
    build(tmp_path)
    (tmp_path / "site" / "entries" / "old.json").write_text("{}")
    build(tmp_path)
    assert not (tmp_path / "site" / "entries" / "old.json").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(UserError, match="holds other files"):
        write_page(tmp_path / "mine", [], figures())
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_a_page_without_entries_still_stands(tmp_path):
    index = write_page(tmp_path / "site", [], figures())
    assert json.loads(Page(index.read_text()).data)["first"] is None


def test_the_pages_own_code_never_writes_markup():
    site = Path(write_page.__code__.co_filename).parent / "site"
    for name in ("board.js", "rank.js"):
        code = (site / name).read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code)
        assert "http" not in code.replace("https?:", "")


def test_imported_entries_are_of_no_run():
    entry = entry_of_import(read_results(KIT)[0], "VLMEvalKit")
    assert isinstance(entry, BoardEntry)
    assert entry.provenance.kit == "VLMEvalKit"
