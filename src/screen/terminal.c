// SPDX-License-Identifier: GPL-2.0-only
/*
 * terminal.c - taking the terminal and giving it back, whatever happens in between.
 *
 * Three ways out.  Ordinary: endwin() in terminal_give().  A signal that ends programs (TERM, HUP,
 * QUIT, Ctrl-C): the handler only notes it and wakes poll() through a pipe; the loop leaves and the
 * signal is raised again with its default action, so that the parent sees the true status.  If it
 * comes a second time before the loop has looked, or if it is a crash signal, there is no loop to
 * trust: the handler itself writes escape sequences that were prepared at the start and resets the
 * line discipline, both async-signal-safe, on a stack of its own (a stack overflow must not eat
 * the terminal either).
 *
 * Ctrl-Z is read as a key, not left to the tty, so that the screen is restored before the process
 * stops; a TSTP from outside takes the same way.
 */
#include "terminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "trace/diag.h"

static struct {
	volatile sig_atomic_t taken;
	volatile sig_atomic_t resized, interrupted, suspend, continued, die;
	int pipe[2];
	SCREEN *screen;
	struct termios before;	/* as the shell had it */
	char restore[256];	/* escape sequences that undo ours */
	size_t restore_length;
	void *stack;
	bool was_resized;
} terminal = { .pipe = { -1, -1 } };

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };
static const int loop_signals[] = { SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGTSTP, SIGCONT, SIGWINCH };

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Async-signal-safe. */
static void restore_raw(void)
{
	ssize_t ignored;

	if (!terminal.taken)
		return;
	terminal.taken = 0;
	ignored = write(STDOUT_FILENO, terminal.restore, terminal.restore_length);
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}

static void die_now(int number)
{
	sigset_t set;

	restore_raw();
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}

static void on_crash(int number)
{
	die_now(number);
}

static void on_signal(int number)
{
	int error = errno;
	ssize_t ignored;

	switch (number) {
	case SIGWINCH: terminal.resized = 1; break;
	case SIGTSTP: terminal.suspend = 1; break;
	case SIGCONT: terminal.continued = 1; break;
	case SIGINT:
		if (terminal.interrupted)
			die_now(number);
		terminal.interrupted = 1;
		break;
	default:
		if (terminal.die)
			die_now(number);
		terminal.die = number;
	}
	ignored = write(terminal.pipe[1], "", 1);
	(void)ignored;
	errno = error;
}

static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void signals_take(void)
{
	stack_t stack = { .ss_size = 64 * 1024 };

	if (!terminal.stack)
		terminal.stack = malloc(stack.ss_size);
	stack.ss_sp = terminal.stack;
	if (stack.ss_sp)
		sigaltstack(&stack, NULL);
	for (size_t i = 0; i < NR(crash_signals); i++)
		handle(crash_signals[i], on_crash, (int)(SA_ONSTACK | SA_RESETHAND));
	for (size_t i = 0; i < NR(loop_signals); i++)
		handle(loop_signals[i], on_signal, 0);
}

static void signals_give(void)
{
	for (size_t i = 0; i < NR(crash_signals); i++)
		handle(crash_signals[i], SIG_DFL, 0);
	for (size_t i = 0; i < NR(loop_signals); i++)
		handle(loop_signals[i], SIG_DFL, 0);
}

/* Appends a terminfo string without its padding ($<5>). */
static void restore_add(const char *text)
{
	if (!text || text == (char *)-1)
		return;
	while (*text && terminal.restore_length < sizeof(terminal.restore)) {
		if (text[0] == '$' && text[1] == '<' && strchr(text, '>')) {
			text = strchr(text, '>') + 1;
			continue;
		}
		terminal.restore[terminal.restore_length++] = *text++;
	}
}

static void restore_prepare(void)
{
	terminal.restore_length = 0;
	if (key_mouse)
		restore_add("\033[?1006;1000l");
	restore_add(exit_attribute_mode);
	restore_add(keypad_local);
	restore_add(cursor_normal);
	restore_add(exit_ca_mode);
	if (!exit_ca_mode)
		restore_add("\r\n");
}

/* ncurses needs a UTF-8 LC_CTYPE to send UTF-8; which glyphs are drawn is decided elsewhere. */
static void locale_take(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

static void modes_take(void)
{
	struct termios now;

	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	if (!tcgetattr(STDIN_FILENO, &now)) {
		now.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &now);
	}
	def_prog_mode();
}

int terminal_take(struct diag *diag)
{
	if (tcgetattr(STDIN_FILENO, &terminal.before)) {
		diag_set(diag, -errno, "the terminal cannot be read: %s", strerror(errno));
		return diag ? diag->error : -EIO;
	}
	if (pipe2(terminal.pipe, O_CLOEXEC | O_NONBLOCK))
		return diag_set(diag, -errno, "no pipe for signals: %s", strerror(errno));
	locale_take();
	terminal.screen = newterm(NULL, stdout, stdin);
	if (!terminal.screen) {
		diag_set(diag, -ENOSYS, "the terminal type \"%s\" cannot be used",
			 getenv("TERM") ? getenv("TERM") : "");
		close(terminal.pipe[0]);
		close(terminal.pipe[1]);
		return -ENOSYS;
	}
	restore_prepare();
	terminal.taken = 1;
	signals_take();
	atexit(restore_raw);
	modes_take();
	return 0;
}

void terminal_give(void)
{
	int die = terminal.die;

	terminal_mouse(false);
	if (terminal.taken && terminal.was_resized) {
		/* tmux reflows what stands on the alternate screen into the other one's history. */
		erase();
		refresh();
	}
	if (terminal.taken)
		endwin();
	terminal.taken = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
	signals_give();
	delscreen(terminal.screen);
	terminal.screen = NULL;
	close(terminal.pipe[0]);
	close(terminal.pipe[1]);
	terminal.die = 0;
	if (die)
		raise(die);
}

struct terminal_events terminal_events(void)
{
	struct terminal_events events;
	char bytes[64];

	while (read(terminal.pipe[0], bytes, sizeof(bytes)) > 0)
		;
	events = (struct terminal_events){
		.resized = terminal.resized, .interrupted = terminal.interrupted,
		.suspend = terminal.suspend, .continued = terminal.continued,
		.die = (int)terminal.die,
	};
	terminal.resized = terminal.interrupted = terminal.suspend = terminal.continued = 0;
	return events;
}

int terminal_wait(int timeout_ms)
{
	struct pollfd fds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = terminal.pipe[0], .events = POLLIN },
	};
	int nr = poll(fds, 2, timeout_ms);

	if (nr < 0)
		return errno == EINTR ? 0 : -EIO;
	if (fds[0].revents & POLLIN)
		return 1;
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return -EIO;
	return 0;
}

void terminal_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	terminal.was_resized = true;
}

void terminal_leave(void)
{
	endwin();
	terminal.taken = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
}

void terminal_return(void)
{
	terminal.taken = 1;
	reset_prog_mode();
	terminal_resize();
	clearok(curscr, TRUE);
}

void terminal_suspend(void)
{
	sigset_t set, old;

	terminal_leave();
	handle(SIGTSTP, SIG_DFL, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	kill(0, SIGTSTP);
	/* here again after SIGCONT */
	sigprocmask(SIG_SETMASK, &old, NULL);
	handle(SIGTSTP, on_signal, 0);
	terminal_return();
}

void terminal_mouse(bool on)
{
	mouseinterval(0);
	mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

void terminal_write(const char *bytes, unsigned long length)
{
	while (length) {
		ssize_t nr = write(STDOUT_FILENO, bytes, length);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return;
		bytes += nr;
		length -= (unsigned long)nr;
	}
}
