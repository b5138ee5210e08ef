#!/usr/bin/python3
"""The template plugins build with every warning, as C99 and as C++20, export one symbol, and run on a host of 0.2.

Each is called with the first example of each of its capabilities, which is what its manifest says must work.
"""
import ctypes
import json
import tempfile
from pathlib import Path

import gate_symbols
from abi_gate import Failure, Tree, arguments, main, must, tool

WARNINGS = ['-Wall', '-Wextra', '-pedantic', '-Werror', '-Wshadow', '-O2']
MANIFEST_AT = 24  # offset of crank_entry.manifest_json, a crank_str


def templates(tree, options):
    """Yields (source, compiler, standard)."""
    for language, suffix, command, standard in (('c99', '.c', options.cc, 'c99'),
                                                ('cpp', '.cpp', options.cxx, 'c++20')):
        sources = sorted((tree.root / 'plugin_api/templates' / language).glob('*' + suffix))
        if not sources:
            raise Failure(f'plugin_api/templates/{language} has no template')
        for source in sources:
            yield source, tool(command), standard


def manifest(library):
    """What the plugin says about itself, read from its data without calling it."""
    entry = ctypes.c_char.in_dll(ctypes.CDLL(str(library)), gate_symbols.ENTRY)
    at, size = (ctypes.c_size_t * 2).from_address(ctypes.addressof(entry) + MANIFEST_AT)
    return json.loads(ctypes.string_at(at, size).decode('utf-8'))


def defaults(config_schema):
    """The configuration that start() gets where the user set nothing."""
    properties = config_schema.get('properties', {})
    return {name: schema['default'] for name, schema in properties.items() if 'default' in schema}


def check(tree, source, command, standard, work, host):
    library = work / f'lib{source.stem}_{standard.replace("+", "p")}.so'
    linking = ['-shared', '-fPIC', '-fvisibility=hidden',
               f'-Wl,--version-script={tree.root}/plugin_api/crank_entry.map']
    must([*command, f'-std={standard}', *WARNINGS, '-I', tree.include, *linking, '-o', library, source],
         f'{source.name} does not compile as {standard}')
    gate_symbols.check(library)
    declared = manifest(library)
    calls = []
    for capability in declared.get('capabilities', []):
        for example in capability.get('examples', [])[:1]:
            calls += [capability['id'], json.dumps(example), '0']
    if not calls:
        raise Failure(f'{source.name} declares no example to call it with')
    must([host, '--config', json.dumps(defaults(declared.get('config_schema', {}))), library, *calls],
         f'{source.name} does not run on a host of 0.2')


def gate(options):
    tree = Tree(options.root)
    found = list(templates(tree, options))
    with tempfile.TemporaryDirectory() as work:
        for source, command, standard in found:
            check(tree, source, command, standard, Path(work), Path(options.host).resolve())
    return f'{len(found)} templates'


if __name__ == '__main__':
    main(gate, arguments(__doc__, host={'help': 'the old_host program'}))
