"""Calls of an MCP tool: against the same call over plain HTTP, and against the official TypeScript SDK's server with the same tool."""
import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import urllib.request

import processes

TESTS = pathlib.Path(__file__).resolve().parents[1]
ARGUMENTS = {"message": "benchmark"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "example_hello_world", "arguments": ARGUMENTS}}
INITIALIZE = {"jsonrpc": "2.0", "id": 0, "method": "initialize",
              "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}}
ACCEPT = "application/json, text/event-stream"


def script(directory, name, path, body, session=None):
    """Plain calls take JSON: an event stream would be another thing to measure."""
    accept = ACCEPT if path == "/mcp" else "application/json"
    fields = {"Content-Type": "application/json", "Accept": accept, **({"Mcp-Session-Id": session} if session else {})}
    file = directory / f"{name}.lua"
    file.write_text(f'wrk.method = "POST"\nwrk.path = "{path}"\nwrk.body = [[{json.dumps(body)}]]\n' +
                    "".join(f'wrk.headers["{key}"] = "{value}"\n' for key, value in fields.items()))
    return file


def rate(pid, port, lua, seconds, core):
    """Calls per second, and what each costs the server in microseconds of processor time."""
    before = processes.cpu_seconds(pid)
    command = ["wrk", "-t1", "-c64", f"-d{seconds}s", "--timeout", "10s", "-s", lua, f"http://127.0.0.1:{port}"]
    text = subprocess.run(processes.pinned(core, command), check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text, text
    requests, taken = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    return int(requests) / float(taken), (processes.cpu_seconds(pid) - before) * 1e6 / int(requests)


def begin_session(port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/mcp", json.dumps(INITIALIZE).encode(),
                                     {"Content-Type": "application/json", "Accept": ACCEPT})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["mcp-session-id"]


@contextlib.contextmanager
def sdk_server(core):
    """Its process number and port, or None where its packages are not installed."""
    node = TESTS / "node_modules" / "node" / "bin" / "node"
    if not node.exists():
        yield None
        return
    process = subprocess.Popen(processes.pinned(core, [node, TESTS / "bench" / "sdk_server.mjs"]), stdout=subprocess.PIPE, text=True)
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def calls(host, directory, options):
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    with host.serve("hello", "--io-threads", "1", "--tls", "off", core=server_core) as (worker, port), sdk_server(server_core) as sdk:
        sides = {"plain": (worker.pid, port, script(directory, "plain", "/v1/capabilities/example.hello_world", ARGUMENTS)),
                 "mcp": (worker.pid, port, script(directory, "mcp", "/mcp", CALL))}
        if sdk:
            sides["sdk"] = (*sdk, script(directory, "sdk", "/mcp", CALL, begin_session(sdk[1])))
        samples = {name: [] for name in sides}
        for lead in (True, *[False] * options.rounds):
            for name, (pid, where, lua) in sides.items():
                sample = rate(pid, where, lua, 1 if lead else options.seconds, client_core)
                if not lead:
                    samples[name].append(sample)
    rates = {name: statistics.median(one for one, _ in each) for name, each in samples.items()}
    result = {f"{name}_per_s": round(value) for name, value in rates.items()}
    result.update({f"{name}_cpu_us": round(statistics.median(cost for _, cost in each), 2) for name, each in samples.items()})
    result["ratio_to_plain"] = round(rates["mcp"] / rates["plain"], 3)
    if "sdk" in rates:
        result["ratio_to_sdk"] = round(rates["mcp"] / rates["sdk"], 1)
    return result
