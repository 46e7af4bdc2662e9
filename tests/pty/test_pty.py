#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""test_pty.py EXPLORER - what only a real terminal can prove.

Each test says what users of terminal programs have lost to its absence: a terminal without echo
after a crash, colours for people who asked for none, keys that hang after a resize.
"""
import os
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

try:
    from terminal import Terminal
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

EXPLORER = os.path.abspath(sys.argv.pop(1))


def start(*arguments, **keywords):
    return Terminal([EXPLORER, *arguments], **keywords)


class Restore(unittest.TestCase):
    """The terminal always comes back."""

    def leave(self, send=None, number=None, status=0, arguments=()):
        with start(*arguments) as t:
            t.wait('ksmtop | Events', 'q quit')
            if send:
                t.send(send)
            if number:
                os.kill(t.process.pid, number)
            self.assertEqual(t.finish(), status)
            t.assert_restored()

    def test_q(self):
        self.leave(send='q')

    def test_ctrl_c(self):
        self.leave(send='\x03')

    def test_ctrl_c_in_a_prompt(self):
        self.leave(send=':time\x03')

    def test_term(self):
        self.leave(number=signal.SIGTERM, status=-signal.SIGTERM)

    def test_hup(self):
        self.leave(number=signal.SIGHUP, status=-signal.SIGHUP)

    def test_quit(self):
        self.leave(number=signal.SIGQUIT, status=-signal.SIGQUIT)

    def test_int_from_outside(self):
        self.leave(number=signal.SIGINT)

    def test_crash_signals(self):
        for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT):
            with self.subTest(number=number):
                self.leave(number=number, status=-number)

    def test_abort_while_loading(self):
        with start('--load', '500', '--crash') as t:
            self.assertEqual(t.finish(), -signal.SIGABRT)
            self.assertIn(b'\x1b[?1049h', t.raw)
            t.assert_restored()

    def test_stack_overflow(self):
        """The handler has a stack of its own: without it the kernel kills in silence."""
        with start('--load', '500', '--overflow') as t:
            self.assertEqual(t.finish(), -signal.SIGSEGV)
            t.assert_restored()

    def test_terminal_gone(self):
        """A closed window must not leave a process spinning behind."""
        t = start()
        t.wait('q quit')
        os.close(t.slave)
        os.close(t.master)
        self.assertIn(t.process.wait(timeout=20), (0, -signal.SIGHUP))


class Refuse(unittest.TestCase):
    """A start that cannot work says so in one sentence and touches nothing."""

    def refuse(self, words, **environment):
        with start(**environment) as t:
            self.assertEqual(t.finish(), 2)
            self.assertNotIn(b'\x1b', t.raw)
            self.assertEqual(t.raw.count(b'\n'), 1)
            for word in words:
                self.assertIn(word.encode(), t.raw)
            t.assert_restored()

    def test_dumb(self):
        self.refuse(['"dumb"', '--plain'], TERM='dumb')

    def test_no_term(self):
        self.refuse(['--plain'], TERM=None)

    def test_unknown_term(self):
        self.refuse(['"no-such-terminal"'], TERM='no-such-terminal')

    def test_not_a_terminal(self):
        done = subprocess.run([EXPLORER], stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
                              env={'TERM': 'xterm', 'PATH': os.environ['PATH']}, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, b'')
        self.assertIn(b'needs a terminal', done.stderr)


class Keys(unittest.TestCase):
    def test_esc_acts_at_once(self):
        """Esc waits for no second key: it closes the prompt in well under half a second."""
        with start() as t:
            t.wait('q quit')
            t.send(':abc')
            t.wait(':abc')
            t.quiet(0.1)
            begin = time.monotonic()
            t.send('\x1b')
            t.wait('q quit', absent=(':abc',))
            self.assertLess(time.monotonic() - begin, 0.5)

    def test_arrows_and_shift(self):
        with start() as t:
            t.wait('ev   0/200')
            t.send('\x1bOC\x1bOC')
            t.wait('ev   2/200')
            t.send('\x1b[1;2C')
            t.wait('ev  12/200')
            t.send('\x1bOD')
            t.wait('ev  11/200')

    def test_wrong_keys(self):
        """Every byte and half of every sequence may be typed by accident: nothing happens."""
        with start() as t:
            t.wait('q quit')
            t.send('Q')
            t.wait('Q does nothing here')
            for junk in (b'\x00', b'\xff\xfe', b'\xc3', b'\x1b[', b'\x1b[999~', b'\x1b[<0;1M',
                         b'\x1bO', b'\x1b[200~', b'Z' * 300, '€ü漢'.encode(), b'\x1b'):
                t.send(junk)
            t.send(b'\x1b')
            t.quiet()
            t.send(':time 7\r')
            t.wait('ev   7/200')
            t.send('q')
            self.assertEqual(t.finish(), 0)
            t.assert_restored()

    def test_typing_utf8(self):
        with start() as t:
            t.wait('q quit')
            t.send('fnaïve漢')
            t.wait('filter: naïve')
            t.send('\x7f\x7f\x7f\r')
            t.wait('filter: naï ', 'F clear')

    def test_mouse(self):
        with start() as t:
            t.wait('q quit')
            self.assertIn(b'\x1b[?1006;1000h', t.raw)
            t.send('\x1b[<0;12;2M\x1b[<0;12;2m')
            t.wait('ksmtop | Timeline')
            t.send('\x1b[<0;3;2M\x1b[<0;3;2m')
            t.wait('ksmtop | Events')
            t.send('\x1b[<0;20;9M\x1b[<0;20;9m')
            t.wait('>         5 ')
            t.send('\x1b[<65;20;9M')
            t.wait('>         8 ')
            t.send('\x1b[<64;20;9M')
            t.wait('>         5 ')
            t.send('\x1b[<0;20;9M\x1b[<0;20;9m' * 2)
            t.wait('ev   5/200')

    def test_mouse_off(self):
        with start() as t:
            t.wait('q quit')
            t.send(':mouse\r')
            t.wait('the mouse is off')
            t.quiet()
            self.assertGreater(t.raw.rfind(b'\x1b[?1006;1000l'), t.raw.rfind(b'\x1b[?1006;1000h'))

    def test_copy(self):
        """The clipboard through OSC 52: "row 1" in base64."""
        with start() as t:
            t.wait('q quit')
            t.send('y')
            t.wait('copied: row 1')
            self.assertIn(b'\x1b]52;c;cm93IDE=\x07', t.raw)


class Files(unittest.TestCase):
    def test_export(self):
        """Writes what is seen, and never over a file that exists."""
        with tempfile.TemporaryDirectory() as folder, start(folder=folder) as t:
            t.wait('q quit')
            for name, begins in (('a.txt', b' ksmtop | Events'), ('a.svg', b'<svg'),
                                 ('a.ansi', b'\x1b[')):
                t.send(f':export {name}\r')
                t.wait(f'written: {name}')
                with open(f'{folder}/{name}', 'rb') as file:
                    self.assertTrue(file.read().startswith(begins))
            t.send(':export a.txt\r')
            t.wait('a.txt was not written: File exists')
            t.send('E')
            t.wait('written: ksmtop-events-0.txt')

    def test_source(self):
        """$EDITOR gets the line of the function and a sane terminal, and the picture comes back."""
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(f'{folder}/mm')
            with open(f'{folder}/mm/ksm.c', 'w', encoding='ascii') as file:
                file.write('/* stable_tree_append( */\n\tstable_tree_append(x);\n'
                           'static void stable_tree_append(int);\n'
                           'static void stable_tree_append(int x,\n\t\tint y);\n'
                           'static void stable_tree_append(int x)\n{\n}\n')
            with open(f'{folder}/editor', 'w', encoding='ascii') as file:
                file.write('#!/bin/sh\necho "edit $*"; stty -a | grep icanon; read line\n')
            os.chmod(f'{folder}/editor', 0o755)
            with start(folder=folder, KSMTOP_LINUX=folder, EDITOR=f'{folder}/editor -x') as t:
                t.wait('q quit')
                t.send('o')
                t.wait(f'edit -x +6 {folder}/mm/ksm.c', 'isig icanon')
                t.send('\r')
                t.wait('ksmtop | Events', 'q quit')
                t.send('\x1bOC')
                t.wait('ev   1/200')

    def test_source_of_another_kernel(self):
        """A file without the function opens at its top, and it is said; no file is said too."""
        with tempfile.TemporaryDirectory() as folder:
            with start(folder=folder, KSMTOP_LINUX=folder, EDITOR='true') as t:
                t.wait('q quit')
                t.send('o')
                t.wait('mm/ksm.c:stable_tree_append: No such file')
                os.mkdir(f'{folder}/mm')
                with open(f'{folder}/mm/ksm.c', 'w', encoding='ascii') as file:
                    file.write('int nothing;\n')
                t.send('o')
                t.wait('does not define stable_tree_append')

    def test_source_without_a_tree(self):
        with start() as t:
            t.wait('q quit')
            t.send('o')
            t.wait('mm/ksm.c:stable_tree_append: set KSMTOP_LINUX')


class Size(unittest.TestCase):
    def test_grow_and_shrink(self):
        with start() as t:
            t.wait('q quit')
            t.resize(120, 40)
            t.wait('f filter')
            t.resize(60, 10)
            t.wait('needs 80x24, this is 60x10')
            t.send('\x1bOC')
            t.quiet()
            t.resize(80, 24)
            t.wait('q quit', 'ev   1/200')
            t.resize(1, 1)
            t.resize(300, 90)
            t.wait('q quit', 'why: event 1')

    def test_starts_small(self):
        """Never refuses to start."""
        with start(columns=40, rows=5) as t:
            t.wait('needs 80x24')
            t.send('q')
            self.assertEqual(t.finish(), 0)
            t.assert_restored()


class Suspend(unittest.TestCase):
    def test_ctrl_z_and_fg(self):
        """The shell gets a sane terminal, and fg brings the picture back."""
        with Terminal(['bash', '--norc', '--noprofile', '-i'], PS1='READY> ') as t:
            t.wait('READY>')
            t.send(f'{EXPLORER}\r')
            t.wait('ksmtop | Events', 'q quit')
            t.send('\x1bOC\x1a')
            t.wait('Stopped')
            t.send('\x15stty -a\r')
            t.wait('isig icanon iexten echo echoe')
            t.send('fg\r')
            t.wait('ksmtop | Events', 'ev   1/200', 'q quit')
            t.send('\x1bOC')
            t.wait('ev   2/200')
            t.send('\x1a')
            t.wait('Stopped')
            t.send('\x15fg\r')
            t.wait('q quit')
            t.send('q')
            t.quiet()
            t.send('echo status=$?\r')
            t.wait('status=0')


    def test_stopped_behind_its_back(self):
        """After STOP and CONT from elsewhere keys still act at once, and the picture is whole."""
        with start() as t:
            t.wait('q quit')
            os.kill(t.process.pid, signal.SIGSTOP)
            os.waitpid(t.process.pid, os.WUNTRACED)
            termios.tcsetattr(t.slave, termios.TCSANOW, t.before)
            t.screen.reset()
            os.kill(t.process.pid, signal.SIGCONT)
            t.wait('ksmtop | Events', 'q quit')
            t.send('\x1bOC')
            t.wait('ev   1/200')
            t.send('q')
            self.assertEqual(t.finish(), 0)
            t.assert_restored()


class Colour(unittest.TestCase):
    def colours(self, *arguments, **environment):
        with start(*arguments, **environment) as t:
            t.wait('q quit')
            t.send('\x1bOC?')
            t.wait('keys of Events')
            return any(cell.fg != 'default' or cell.bg != 'default'
                       for row in t.screen.buffer.values() for cell in row.values())

    def test_depths(self):
        self.assertTrue(self.colours())
        self.assertTrue(self.colours(TERM='xterm'))
        self.assertFalse(self.colours(TERM='vt220'))

    def test_no_color(self):
        self.assertFalse(self.colours(NO_COLOR='1'))
        self.assertTrue(self.colours(NO_COLOR=''))
        self.assertFalse(self.colours('--no-color'))

    def test_theme(self):
        with start() as t:
            t.wait('q quit')
            t.send(':theme mono\r')
            t.quiet()
            t.send(':theme no-such\r')
            t.wait('no shipped theme and no file "no-such"')
            self.assertFalse(any(cell.fg != 'default' for row in t.screen.buffer.values()
                                 for cell in row.values()))


class Charset(unittest.TestCase):
    def ascii_only(self, **environment):
        with start(**environment) as t:
            t.wait('q quit')
            return all(byte < 0x80 for byte in t.raw)

    def test_locale(self):
        self.assertFalse(self.ascii_only())
        self.assertTrue(self.ascii_only(LC_ALL='C'))
        self.assertTrue(self.ascii_only(LC_ALL=None))

    def test_toggle_without_a_locale(self):
        """UTF-8 can be asked for where the locale does not promise it."""
        with start(LC_ALL='C') as t:
            t.wait('q quit')
            t.send(':ascii\r')
            t.wait('─────')


class Wire(unittest.TestCase):
    """Quiet on the wire."""

    def test_paused_is_silent(self):
        with start() as t:
            t.wait('q quit')
            t.quiet()
            sent = len(t.raw)
            ticks = cpu_ticks(t.process.pid)
            t.quiet(2)
            self.assertEqual(len(t.raw), sent)
            self.assertLessEqual(cpu_ticks(t.process.pid) - ticks, 1)

    def test_step_is_small(self):
        """One step changes few cells: far less than the 1,920 of the screen."""
        with start() as t:
            t.wait('q quit')
            t.send('\x1bOC')
            t.wait('ev   1/200')
            t.quiet()
            sent = len(t.raw)
            t.send('\x1bOC')
            t.wait('ev   2/200')
            t.quiet()
            self.assertLess(len(t.raw) - sent, 700)

    def test_playing(self):
        """Playing starts, stops, changes its speed, and ends by itself at the last event."""
        with start() as t:
            t.wait('q quit')
            t.send('<' * 5)
            t.wait('speed 1/32x')
            t.send('p')
            t.wait('[>] 1/32x')
            t.send('p')
            t.wait('[||]')
            t.send('>' * 5)
            t.wait('speed 1x')
            t.send('p')
            t.wait('ev 200/200', '[||]')


class Load(unittest.TestCase):
    def test_progress_and_use(self):
        """The first picture comes at once, and what is loaded can be used meanwhile."""
        with start('--load', '60') as t:
            t.wait('loading', 'q quit')
            t.send('\x1bOC')
            t.wait('ev ', 'why: event 1')
            t.wait('1/200', '[||]', absent=('loading',))

    def test_interrupt(self):
        with start('--load', '1000') as t:
            t.wait('loading', 'q quit')
            t.send('\x1b')
            t.wait('loading was stopped')
            t.send('q')
            self.assertEqual(t.finish(), 0)
            t.assert_restored()

    def test_quit_while_loading(self):
        with start('--load', '1000') as t:
            t.wait('loading')
            t.send('\x03')
            self.assertEqual(t.finish(), 0)
            t.assert_restored()


def cpu_ticks(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
        fields = stat.read().rpartition(')')[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == '__main__':
    unittest.main(verbosity=2)
