"""What a user sees of a plugin that does what no plugin should: a line that says so, and the next request is served."""
import os
import re

import pytest

from conftest import until
from test_supervisor import alive, crash


@pytest.fixture
def hostile(start_worker):
    return lambda *arguments: start_worker("hostile", args=arguments)


def test_inline_call_that_never_returns(hostile):
    """It holds an I/O thread, and the connections on it, until the supervisor notices."""
    worker = hostile("--io-threads", "1", "--hang-timeout-ms", "1s")
    pid = worker.serving_pid
    assert crash(worker, "hang", "test.inline") is None
    assert worker.get("/livez").status == 200
    worker.wait_log(rf"\(pid {pid}\): it hangs: an I/O thread")
    until(lambda: worker.metric("crank_generation_recycled_total") == 1, "the metric follows")


def test_pool_full_of_calls_that_never_return(hostile):
    worker = hostile("--pool-threads", "2", "--hang-timeout-ms", "1s", "--retire-timeout-ms", "1s", "--drain-timeout-ms", "1s")
    for _ in range(2):
        assert crash(worker, "hang").status == 504
    until(lambda: (one := worker.active()) and one["generation"] == 2, "a generation with free threads")
    assert worker.call("test.call", {}).status == 200
    worker.wait_log("all 2 pool threads are held by calls that missed their deadline")
    worker.wait_log(r"generation 1 \(pid \d+\) has ended with code 1")  # without stop(): plugin code is still in there


def test_memory_hog(hostile):
    worker = hostile("--max-rss-bytes", "400MiB")
    with worker.connect() as connection:  # a client of the hog is served on
        for _ in range(10):  # in pieces: a busy machine needs seconds for so many pages, and a call has three
            assert worker.call("test.call", {"how": "leak", "mib": 50}).status == 200
        until(lambda: (one := worker.active()) and one["generation"] == 2, "a slim generation")
        connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().status == 200
    worker.wait_log(r"is replaced: it uses \d+ MiB")


def test_closed_listeners(hostile):
    """The supervisor holds the socket: the port stays, and a reload mends the generation."""
    worker = hostile("--tls", "off")
    worker.call("test.call", {"how": "close_listeners"})
    assert worker.reload().returncode == 0
    assert worker.get("/livez").status == 200


def test_changed_directory(hostile, tmp_path):
    """Whatever it did to its process, the next generation begins where the supervisor stands."""
    worker = hostile()
    worker.call("test.call", {"how": "chdir"})
    first = worker.serving_pid
    assert os.readlink(f"/proc/{first}/cwd") == "/"
    assert worker.reload().returncode == 0
    assert os.readlink(f"/proc/{worker.serving_pid}/cwd") == str(worker.directory)


def test_killed_parent(hostile):
    """A supervisor that a plugin killed: the worker ends in order, and whoever started it has to start it again."""
    worker = hostile()
    pid = worker.serving_pid
    crash(worker, "kill_parent")
    worker.wait()
    worker.ended_on_purpose = True
    until(lambda: not alive(pid), "the generation has ended")
    assert re.search("the supervisor is gone: draining", worker.log())
