"""doc-convert over the small corpus: for every pair of formats that this build offers. Needs DOC_CONVERT, the path of the program."""
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import converters  # noqa: E402
import corpus  # noqa: E402
import judge  # noqa: E402

PROGRAM = os.environ.get("DOC_CONVERT", "")


def offered(what):
    text = subprocess.run([PROGRAM, "--formats"], check=True, capture_output=True, text=True).stdout
    return next(line.split()[1:] for line in text.splitlines() if line.startswith(what))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    if not PROGRAM or not offered("reads") or not offered("writes"):
        pytest.skip("no converter")
    folder = tmp_path_factory.mktemp("small")
    corpus.make(folder / "corpus", small=True)

    class Options:
        only = ",".join(offered("reads")) + ":" + ",".join(offered("writes"))
        document, report, keep, jobs, seconds = None, True, None, 2, 120
    return judge.judge_all(converters.by_name(PROGRAM), folder / "corpus", Options)


def test_every_conversion_ends_and_opens(results):
    assert results
    assert [r for r in results if set(r["failed"]) & {"hangs", "crashes", "refuses", "opens", "judge"}] == []


def test_nineteen_of_twenty_conversions_keep_what_there_is(results):
    failed = [(r["file"], r["to"], r["failed"]) for r in results if r["failed"]]
    assert len(failed) * 20 <= len(results), failed
