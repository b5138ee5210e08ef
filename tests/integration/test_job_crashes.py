"""What was accepted is accounted for, whatever is killed, and when: its end is written down, and called back."""
import collections
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading

import pytest

from conftest import TIME_SCALE, until
from test_callbacks import receivers, secret  # noqa: F401 (fixtures)
from test_jobs import OVER, is_gone, start_jobs  # noqa: F401 (a fixture)

# Processes that are killed. Once with all of them is enough: in instrumented builds, and when an installed host is tried after it, fewer.
KILLS = int(os.environ.get("CRANK_TEST_KILLS", 15 if TIME_SCALE > 3 or "CRANK_HOST_BIN" in os.environ else 200))


class Client:
    """Submits jobs as a client whose host may vanish at any moment, and remembers what it was promised."""

    def __init__(self, callback):
        self.callback, self.accepted, self.cancelled, self.refused = callback, {}, set(), collections.Counter()

    def ask(self, worker, method, path, body=None, headers=()):
        """(status, body), or None where the host went away."""
        connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def submit(self, worker, capability, value):
        answer = self.ask(worker, "POST", f"/v1/capabilities/{capability}", json.dumps(value),
                          {"Content-Type": "application/json", "Prefer": "respond-async", "Callback-Url": self.callback}.items())
        if answer and answer[0] == 202:
            self.accepted[json.loads(answer[1])["id"]] = capability
        elif answer:
            self.refused[answer[0]] += 1

    def cancel(self, worker, job):
        self.cancelled.add(job)  # asked for or not: who knows, if the host vanishes
        self.ask(worker, "DELETE", f"/v1/jobs/{job}")

    def account(self, worker, receiver, also=()):
        """Every job that was accepted is over, as it may be, and was called back. `also`: further states that it may have."""
        def outcome(job):
            answer = self.ask(worker, "GET", f"/v1/jobs/{job}")
            assert answer and answer[0] == 200, f"job {job} is lost: {answer}\n{worker.log()[-3000:]}"
            return json.loads(answer[1])

        ended = {job: until(lambda job=job: (found := outcome(job))["state"] in OVER and found, f"job {job} is over") for job in self.accepted}
        for job, found in ended.items():
            assert found["state"] in ("succeeded", "interrupted", "cancelled", *also), found
            assert found["state"] != "cancelled" or job in self.cancelled, found
            # What may be repeated is: only too many lost processes end it.
            assert found["state"] != "interrupted" or self.accepted[job] != "test.slow" or found["attempt"] >= 3, found
        for job in ended:
            until(lambda job=job: outcome(job)["callback"]["state"] == "delivered", f"job {job} is called back:\n{outcome(job)}")
        told = collections.defaultdict(set)
        for request in list(receiver.requests):
            told[request.json()["job_id"]].add((request.id, request.json()["status"]))
        for job, found in ended.items():
            assert len(told[job]) == 1, (job, told[job])  # once or more, but always the same
            assert {status for _, status in told[job]} == {found["state"]}
        return collections.Counter(found["state"] for found in ended.values())


def generation_of(worker):
    """The pid of a generation, without asking the supervisor."""
    try:
        children = pathlib.Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[-1]) if children else None


@pytest.mark.skipif(not pathlib.Path("/proc/self/task").exists(), reason="needs Linux's /proc to find generations")
def test_every_job_and_callback_is_accounted_for(start_jobs, receivers, secret, tmp_path):
    dice = random.Random(os.environ.get("CRANK_TEST_SEED", "jobs"))
    tried = set()

    # One in ten is refused, and only once: with every refusal the next try comes later.
    def answer(request):
        refuses = request.id not in tried and dice.random() < 0.1
        tried.add(request.id)
        return 500 if refuses else 204

    receiver = receivers(answer)
    client = Client(receiver.url())
    start = lambda: start_jobs("echo", "slow", args=["--callback-secret-file", tmp_path / "secret", "--callback-allow", "127.0.0.1",
                                                     "--drain-timeout-ms", "1s"])
    killed = collections.Counter()
    worker = start()
    while sum(killed.values()) < KILLS:
        busy = threading.Event()

        def submit(worker=worker, busy=busy):
            while not busy.is_set():
                client.submit(worker, *dice.choice([("test.echo", {"text": "x"}), ("test.slow", {"ms": dice.randrange(30)}),
                                                    ("test.call", {"ms": dice.randrange(30)}),
                                                    ("test.files", {"name": "a", "bytes": 100})]))
                if client.accepted and dice.random() < 0.2:
                    client.cancel(worker, dice.choice(list(client.accepted)))
                if len(client.accepted) > 8 * KILLS:
                    return

        clients = [threading.Thread(target=submit) for _ in range(2)]
        for one in clients:
            one.start()
        busy.wait(dice.random() * 0.15)  # any instant
        what = dice.choice(["generation", "supervisor", "both"])
        generation = generation_of(worker)
        killed[what] += 1
        if what != "supervisor" and generation:
            os.kill(generation, signal.SIGKILL)
        if what != "generation":
            worker.kill()
        busy.set()
        for one in clients:
            one.join()
        if what != "generation":
            if generation:
                until(lambda: is_gone(generation), "a generation ends with its supervisor")
            worker = start()
    counts = client.account(worker, receiver)
    print(f"killed {dict(killed)}; {len(client.accepted)} jobs: {dict(counts)}; {len(receiver.requests)} callbacks; "
          f"refused {dict(client.refused)}")
    assert len(client.accepted) >= KILLS / 4
    files = start_jobs.directory / "files"
    until(lambda: len(list(files.iterdir())) <= sum(capability == "test.files" for capability in client.accepted.values()) + 2 * KILLS,
          "no file is left behind but those of jobs")


@pytest.fixture
def small_disk(tmp_path):
    """A directory on a file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"may not mount a file system here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.skipif(not shutil.which("mount"), reason="no mount here")
def test_a_full_disk_loses_nothing(start_worker, receivers, secret, tmp_path, small_disk):
    receiver = receivers()
    client = Client(receiver.url())
    args = ["--tls", "off", "--jobs-dir", small_disk / "jobs", "--callback-secret-file", tmp_path / "secret", "--callback-allow", "127.0.0.1"]
    worker = start_worker("echo", "slow", args=args)
    for turn in range(3):
        while client.refused[507] <= turn and sum(client.refused.values()) < 200:  # until there is no room any more, for answers either
            client.submit(worker, "test.files", {"name": "a", "bytes": 30_000})
        assert client.refused[507] > turn, (client.refused, len(client.accepted), worker.log())
        for job in list(client.accepted)[-2:]:
            client.ask(worker, "DELETE", f"/v1/jobs/{job}")
        client.cancelled.update(list(client.accepted)[-2:])
        assert worker.get("/health").status == 200
        os.kill(worker.serving_pid, signal.SIGKILL)
        until(lambda: worker.active(), "a new generation serves")
        # Room again: as an operator makes it.
        subprocess.run(["mount", "-o", f"remount,size={6 + 3 * turn}m", str(small_disk)], check=True)
        until(lambda: all(json.loads(client.ask(worker, "GET", f"/v1/jobs/{job}")[1])["state"] in OVER for job in list(client.accepted)),
              "what was accepted ends")
    # There was no room for what some were to leave.
    counts = client.account(worker, receiver, also=["failed"])
    for job in client.accepted:
        found = worker.get(f"/v1/jobs/{job}").json()
        assert found["state"] != "failed" or found["error"]["code"] == "INSUFFICIENT_STORAGE", found
        assert found["state"] != "succeeded" or worker.get(found["artifacts"][0]["href"]).status == 200
    assert counts["succeeded"] >= 1, counts
