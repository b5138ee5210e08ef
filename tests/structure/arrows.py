#!/usr/bin/env python3
"""Holds the arrows between the host's folders: an include may go down the map in host/README.md, never up.

The map is the block of lines "name/  what it is" under "## Map"; a folder may know those below it. Also: nothing in plugins/ or
plugin_api/ includes anything of host/, every folder of host/ is on the map, and every folder on the map exists.
usage: arrows.py [ROOT]      prints each include against the arrows in a sentence; exit code 1 if there is any.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
NOT_ON_THE_MAP = {"pch"}  # the precompiled header includes no header of ours
MADE_BY_MESON = {"version.hpp"}


def folders_of_the_map(readme):
    """The folders from top to bottom, with what the map says of them."""
    section = readme.split("\n## Map\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^    ([a-z_]+)/ +(.+)$", section, re.M))


def sources(root, *parts):
    return sorted(path for part in parts for path in (root / part).rglob("*") if path.suffix in (".c", ".h", ".cpp", ".hpp"))


def faults_in_host(root, layers):
    host = root / "host"
    order = list(layers)
    for folder in sorted(path.name for path in host.iterdir() if path.is_dir() and path.name not in NOT_ON_THE_MAP):
        if folder not in layers:
            yield f"host/{folder} is not on the map in host/README.md: say there what it is, in the place that fits what it knows"
    for folder in order:
        if not (host / folder).is_dir():
            yield f"the map in host/README.md has a folder {folder}/ that does not exist"
    for path in sources(root, "host"):
        place = path.relative_to(host)
        if len(place.parts) == 1 or place.parts[0] in NOT_ON_THE_MAP:
            continue  # main.cpp may know everybody
        own = place.parts[0]
        for included in INCLUDE.findall(path.read_text()):
            other = included.split("/", 1)[0]
            if included in MADE_BY_MESON or other == own or own not in layers:
                continue
            if other not in layers:
                yield f"host/{place} includes \"{included}\", which is in no folder of the map: write FOLDER/FILE.hpp"
            elif order.index(other) < order.index(own):
                below = order[order.index(own) + 1:]
                allowed = ", ".join(below) if below else "nobody"
                yield (f"host/{place} includes \"{included}\", against the arrows: {other}/ ({layers[other]}) is above {own}/ "
                       f"({layers[own]}), which may know {allowed}. Let {own}/ declare what it needs, and {other}/ provide it")


def faults_in_plugins(root):
    for path in sources(root, "plugins", "plugin_api"):
        for included in INCLUDE.findall(path.read_text()):
            if "host/" in included or (root / "host" / included).is_file():
                yield (f"{path.relative_to(root)} includes \"{included}\" of the host: a plugin knows plugin_api alone, or it would "
                       "have to be built again with every host")


def faults(root):
    layers = folders_of_the_map((root / "host" / "README.md").read_text())
    yield from faults_in_host(root, layers)
    yield from faults_in_plugins(root)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    found = list(faults(root))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
