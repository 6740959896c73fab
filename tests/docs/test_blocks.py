"""Every Python and shell block of README, CONTRIBUTING and docs/ is run, page by page, with a small budget.

Budgets such as `--traversals 450` are cut to a few, `make` only prints its commands, and emulated robots stand for
serial ports. Blocks that need sudo, a cluster, a real robot or hours say so in their title, and are left out.
"""

from contextlib import ExitStack

import pytest
from blocks import PAGES, ROOT, Block, Reader, blocks_of, small

import gaitopt

ROBOTS = {"opencat": "petoi-bittle", "dynamixel": "dynamixel-quadruped"}


def names(pages):
    return [str(page.relative_to(ROOT)) for page in pages]


def runnable(text):
    return [block for block in blocks_of(text) if block.language in ("sh", "python") and block.reason is None]


WITH_BLOCKS = [page for page in PAGES if runnable(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=names(WITH_BLOCKS))
def test_every_block_of_a_page_runs(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    with ExitStack() as stack:
        robots = {}
        for kind, robot in ROBOTS.items():
            if f"{kind}:/dev/ttyUSB0" in text:
                emulation = gaitopt.emulated(gaitopt.load_robot(robot), gaitopt.load_scenario("desk"))
                robots[f"{kind}:/dev/ttyUSB0"] = stack.enter_context(emulation).body
        reader = Reader(tmp_path, robots)
        for block in runnable(text):
            trouble = reader.run(block)
            assert not trouble, f"{page}:{block.line}\n{trouble}"


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_block_of_a_page_has_a_known_language_and_reason(page):
    blocks_of(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("```sh\ngaitopt list robotz\n```", "robotz"),
        ("```sh\nfalse | true\n```", "ended with 1"),
        ("```python\nimport gaitopt\n\ngaitopt.lern\n```", "no attribute 'lern'"),
    ],
)
def test_a_broken_block_is_found(text, error, tmp_path):
    trouble = Reader(tmp_path, {}).run(*runnable(text))
    assert error in trouble


@pytest.mark.parametrize(
    "text",
    ["    gaitopt runs", "```\ngaitopt runs\n```", '```sh title="too long"\ntrue\n```', "```text\nmake demo\n```"],
)
def test_a_block_cannot_be_left_out_without_a_reason(text):
    with pytest.raises(ValueError, match="line 1"):
        blocks_of(text)


def test_budgets_are_made_small_and_nothing_else():
    def shrunk(text, language="sh"):
        return small(Block(language, text, 1, None))

    assert shrunk("gaitopt learn --traversals 450 --seed 450") == "gaitopt learn --fresh 2 --traversals 12 --seed 450"
    assert shrunk("gaitopt evaluate fast.toml --repeats 1") == "gaitopt evaluate fast.toml --repeats 1"
    assert shrunk("gaitopt.train(steps=20_000)", "python") == "gaitopt.train(fresh=2, steps=2048)"
    assert shrunk("gaitopt.learn(settings, workers=2)", "python") == "gaitopt.learn(settings, workers=2)"
