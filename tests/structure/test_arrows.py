"""The arrows hold, and the checker sees it when they do not."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from arrows import faults  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAP = """# Small

## Map

    top/     wires
    middle/  does
    bottom/  carries

## More
"""


def test_every_include_goes_down_the_map():
    assert list(faults(ROOT)) == []


@pytest.fixture
def small(tmp_path):
    """A tree without a fault; returns what writes a file into it."""
    def write(path, text=""):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        return list(faults(tmp_path))

    for path in ("host/top/a.hpp", "host/middle/b.hpp", "host/bottom/c.hpp", "plugins/one/p.c", "plugin_api/include/crank/crank.h"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    assert write("host/README.md", MAP) == []
    return write


def test_down_and_within_a_folder_is_allowed(small):
    assert small("host/middle/d.cpp", '#include "middle/b.hpp"\n#include "bottom/c.hpp"\n#include <top/a.hpp>\n') == []
    assert small("host/main.cpp", '#include "top/a.hpp"\n') == []


def test_up_is_refused_in_a_sentence(small):
    (fault,) = small("host/bottom/d.cpp", '#include "middle/b.hpp"\n')
    assert fault.startswith('host/bottom/d.cpp includes "middle/b.hpp", against the arrows: middle/ (does) is above bottom/ (carries)')
    assert "may know nobody" in fault
    (fault,) = [one for one in small("host/middle/d.cpp", ' # include "top/a.hpp"\n') if "middle/d.cpp" in one]
    assert "which may know bottom" in fault


def test_a_folder_without_a_place_is_refused(small):
    (fault,) = small("host/side/d.hpp")
    assert fault.startswith("host/side is not on the map")


def test_an_include_without_a_folder_is_refused(small):
    (fault,) = small("host/middle/d.cpp", '#include "b.hpp"\n')
    assert "in no folder of the map" in fault


def test_a_folder_that_is_gone_is_told(small):
    (fault,) = small("host/README.md", MAP.replace("    bottom/", "    gone/   was here\n    bottom/"))
    assert "gone/ that does not exist" in fault


def test_a_plugin_that_knows_the_host_is_refused(small):
    (fault,) = small("plugins/one/p.c", '#include "middle/b.hpp"\n')
    assert fault.startswith('plugins/one/p.c includes "middle/b.hpp" of the host')
