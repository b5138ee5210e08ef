"""Generations replaced, upgraded and crashed under load: what clients notice, and how long it takes. Knows crank-host's commands and wrk."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import tempfile
import time

import delayed_link
import processes


class Wrk:
    """wrk in the background; its report counts every request that did not get its answer."""

    def __init__(self, url, seconds, connections, namespace=None, new_connections=False):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", url]
        if new_connections:
            command[1:1] = ["-H", "Connection: close"]
        if namespace:
            command = ["ip", "netns", "exec", namespace, *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def running(self):
        return self.process.poll() is None

    def report(self):
        text = self.process.communicate()[0]
        failed = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
        if match := re.search(r"Non-2xx or 3xx responses: (\d+)", text):
            failed += int(match[1])
        return {"requests": int(re.search(r"(\d+) requests in", text)[1]), "failed": failed}


def command(host, control, name, *arguments):
    done = subprocess.run([host.binary, name, "--control", control, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr}")


@contextlib.contextmanager
def worker(host, directory, plugin, *arguments, namespace=None, address="localhost"):
    """Yields (url, path of the control socket)."""
    work = pathlib.Path(tempfile.mkdtemp(dir=directory))
    ready, control = work / "ready", work / "control"
    line = [*host.command(plugin), "--ready-file", ready, "--control", control, "--host", address, *arguments]
    if namespace:
        line = ["ip", "netns", "exec", namespace, *line]
    with processes.running(list(map(str, line))) as process:
        processes.wait_for(lambda: ready.exists() and ready.read_text().endswith("\n"), process, "crank-host did not become ready")
        yield ready.read_text().split()[0].replace("localhost", "127.0.0.1"), control


def under_load(host, url, control, count, step, **load):
    """`count` times `step(number)` while clients keep connections and others make new ones, both for the whole time."""
    clients = []

    def keep_going():
        for index, one in enumerate(clients):
            if not one.running():
                results.append(one.report())
                clients[index] = Wrk(url, 5, 16, new_connections=index == 1, **load)

    results, times = [], []
    clients += [Wrk(url, 5, 16, **load), Wrk(url, 5, 16, new_connections=True, **load)]
    for number in range(count):
        started = time.monotonic()
        step(number)
        times.append((time.monotonic() - started) * 1000)
        keep_going()
    results += [one.report() for one in clients]
    return {"times": count, "requests": sum(r["requests"] for r in results), "failed": sum(r["failed"] for r in results),
            "command_ms": {"median": round(statistics.median(times), 1), "max": round(max(times), 1)}}


def swaps_and_upgrades(host, directory, options):
    result = {}

    def measure(name, **where):
        load = {"namespace": where.pop("client", None)}
        with worker(host, directory, "hello", "--retire-timeout-ms", "60s", "--client-auth", "off", **where) as (url, control):
            url += "/livez"
            result[f"swaps{name}"] = under_load(host, url, control, options.swaps, lambda _: command(host, control, "reload"), **load)

            def upgrade(number):
                binary = directory / f"crank-host-{number % 2}"
                shutil.copy(host.binary, f"{binary}.next")
                os.replace(f"{binary}.next", binary)
                command(host, control, "upgrade", "--binary", binary)
            result[f"upgrades{name}"] = under_load(host, url, control, options.upgrades, upgrade, **load)

    measure("")
    if os.geteuid() == 0 and os.path.exists("/dev/net/tun") and shutil.which("ip"):
        with delayed_link.delayed_link(0.010) as ((server, address), (client, _)):
            measure("_20ms", namespace=server, address=address, client=client)
    else:
        result["not_run"] = "the link with 20 ms round trip: it needs root, ip and /dev/net/tun"
    return result


def crashes(host, directory, options):
    """SIGSEGV to the generation that serves, under load: until the next request is answered, and what was lost."""
    with worker(host, directory, "hello") as (url, control):
        port = int(url.rsplit(":", 1)[1])
        load = Wrk(url + "/livez", options.crashes // 10 + 5, 16)
        times, refused = [], 0
        for _ in range(options.crashes):
            victim = active(host, control)
            started = time.monotonic()
            os.kill(victim, signal.SIGSEGV)
            while True:
                try:
                    if ask(host, port) == 200:
                        break
                except ConnectionRefusedError:
                    refused += 1
                except OSError:
                    pass  # accepted by the one that died
            times.append((time.monotonic() - started) * 1000)
        report = load.report()
    return {"times": options.crashes, "refused": refused, "until_served_ms": {"median": round(statistics.median(times), 1),
            "max": round(max(times), 1)}, "load_requests": report["requests"], "load_failed_per_crash": round(report["failed"] / options.crashes, 2)}


def active(host, control):
    while True:
        done = subprocess.run([host.binary, "status", "--json", "--control", control], capture_output=True, text=True, check=True)
        for one in json.loads(done.stdout)["generations"]:
            if one["state"] == "active":
                return one["pid"]


def ask(host, port):
    """A request on a connection of its own; its status."""
    context = ssl.create_default_context(cafile=str(host.authority))
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname="localhost") as sock:
        sock.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = sock.recv(4096)
        return int(answer.split()[1]) if answer else 0
