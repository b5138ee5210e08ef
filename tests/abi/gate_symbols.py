#!/usr/bin/python3
"""A plugin exports crank_entry_v0, a data object, and nothing else: whatever else it exports can collide with another
plugin in the same process.
"""
import platform

from abi_gate import Failure, arguments, main, must, tool

ENTRY = 'crank_entry_v0'


def exports(library):
    """(type letter, name) of each symbol that the library offers to others."""
    if platform.system() == 'Darwin':
        command = ['nm', '-gU', library]
    else:
        command = ['nm', '-D', '--defined-only', library]
    tool(command)
    lines = must(command, f'nm cannot read {library}').splitlines()
    return [tuple(line.split()[1:3]) for line in lines if len(line.split()) >= 3]


def check(library):
    found = exports(library)
    names = [name[1:] if platform.system() == 'Darwin' else name for _, name in found]
    if names != [ENTRY]:
        shown = ', '.join(sorted(names)[:8]) or 'nothing'
        raise Failure(f'{library} exports {len(names)} symbols: {shown}.\nIt must export {ENTRY} and nothing else; '
                      'compile with -fvisibility=hidden and link with a version script that keeps the rest local.')
    if found[0][0] not in 'DRBGS':
        raise Failure(f'{library} exports {ENTRY} as "{found[0][0]}"; it must be data, not code')


def gate(options):
    for library in options.plugins:
        check(library)
    return f'{len(options.plugins)} plugins export {ENTRY} alone'


if __name__ == '__main__':
    main(gate, arguments(__doc__, plugins={'nargs': '+', 'metavar': 'PLUGIN'}))
