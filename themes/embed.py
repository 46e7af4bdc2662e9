#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""embed.py OUTPUT THEME.yaml...: the shipped themes as a C file, in the order given.

The program must run before it is installed, so it carries its themes. They stay YAML and go
through the same parser as a user's: a shipped theme cannot do more than a user's can.
"""
import pathlib
import sys


def main():
    output, files = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    lines = ['// SPDX-License-Identifier: GPL-2.0-only',
             '/* Made by themes/embed.py. */',
             '#include "shipped_themes.h"', '']
    for number, file in enumerate(files):
        data = file.read_bytes()
        lines.append(f'static const char theme_{number}[] = {{')
        for at in range(0, len(data), 16):
            lines.append('\t' + ' '.join(f'{byte},' for byte in data[at:at + 16]))
        lines.append('};')
    lines.append('const struct shipped_theme shipped_themes[] = {')
    for number, file in enumerate(files):
        lines.append(f'\t{{ "{file.stem}", theme_{number}, sizeof(theme_{number}) }},')
    lines += ['\t{ 0 }', '};', 'const char *const theme_names[] = {']
    lines += [f'\t"{file.stem}",' for file in files] + ['\t0', '};']
    pathlib.Path(output).write_text('\n'.join(lines) + '\n')


main()
