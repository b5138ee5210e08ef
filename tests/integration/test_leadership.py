"""What must run once runs in one generation: which one leads, through everything that can happen to it."""
import os
import pathlib
import re
import signal
import threading

import pytest

from conftest import running_call, until


def leads(worker):
    """(generation, term), or (None, term); what the generations say of it must agree."""
    status = worker.status()
    told = [one["generation"] for one in status["generations"] if one["leads"]]
    assert told == ([status["leader"]] if status["leader"] else []), status
    return status["leader"], status["term"]


def until_leads(worker, generation, term):
    until(lambda: leads(worker) == (generation, term), f"generation {generation} leads in term {term}; log:\n{worker.log()}")


def assert_terms_only_grow(worker):
    """Of all that the log says, and one at a time: whoever led before has said that it does not, or has ended."""
    leading, last = None, 0
    for line in worker.log().splitlines():
        if match := re.search(r"generation (\d+) \(pid \d+\) leads, term (\d+)", line):
            assert leading is None, line
            assert int(match[2]) == last + 1, line
            leading, last = match[1], int(match[2])
        elif match := re.search(r"generation (\d+) \(pid \d+\) (leads no longer|has ended|ended|was ended|crashed)", line):
            leading = None if match[1] == leading else leading
    return last


def test_the_first_generation_leads(start_worker, run_host):
    worker = start_worker("hello")
    until_leads(worker, 1, 1)
    until(lambda: worker.metric("crank_leading") == 1, "the metric follows")
    assert "\ngeneration 1 leads, term 1\n" in run_host("status", "--control", worker.control).stdout
    worker.wait_log(r"generation 1 \(pid \d+\) leads, term 1")


def test_a_process_without_a_supervisor_leads(start_worker):
    worker = start_worker("hello", args=["--no-supervisor"], control=False)
    until(lambda: worker.metric("crank_leading") == 1, "it leads")


def test_a_process_without_a_supervisor_does_not_lead_while_it_drains(start_worker, tmp_path):
    worker = start_worker("slow", args=["--no-supervisor", "--tls", "off", "--management-port", "0", "--drain-timeout-ms", "600s"],
                          control=False)
    gate = tmp_path / "gate"
    call = threading.Thread(target=lambda: worker.call("test.call", {"ms": 600000, "until": str(gate)}))
    call.start()
    try:
        until(lambda: worker.metric("worker_active_requests") == 1, "the call runs")
        assert worker.metric("crank_leading") == 1
        worker.signal()
        until(lambda: worker.metric("crank_leading") == 0, "it leads no longer")
    finally:
        gate.touch()
        call.join()
    assert worker.wait() == 0


def test_a_reload_passes_it_on(start_worker):
    worker = start_worker("hello")
    for number in range(2, 6):
        assert worker.reload().returncode == 0
        until_leads(worker, number, number)
    assert assert_terms_only_grow(worker) == 5


def test_a_generation_that_retires_leads_no_longer(start_worker, tmp_path):
    worker = start_worker("slow", args=["--tls", "off", "--retire-timeout-ms", "600s"])
    with running_call(worker, tmp_path / "gate"):
        assert worker.reload().returncode == 0
        until_leads(worker, 2, 2)
        assert [one["state"] for one in worker.status()["generations"]] == ["retiring", "active"]
    assert_terms_only_grow(worker)


def test_a_failed_reload_changes_nothing(start_worker, tmp_path):
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hostile", args=["--config", config])
    until_leads(worker, 1, 1)
    config.write_text("[hostile]\ncrash_in_start = true\n")
    assert worker.reload().returncode == 1
    assert leads(worker) == (1, 1)


@pytest.mark.parametrize("bad", [False, True])
def test_a_canary_leads_once_it_is_promoted(start_worker, tmp_path, bad):
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hostile", args=["--config", config, "--tls", "off"])
    config.write_text(f"[hostile]\nfail = {str(bad).lower()}\n")
    done = []
    reload = threading.Thread(target=lambda: done.append(worker.reload("--canary", "50%", "--for", "60s" if bad else "1s")))
    reload.start()
    try:
        until(lambda: any(one["state"] == "canary" for one in worker.status()["generations"]) or worker.status()["swaps"] == 1,
              "there is a canary, or was")
        while bad and reload.is_alive():
            assert leads(worker) == (1, 1), "it is no more than a canary"
            worker.call("test.call", {})
    finally:
        reload.join()
    assert done[0].returncode == (1 if bad else 0), (done[0].stdout, done[0].stderr, worker.log())
    until_leads(worker, *((1, 1) if bad else (2, 2)))
    log = worker.log()
    assert bad or log.index("is promoted") < log.index("leads, term 2")
    assert_terms_only_grow(worker)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_crash_passes_it_on(start_worker, number):
    worker = start_worker("hello")
    for generation in range(1, 4):
        until_leads(worker, generation, generation)
        os.kill(worker.serving_pid, number)
    until_leads(worker, 4, 4)
    assert assert_terms_only_grow(worker) == 4


def test_a_leader_that_dies_while_its_successor_starts(start_worker, tmp_path):
    gate = tmp_path / "gate"
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hostile", args=["--config", config])
    config.write_text(f"[hostile]\nstart_waits_for = '{gate}'\n")
    worker.signal(signal.SIGHUP)
    until(lambda: len(worker.status()["generations"]) == 2, "the next one starts")
    os.kill(worker.serving_pid, signal.SIGKILL)
    until_leads(worker, None, 1)
    gate.touch()
    until_leads(worker, 2, 2)


def test_nobody_leads_while_the_host_drains(start_worker, tmp_path):
    worker = start_worker("slow", args=["--tls", "off", "--drain-timeout-ms", "600s"])
    with running_call(worker, tmp_path / "gate"):
        worker.signal()
        until(lambda: worker.status()["state"] == "stopping" and leads(worker) == (None, 1), "nobody leads")
    assert worker.wait() == 0
    assert assert_terms_only_grow(worker) == 1


def test_a_generation_that_somebody_else_drains_leads_no_longer(start_worker, tmp_path):
    """Its own SIGTERM: it still serves what it has, and is replaced when it has ended."""
    worker = start_worker("slow", args=["--tls", "off", "--drain-timeout-ms", "600s"])
    with running_call(worker, tmp_path / "gate"):
        os.kill(worker.serving_pid, signal.SIGTERM)
        until_leads(worker, None, 1)
    until_leads(worker, 2, 2)
    assert_terms_only_grow(worker)


def test_a_leader_that_does_not_let_go_is_killed_before_another_leads(start_worker):
    worker = start_worker("hello", args=["--hang-timeout-ms", "0"])
    until_leads(worker, 1, 1)
    pid = worker.serving_pid
    os.kill(pid, signal.SIGSTOP)
    assert worker.reload().returncode == 0
    assert leads(worker) == (1, 1) and worker.active()["generation"] == 2, "it may be at it still"
    worker.wait_log(r"generation 1 \(pid \d+\): it did not stop leading within 10 s; killing it")
    until_leads(worker, 2, 2)
    assert_terms_only_grow(worker)


def test_an_upgrade_passes_it_on(start_worker):
    worker = start_worker("hello")
    for number in range(2, 5):
        assert worker.upgrade().returncode == 0
        until_leads(worker, number, number)
    os.kill(worker.serving_pid, signal.SIGKILL)
    until_leads(worker, 5, 5)
    assert assert_terms_only_grow(worker) == 5
    assert worker.status()["upgrades"] == 3


def test_an_upgrade_while_the_former_leader_does_not_let_go(start_worker):
    """The next supervisor knows whom it waits for."""
    worker = start_worker("hello", args=["--hang-timeout-ms", "0"])
    pid = worker.serving_pid
    os.kill(pid, signal.SIGSTOP)
    assert worker.upgrade().returncode == 0
    assert worker.status()["upgrades"] == 1 and leads(worker) == (1, 1)
    os.kill(pid, signal.SIGCONT)
    until_leads(worker, 2, 2)
    assert_terms_only_grow(worker)


def test_a_generation_whose_supervisor_is_gone_leads_no_longer(start_worker, tmp_path):
    worker = start_worker("slow", args=["--tls", "off", "--management-port", "0", "--drain-timeout-ms", "600s"])
    with running_call(worker, tmp_path / "gate"):
        until(lambda: worker.metric("crank_leading") == 1, "it leads")
        worker.kill()
        until(lambda: worker.metric("crank_leading") == 0, "it leads no longer")


# What a plugin has run once


def ticks(worker):
    return worker.log().count("leading tick")


@pytest.mark.parametrize("how", [(), ("--no-supervisor",)], ids=["supervised", "alone"])
def test_a_leading_timer_ticks_from_the_start(start_worker, how):
    worker = start_worker("echo", args=["--set", "echo.leading_tick_ms=1", *how], control=not how)
    until(lambda: ticks(worker) >= 3, "it ticks")


def test_a_leading_timer_ticks_in_the_leader_alone(start_worker):
    """While the former leader may be at it still, the next one does not begin."""
    worker = start_worker("echo", args=["--set", "echo.leading_tick_ms=1", "--hang-timeout-ms", "0"])
    until(lambda: ticks(worker) >= 3, "it ticks")
    pid = worker.serving_pid
    os.kill(pid, signal.SIGSTOP)
    until(lambda: pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T", "it stands still")
    before = ticks(worker)
    assert worker.reload().returncode == 0
    assert worker.call("test.timer", {"period_ms": 1, "fires": 50}).status == 200  # others tick in the next one
    assert ticks(worker) == before and leads(worker) == (1, 1)
    os.kill(pid, signal.SIGCONT)
    until_leads(worker, 2, 2)
    before = ticks(worker)
    until(lambda: ticks(worker) >= before + 3, "it ticks again")


def test_leading_ticks_of_a_plugin_come_from_the_leader_alone(start_worker):
    """Both generations have the timer; the old one lives on for a client that stays."""
    worker = start_worker("echo", args=["--tls", "off", "--set", "echo.leading_tick_ms=1"])
    first = worker.active()["pid"]
    worker.wait_log(f"leading tick of {first}")
    with worker.connect() as staying:
        staying.send(b"GET /ticks?n=-1&greet=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert staying.read_head()[1] == 200
        assert worker.reload().returncode == 0
        second = worker.active()["pid"]
        worker.wait_log(f"leading tick of {second}")
        assert first in [one["pid"] for one in worker.status()["generations"]]
        seen = len(worker.log())
        until(lambda: worker.log()[seen:].count(f"leading tick of {second}") >= 20, "the new leader goes on")
    before, after = re.split(rf"generation 1 \(pid {first}\) leads no longer", worker.log())
    assert f"leading tick of {first}\n" in before and f"leading tick of {second}\n" in after
    assert f"leading tick of {second}\n" not in before
    assert f"leading tick of {first}\n" not in after
