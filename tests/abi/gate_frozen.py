#!/usr/bin/python3
"""The frozen copy of the version that crank.h claims is today's headers, byte for byte, comments included: a
comment there is contract, and tightening it is as much a change as moving a member.
"""
import difflib

from abi_gate import NEW_MINOR, Failure, Tree, abi_headers, arguments, main


def gate(options):
    tree = Tree(options.root)
    frozen = tree.released() / 'include'
    today_names, frozen_names = abi_headers(tree.include), abi_headers(frozen)
    if today_names != frozen_names:
        raise Failure(f'the set of ABI headers changed: frozen {frozen_names}, today {today_names}.\n{NEW_MINOR}')
    for name in today_names:
        before, now = ((folder / name).read_text() for folder in (frozen, tree.include))
        if before != now:
            lines = difflib.unified_diff(before.splitlines(), now.splitlines(), f'frozen/{name}', f'today/{name}', n=1,
                                         lineterm='')
            raise Failure(f'{name} was edited, and the version still says {frozen.parent.name}.\n' + '\n'.join(lines)
                          + '\n' + NEW_MINOR)
    return f'{len(today_names)} headers are those of {frozen.parent.name}'


if __name__ == '__main__':
    main(gate, arguments(__doc__))
