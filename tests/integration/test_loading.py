"""Plugins that cannot be loaded: one line that names the plugin and says what to do, exit code 3."""
import shutil
import sys

import pytest

from conftest import BOUND, SANITIZER, plugin_file

# name -> words of which the line must hold one
UNLOADABLE = {
    "bad_magic": ("magic", "not a"),
    "bad_manifest": ("manifest",),
    "wrong_major": ("major", "ABI"),
    "future_need": ("minor", "upgrade", "ABI"),
    "short_table": ("short", "entry", "size"),
    "short_instance": ("short", "size", "table"),
    "null_create": ("create",),
    "null_instance": ("create", "instance"),
    "null_call_table": ("start", "stop", "NULL", "table"),
    "no_entry": ("crank_entry_v0",),
    "missing_library": ("nowhere_to_be_found",),
    "undefined_symbol": ("crank_host_symbol_that_never_was",),
    "crash_in_constructor": ("crash", "SIGSEGV", "signal", "constructor"),
    "abort_in_constructor": ("abort", "SIGABRT", "signal", "constructor"),
    "exit_in_constructor": ("exit", "constructor"),
    "throw_in_constructor": ("thr", "exception", "constructor"),
    "hang_in_constructor": ("constructor", "s"),
    "create_fails": ("create",),
    "start_fails": ("start",),
}


def serve(run_host, plugin, *more):
    return run_host("--plugin", plugin, "--host", "localhost", "--port", "0", *more, bound=4 * BOUND)


def one_line(done, *words):
    """The last line of stderr is the message; a plugin's own log lines and a C++ runtime's last words may stand before it."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines, "nothing on stderr"
    assert any(word.lower() in lines[-1].lower() for word in words), done.stderr
    return lines


@pytest.mark.parametrize("name", UNLOADABLE)
def test_exit_code_3_and_one_line(run_host, name):
    limit = ("--start-timeout-ms", "3s") if name == "hang_in_constructor" else ()
    done = serve(run_host, plugin_file(name), *limit)
    assert done.returncode == 3, (done.returncode, done.stderr)
    lines = one_line(done, *UNLOADABLE[name])
    assert name in lines[-1], lines
    own_words = {"create_fails": 1, "start_fails": 2, "throw_in_constructor": 2, "abort_in_constructor": 1}.get(name, 0)
    assert len(lines) <= 1 + own_words, lines
    assert done.stdout == ""


def test_missing_plugin_by_name_lists_where_it_looked(run_host, tmp_path):
    done = serve(run_host, "no-such-plugin", "--plugin-path", tmp_path)
    assert done.returncode == 3
    lines = one_line(done, "no-such-plugin")
    assert str(tmp_path) in lines[-1]
    assert len(lines) == 1


def test_missing_plugin_by_path(run_host):
    done = serve(run_host, "./nowhere/libx.so")
    assert done.returncode == 3
    assert len(one_line(done, "./nowhere/libx.so")) == 1


@pytest.mark.parametrize("content", [b"", b"text\n", b"\x7fELF" + b"\x00" * 60, b"\x7fELF\x02\x01\x01" + b"\xff" * 500])
def test_file_that_is_no_library(run_host, tmp_path, content):
    file = tmp_path / "libgarbage.so"
    file.write_bytes(content)
    done = serve(run_host, file)
    assert done.returncode == 3
    assert len(one_line(done, "garbage")) == 1


def test_directory(run_host, tmp_path):
    assert serve(run_host, f"{tmp_path}/").returncode == 3


def test_no_plugin_at_all(run_host):
    done = run_host("--host", "localhost", "--port", "0")
    assert done.returncode == 2
    assert "--plugin" in done.stderr


def test_same_plugin_twice_or_a_route_taken_twice(run_host):
    done = run_host("--plugin", plugin_file("hello"), "--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0")
    assert done.returncode in (2, 3)
    one_line(done, "hello")
    done = run_host("--plugin", plugin_file("streaming"), "--plugin", plugin_file("echo"), "--host", "localhost", "--port", "0")
    assert done.returncode in (2, 3)
    one_line(done, "/ws")


def test_by_name_in_plugin_path(start_worker):
    directory = plugin_file("hello").parent
    worker = start_worker(args=["--plugin", "hello", "--plugin-path", directory], wait=True)
    assert worker.get("/livez").status == 200
    worker = start_worker(args=["--plugin", plugin_file("hello").name], env={"CRANK_PLUGIN_PATH": str(directory)})
    assert worker.get("/livez").status == 200


def test_port_in_use(run_host, start_worker):
    worker = start_worker("hello")
    done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", worker.port)
    assert done.returncode in (1, 2)
    assert str(worker.port) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_crash_in_a_call_without_a_supervisor(start_worker):
    """One process, so the host cannot outlive it: that is what --no-supervisor means."""
    worker = start_worker("crash_in_call", args=["--no-supervisor"])
    worker.curl("/v1/capabilities/test.call", "--data-binary", "{}", "--header", "Content-Type: application/json", check=False)
    worker.wait()
    worker.ended_on_purpose = True
    assert worker.process.returncode not in (0, None)
    if SANITIZER.search(worker.log()):  # the sanitizer has the signal, and says more
        worker.log_file.write_text("")


@pytest.mark.skipif(sys.platform == "darwin", reason="there a library's names are its own")
def test_a_plugin_is_told_whose_function_it_calls(start_worker):
    worker = start_worker("shadowed")
    worker.wait_log(r"plugin shadowed exports 1 symbol\(s\) that the host has.*OpenSSL_version_num \(of libcrypto")
    assert worker.call("test.call", {}).json() == {"whose": "host"}


def test_a_path_that_the_loader_would_expand(run_host, tmp_path):
    """Linux: dlopen() looks elsewhere then, and what it says of the file that is there is not true."""
    directory = tmp_path / "$ORIGIN"
    directory.mkdir()
    shutil.copy(plugin_file("hello"), directory)
    done = run_host("describe", directory / plugin_file("hello").name)
    if sys.platform == "darwin":
        assert done.returncode == 0
    else:
        assert done.returncode == 3 and "rename it" in done.stderr and "missing" not in done.stderr, done.stderr


@pytest.mark.parametrize("supervised", [True, False], ids=["supervised", "alone"])
@pytest.mark.parametrize("threads", range(6))  # the pool's, the timers', two for I/O, one that tells who leads, one that starts the plugins
def test_threads_that_the_system_refuses(run_host, preloaded, threads, supervised):
    how = ("--control", "off") if supervised else ("--no-supervisor",)
    done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--io-threads", "2", *how,
                    env={"CRANK_TEST_THREADS": str(threads), **preloaded("few_threads")})
    lines = one_line(done, "the system refuses to start a thread")
    assert done.returncode == 1 and "ulimit -u" in lines[-1], (done.returncode, done.stderr)
