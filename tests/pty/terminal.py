# SPDX-License-Identifier: GPL-2.0-only
"""terminal.py - a program on a pseudo-terminal, and what a person would see of it.

The slave side stays open here, so that the line discipline can be looked at after the program is
gone: "the terminal came back" means its settings are what they were and the escape sequences that
were switched on were switched off. Nothing here sleeps: every wait is for a state, with a limit.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

LIMIT = float(os.environ.get('PTY_LIMIT', '20'))


class Terminal:
    def __init__(self, command, columns=80, rows=24, folder=None, **environment):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows, tell=False)
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b''
        env = {'PATH': os.environ['PATH'], 'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8',
               'HOME': '/nonexistent', 'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '')}
        env.update(environment)
        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=self.slave, close_fds=True,
            cwd=folder,
            env={k: v for k, v in env.items() if v is not None},
            start_new_session=True, preexec_fn=self._control)

    def _control(self):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def resize(self, columns, rows, tell=True):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        if tell:
            self.screen.resize(rows, columns)
            os.kill(self.process.pid, signal.SIGWINCH)

    def send(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def pump(self, seconds):
        """Takes what the program wrote, for at most so long; True if there was anything."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        data = os.read(self.master, 65536)
        self.raw += data
        self.stream.feed(data)
        return True

    def text(self):
        return '\n'.join(line.rstrip() for line in self.screen.display)

    def wait(self, *wanted, absent=()):
        """Until every text is on the screen and none of the absent ones is."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            shown = self.text()
            if all(w in shown for w in wanted) and not any(a in shown for a in absent):
                return shown
            self.pump(0.05)
        raise AssertionError(f'waited in vain for {wanted}, without {absent}:\n{self.text()}')

    def quiet(self, seconds=0.3):
        """Everything that is on its way has arrived: nothing came for so long."""
        while self.pump(seconds):
            pass

    def finish(self):
        """The exit status, -N for signal N, after everything written was taken."""
        end = time.monotonic() + LIMIT
        while self.process.poll() is None and time.monotonic() < end:
            self.pump(0.05)
        if self.process.poll() is None:
            raise AssertionError(f'did not end:\n{self.text()}')
        self.quiet(0.05)
        return self.process.returncode

    def assert_restored(self):
        """Line discipline as before; alternate screen left, cursor shown, mouse off."""
        after = termios.tcgetattr(self.slave)
        assert after == self.before, f'termios differ: {self.before} {after}'
        for on, off in ((b'\x1b[?1049h', b'\x1b[?1049l'), (b'\x1b[?25l', b'\x1b[?25h'),
                        (b'\x1b[?1006;1000h', b'\x1b[?1006;1000l')):
            if on in self.raw:
                assert self.raw.rfind(off) > self.raw.rfind(on), f'{off} is missing after {on}'
