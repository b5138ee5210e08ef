"""Programs that a call runs in a process of its own: crank.process/1."""
import ctypes
import errno
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import struct
import threading

import pytest

from conftest import BUILD, HOST, plugin_file, until
from test_limits import reset
from test_jobs import is_gone, look, start_jobs, submit, until_over  # noqa: F401 (a fixture)

ITSELF, MEMORY, CPU, WALL, FILE, OUTPUT, CANCELLED, LINE = range(8)
DENIED, FORBIDDEN, UNKNOWN, ABSENT = "Permission denied", "Operation not permitted", "Function not implemented", "No such file or directory"
SANITIZED = any(name in HOST.read_bytes() for name in (b"__asan_init", b"__tsan_init")) if HOST.exists() else False
PROGRAMS = str(BUILD / "tests" / "plugins" / "process_fixture")
MIB = 1 << 20


@pytest.fixture(scope="module")
def fixture(start_shared_worker):
    return start_shared_worker("process_fixture", args=["--tls", "off"])


@pytest.fixture
def worker(start_worker):
    return start_worker("process_fixture", args=["--tls", "off"])


def run(worker, do, **more):
    answer = worker.call("test.run", {"do": do, **more})
    assert answer.status == 200, answer
    return answer.json()


def programs():
    """The processes of the fixture's programs, those that nobody has reaped too."""
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if words[0].decode(errors="replace").startswith(PROGRAMS):
                    found[int(folder.name)] = [word.decode() for word in words[1:-1]]
            except OSError:
                pass
    return found


def children(pid):
    return [int(one) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def contained():
    """What could take the machine along runs only in a PID namespace of its own, under a limit on processes and memory."""
    initial = "pid:[4026531836]"
    if os.readlink("/proc/self/ns/pid") == initial:
        pytest.skip("it could exhaust the machine: run it in a PID namespace of its own with limits")
    for controller, limit in (("pids", "pids.max"), ("memory", "memory.limit_in_bytes")):
        path = next((line.split(":", 2)[2].strip() for line in open("/proc/self/cgroup") if controller in line.split(":")[1].split(",")), None)
        if path:  # version 1
            value = pathlib.Path(f"/sys/fs/cgroup/{controller}{path}/{limit}").read_text().strip()
            assert value != "max" and int(value) < 1 << 40, "contained without a limit"


class Hanging:
    """A call whose program hangs; `pid` is the program's."""

    def __init__(self, worker, do="hang", **more):
        self.worker, self.answers = worker, []
        before = set(programs())
        self.thread = threading.Thread(target=lambda: self.answers.append(worker.curl(
            "/v1/capabilities/test.run", "--data-binary", "@-", "--header", "Content-Type: application/json", data=json.dumps({"do": do, **more}), check=False)))
        self.thread.start()
        self.pid = until(lambda: next((pid for pid, words in programs().items() if pid not in before and words[:1] == [do]), None), "the program runs")
        until(self.hangs, "it hangs")

    def hangs(self):
        """It ignores SIGINT and SIGTERM; what else it ignores it may have from whoever started the tests."""
        ignored = re.search(r"^SigIgn:\s*([0-9a-f]+)", pathlib.Path(f"/proc/{self.pid}/status").read_text(), re.MULTILINE)
        return int(ignored[1], 16) & 0x4002 == 0x4002

    def join(self):
        self.thread.join()
        return self.answers[0]


# What it gets

def test_arguments_and_lines(fixture):
    end = run(fixture, "echo one two  four")
    assert end["lines"] == ["one", "two", "", "four"] and end["exit_code"] == 0 and end["signal"] == 0 and end["ok"]
    assert end["ended_by"] == ITSELF and end["errors"] == "" and end["wall_ms"] < 30_000


def test_exit_code_is_no_failure_of_the_call(fixture):
    end = run(fixture, "exit 7")
    assert (end["exit_code"], end["signal"], end["ended_by"], end["ok"]) == (7, 0, ITSELF, False)


def test_what_it_has_of_its_parent(start_worker):
    worker = start_worker("process_fixture", args=["--tls", "off"], env={"SECRET": "secret", "TZ": "Europe/Zurich"})
    lines = run(worker, "look", open_files=64, file_bytes=12345)["lines"]
    variables = {line.split("=")[0]: line.split("=", 1)[1] for line in lines if re.match(r"[A-Z_]+=", line)}
    variables.pop("ASAN_OPTIONS", None)
    assert variables == {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "TZ": "Europe/Zurich"}
    assert "cwd /" in lines and f"umask {0o77}" in lines
    assert SANITIZED or "signals as the system has them" in lines  # a sanitizer's runtime handles some
    assert "open 0 1 2" in lines and "leads its group 1, session 1" in lines and "limits 64 12345" in lines


def test_descriptors_that_it_is_handed(fixture):
    answer = fixture.call("test.run", {"do": "copy 3 4", "hand": "both"})
    assert answer.status == 200 and answer.header("content-type") == "application/octet-stream"
    assert answer.json() == {"do": "copy 3 4", "hand": "both"}
    assert run(fixture, "copy 0", hand="stdin")["lines"][0].replace(" ", "") == '{"do":"copy0","hand":"stdin"}'
    assert run(fixture, "copy 0")["lines"] == []  # /dev/null
    assert "open 0 1 2 3" in run(fixture, "look", hand="body")["lines"]


def test_lines_are_told_while_it_runs(start_jobs):
    worker = start_jobs("process_fixture")
    job = submit(worker, "test.run", {"do": "hang"})
    note = until(lambda: (look(worker, job).get("progress") or {}).get("note"), "the line is its progress")
    assert re.fullmatch(r"hangs as \d+", note)
    worker.curl(f"/v1/jobs/{job}", "--request", "DELETE")
    assert until_over(worker, job)["state"] == "cancelled"


def test_a_line_can_end_it(fixture):
    end = run(fixture, "echo a b c", stop_at="b")
    assert end["lines"][:2] == ["a", "b"] and end["ended_by"] in (LINE, ITSELF)  # it may have ended before it was read
    end = run(fixture, "flood lines", stop_at="")
    assert end["ended_by"] == OUTPUT


def test_standard_error_is_in_the_log_of_the_call(fixture):
    answer = fixture.call("test.run", {"do": "complain 300 3"})
    end = answer.json()
    assert end["exit_code"] == 3 and end["errors"].endswith("complaint 300?") and 4000 < len(end["errors"]) <= 4096
    lines = [line for line in fixture.log().splitlines() if answer.header("x-request-id") in line]
    assert len(lines) == 201 and "child: complaint 1 " in lines[0] + " " and "writes more" in lines[-1]
    assert all("process_fixture" in line for line in lines)


@pytest.mark.parametrize("hand, sentence", [("closed", "the descriptor 1000000 is not open"), ("twice", "two descriptors are to have the number 3"),
                                            ("output", "a descriptor is to have the number 1")])
def test_a_wrong_spec(fixture, hand, sentence):
    fixture.call("test.run", {"do": "echo", "hand": hand}).problem(422)
    fixture.wait_log(f"cannot run a program: {sentence}")


def test_a_program_that_the_manifest_does_not_have(fixture):
    for name in ("sh", "../process_fixture/child", "child.cpp"):
        fixture.call("test.run", {"do": "echo", "program": name}).problem(404)
        fixture.wait_log(f'the manifest has no program "{re.escape(name)}"')


# How it ends

def test_crash(fixture):
    end = run(fixture, "crash")
    assert (end["exit_code"], end["signal"], end["ended_by"], end["lines"]) == (-1, signal.SIGSEGV, ITSELF, ["about to"])
    assert run(fixture, "abort")["signal"] == signal.SIGABRT


def test_hang_within_its_time(fixture):
    end = run(fixture, "hang", wall_ms=300)
    assert (end["signal"], end["ended_by"]) == (signal.SIGKILL, WALL) and 300 <= end["wall_ms"]
    assert run(fixture, "hang_silently", wall_ms=300)["ended_by"] == WALL


def test_processor_time(fixture):
    end = run(fixture, "burn", cpu_ms=300)
    assert end["ended_by"] == CPU and end["cpu_ms"] >= 300


def test_long_lines_and_much_output(fixture):
    end = run(fixture, "flood")
    assert end["ended_by"] == OUTPUT and end["lines"] == []
    assert run(fixture, "flood", quiet=True, wall_ms=300)["ended_by"] == WALL  # into /dev/null


def test_length_of_a_file(fixture):
    end = run(fixture, "write 4 10", hand="artefact", file_bytes=3 * MIB)
    assert end["ended_by"] == FILE and end["signal"] == signal.SIGXFSZ
    assert len(fixture.call("test.run", {"do": "write 4 3", "hand": "artefact", "file_bytes": 3 * MIB}).body) == 3 * MIB


@pytest.mark.parametrize("how", ["slowly", "shared"])
def test_memory(fixture, how):
    contained()
    end = run(fixture, f"eat 300 {how} 60000", memory_bytes=100 * MIB)
    assert end["ended_by"] == MEMORY and end["lines"] == [] and end["peak_memory_bytes"] < 301 * MIB
    if SANITIZED:
        return  # what a sanitizer needs beside each byte is the process's, too
    end = run(fixture, f"eat 50 {how}", memory_bytes=100 * MIB)
    assert end["ok"] and end["lines"] == ["ate"] and 50 * MIB <= end["peak_memory_bytes"] <= 100 * MIB


@pytest.mark.skipif(SANITIZED, reason="the kernel's limit on memory is left out where a sanitizer needs terabytes")
def test_more_memory_at_once_than_the_kernel_lets_it_have(fixture):
    contained()
    end = run(fixture, "eat 4000 at_once", memory_bytes=100 * MIB)
    assert end["signal"] == signal.SIGABRT and end["peak_memory_bytes"] < 100 * MIB  # the allocation failed in it


# When the call ends

def test_client_that_leaves(fixture):
    with fixture.connect() as connection:
        before = set(programs())
        body = b'{"do":"hang"}'
        connection.send(b"POST /v1/capabilities/test.run HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        pid = until(lambda: next(iter(set(programs()) - before), None), "it runs")
        reset(connection)
    until(lambda: not os.path.exists(f"/proc/{pid}"), "it is gone, and reaped")


def test_deadline(fixture):
    fixture.call("test.brief", {"do": "hang"}).problem(504)
    until(lambda: not programs(), "it is gone, and reaped")


def test_deleted_job(start_jobs):
    worker = start_jobs("process_fixture")
    job = submit(worker, "test.run", {"do": "hang"})
    pid = until(lambda: next(iter(programs()), None), "it runs")
    worker.curl(f"/v1/jobs/{job}", "--request", "DELETE")
    until(lambda: not os.path.exists(f"/proc/{pid}"), "it is gone, and reaped")
    assert until_over(worker, job)["state"] == "cancelled"


@pytest.mark.parametrize("program", ["child", "parent"])
def test_killed_worker(worker, program):
    hanging = Hanging(worker, program=program)
    os.kill(worker.serving_pid, signal.SIGKILL)
    until(lambda: is_gone(hanging.pid), "the program is gone")
    hanging.thread.join()
    assert run(worker, "echo again")["lines"] == ["again"]  # the next generation


def test_killed_supervisor(start_worker):
    """The worker notices, and drains."""
    worker = start_worker("process_fixture", args=["--tls", "off", "--drain-timeout-ms", "300ms"])
    hanging = Hanging(worker)
    serving = worker.serving_pid
    worker.kill()
    until(lambda: is_gone(hanging.pid), "the program is gone")
    until(lambda: is_gone(serving), "the worker is gone")
    hanging.thread.join()


def test_drain_ends_it(start_worker):
    worker = start_worker("process_fixture", args=["--tls", "off", "--drain-timeout-ms", "300ms"])
    hanging = Hanging(worker)
    worker.signal()
    assert worker.wait() == 0
    assert is_gone(hanging.pid)
    hanging.thread.join()


# One beside another

def test_two_at_once(fixture):
    hanging = Hanging(fixture)
    crashes = [run(fixture, "crash")["signal"] for _ in range(3)]
    assert crashes == [signal.SIGSEGV] * 3 and run(fixture, "burn", cpu_ms=100)["ended_by"] == CPU
    assert not is_gone(hanging.pid)
    os.kill(hanging.pid, signal.SIGKILL)  # somebody else's doing is its own end
    end = hanging.join().json()
    assert (end["signal"], end["ended_by"]) == (signal.SIGKILL, ITSELF)


def test_nothing_is_left_behind(fixture):
    pid = fixture.serving_pid
    run(fixture, "echo warm")
    before, threads = descriptors(pid), []
    for do in ("echo a", "crash", "complain 3", "exit 1", "copy 3"):
        for program in ("child", "parent"):
            threads.append(threading.Thread(target=run, args=(fixture, do), kwargs={"program": program, "hand": "body"}))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: descriptors(pid) <= before, "no descriptor is left")
    assert children(pid) == [] and programs() == {}


# What it may not do

@pytest.mark.skipif(SANITIZED, reason="a sanitizer's runtime answers some of these itself")
def test_what_is_forbidden(fixture):
    got = dict(line.split(": ", 1) for line in run(fixture, "try")["lines"])
    expected = {what: FORBIDDEN for what in (
        "fork", "setsid", "setpgid", "kill all", "kill parent", "kill group", "limits of parent", "ptrace", "process_vm_readv", "tgkill",
        "parent death signal", "io_uring", "bpf", "perf", "userfaultfd", "mount", "unshare", "setns", "keyctl", "pidfd", "memfd",
        "owner of a descriptor")}
    expected |= {what: DENIED for what in ("inet socket", "udp socket", "unix socket", "netlink socket", "socket pair")}
    expected |= {what: UNKNOWN for what in ("clone3", "unknown")}
    expected |= {what: "done" for what in ("kill self", "own limits", "no new privileges", "thread")}
    assert got == expected


def test_files(fixture, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    paths = ["/etc/passwd", str(secret), str(plugin_file("process_fixture")), f"{tmp_path}/new", "/tmp/crank-new", "/dev/shm/crank-new", f"{PROGRAMS}/parent", "/usr/lib/os-release",
             f"/proc/{fixture.serving_pid}/environ", "/proc/1/cmdline", "/proc/self/oom_score_adj"]
    got = dict(line.rsplit(": ", 1) for line in run(fixture, "open " + " ".join(paths))["lines"])
    readable = {f"{PROGRAMS}/parent", "/usr/lib/os-release", "/proc/self/oom_score_adj"}
    for path in paths:
        assert got[f"read {path}"] in ("done",) if path in readable else got[f"read {path}"] in (DENIED, ABSENT), path
        assert got[f"write {path}"] == DENIED and got[f"remove {path}"] == DENIED and got[f"mode {path}"] in (DENIED, FORBIDDEN)
    assert secret.read_text() == "secret" and not os.path.exists(f"{tmp_path}/new") and not os.path.exists("/tmp/crank-new")


def test_other_programs(fixture):
    for path in ("/bin/sh", "/usr/bin/env", str(HOST)):
        assert run(fixture, f"execute {path}")["lines"] == [f"execute: {DENIED}"]
    assert run(fixture, f"execute {PROGRAMS}/parent")["lines"] == ["executed"]  # confined as itself


def test_it_goes_first_when_memory_runs_out(fixture):
    assert run(fixture, "show /proc/self/oom_score_adj")["lines"] == ["1000"]


def test_privileges(fixture):
    lines = run(fixture, "show /proc/self/status")["lines"]
    found = dict(line.split(":?", 1) for line in lines if ":?" in line)
    assert found["NoNewPrivs"] == "1" and found["CapEff"] == found["CapPrm"] == "0" * 16 and found["Seccomp"] == "2"


# With children of its own

def test_children_end_with_it(fixture):
    end = run(fixture, "leave", program="parent")
    assert end["lines"][0] == "fork: done"
    left = int(end["lines"][1].split()[1])
    until(lambda: is_gone(left), "what it left behind is gone")
    until(lambda: not [pid for pid in programs() if not is_gone(pid)], "nothing runs")


def test_children_end_with_the_worker(worker):
    hanging = Hanging(worker, do="leave_and_hang", program="parent")
    both = until(lambda: len(programs()) >= 2 and set(programs()), "both run")
    os.kill(worker.serving_pid, signal.SIGKILL)
    until(lambda: all(is_gone(pid) for pid in both), "both are gone")
    hanging.thread.join()
    assert run(worker, "echo again")["lines"] == ["again"]


# Systems that can do less, and users that may

def invoke(run_host, plugin=None, do="echo x", **more):
    return run_host("invoke", "test.run", "--plugin", plugin or plugin_file("process_fixture"), input=json.dumps({"do": do}), **more)


def without_call(number):
    """To be called in a new process, whose kernel does not know this system call from then on (seccomp, by hand)."""
    def before():
        libc = ctypes.CDLL(None, use_errno=True)
        steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | errno.ENOSYS), (0x06, 0, 0, 0x7FFF0000)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
        program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
        assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0
    return before


@pytest.mark.skipif(platform.machine() != "x86_64", reason="it knows the numbers of x86-64")
@pytest.mark.parametrize("number, lack", [(444, "Landlock, so a program can read"), (317, "seccomp filters, so a program can use the network")])
def test_kernel_that_lacks_some_of_it(run_host, number, lack):
    done = invoke(run_host, before=without_call(number))
    assert done.returncode == 0 and json.loads(done.stdout)["lines"] == ["x"], done.stderr
    assert len(re.findall(f"this system has no {lack}", done.stderr)) == 1, done.stderr


def test_system_that_lacks_nothing_says_nothing(run_host):
    assert "this system has no" not in invoke(run_host).stderr


@pytest.mark.parametrize("who", ["root without capabilities", "nobody"])
def test_users(run_host, who):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if who == "nobody" and not all(folder.stat().st_mode & 1 for place in (pathlib.Path(PROGRAMS), HOST) for folder in place.parents):
        pytest.skip("the build directory, or that of the host, is not for everybody")
    def before():
        libc = ctypes.CDLL(None)
        for capability in range(41):
            assert libc.prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP: gone with the next program
        if who == "nobody":
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
    done = invoke(run_host, do="open /etc/passwd", before=before)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["lines"][0] == f"read /etc/passwd: {DENIED}"


# The files

@pytest.fixture
def elsewhere(tmp_path):
    """The plugin with its programs in another place."""
    shutil.copy(plugin_file("process_fixture"), tmp_path)
    shutil.copytree(PROGRAMS, tmp_path / "process_fixture", ignore=shutil.ignore_patterns("*.p"))
    return tmp_path / plugin_file("process_fixture").name


def test_a_program_that_is_missing(elsewhere, run_host):
    program = elsewhere.parent / "process_fixture" / "parent"
    assert invoke(run_host, elsewhere).returncode == 0
    program.chmod(0o644)
    for _ in range(2):
        sentence = f"its program {program} " + ("is missing: install it together with the plugin" if not program.exists() else
                                                "cannot be executed: give it the mode 755")
        done = invoke(run_host, elsewhere)
        assert done.returncode == 3 and f"plugin process_fixture: {sentence}" in done.stderr, done.stderr
        checked = run_host("verify", elsewhere)
        assert checked.returncode == 3 and f"FAIL  loading: {sentence}" in checked.stdout
        described = run_host("describe", elsewhere)
        assert described.returncode == 0 and sentence in described.stdout
        program.unlink(missing_ok=True)


def test_verify_and_describe(elsewhere, run_host):
    checked = run_host("verify", elsewhere)
    assert checked.returncode == 0, checked.stdout
    assert "PASS  examples: test.run, example 1" in checked.stdout
    described = run_host("describe", elsewhere).stdout
    assert f'"file": "{elsewhere.parent}/process_fixture/child"' in described and '"fault"' not in described
    assert programs() == {}


# What is counted

def test_metrics(worker):
    for do, outcome in (("echo", "ok"), ("exit 1", "failed"), ("crash", "crashed")):
        run(worker, do)
        assert worker.metric("crank_program_runs_total", plugin="process_fixture", program="child", outcome=outcome) == 1
    run(worker, "hang", wall_ms=50)
    assert worker.metric("crank_program_runs_total", outcome="wall") == 1
    assert worker.metric("crank_programs_running", plugin="process_fixture") == 0
