#!/usr/bin/env python3
"""Counts test cases in Meson's testlog.json and prints "N passed, N failed, N skipped" as the last line.

Reads what Catch2 and pytest say of themselves; a test of another kind counts as one. Knows no test by name.
"""
import json
import re
import sys

CATCH_ALL = re.compile(r"All tests passed \(.* in (\d+) test cases?\)")
CATCH_SOME = re.compile(r"^test cases:\s*(\d+) \|(.*)$", re.M)
PYTEST = re.compile(r"^=* ?((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)(?:, )?)+) in [\d.]+s", re.M)


def numbers(text):
    return {word: int(count) for count, word in re.findall(r"(\d+) ([a-z]+)", text)}


def cases(output):
    """(passed, failed, skipped) as the test's own runner reports them, or None."""
    if found := PYTEST.findall(output):
        said = numbers(found[-1])
        return (said.get("passed", 0) + said.get("xfailed", 0),
                said.get("failed", 0) + said.get("error", 0) + said.get("errors", 0) + said.get("xpassed", 0),
                said.get("skipped", 0))
    if found := CATCH_SOME.findall(output):
        total, rest = found[-1]
        failed = numbers(rest).get("failed", 0)
        return int(total) - failed, failed, 0
    if found := CATCH_ALL.findall(output):
        return int(found[-1]), 0, 0
    return None


def count(record):
    result = record["result"]
    if result == "SKIP":
        return 0, 0, 1
    good = result in ("OK", "EXPECTEDFAIL")
    said = cases(record.get("stdout") or "")
    if said is None:
        return (1, 0, 0) if good else (0, 1, 0)
    passed, failed, skipped = said
    # A runner that was killed, or whose process failed after its last case, has failed even if its cases did not.
    return passed, failed if good or failed else 1, skipped


def main(path):
    try:
        with open(path, encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines if line.strip()]
    except OSError as error:
        print(f"no test log: {error}", file=sys.stderr)
        records = []
    totals = [sum(column) for column in zip(*map(count, records))] or [0, 0, 0]
    for record in records:
        if count(record)[1]:
            print(f"failed: {record['name']} ({record['result'].lower()})")
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
