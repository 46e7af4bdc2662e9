// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen.c - the loop: paint, sleep until something happens, tell the session.
 *
 * There are three tempos.  Paused, poll() sleeps without a timeout: no timer, no wake-ups.  Playing,
 * it wakes ten times a second.  Loading, the recording is built in slices of some 50 ms with a look
 * at the keyboard between two; the picture is refreshed at most ten times a second, or at once
 * after a key.
 *
 * A picture that left something out is made whole as soon as there is no key to read.
 *
 * The screen decides nothing about contents: it carries keys to the session and cells to ncurses,
 * and does what the session asks for (effects).
 */
#include "screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "effect.h"
#include "input.h"
#include "paint.h"
#include "terminal.h"
#include "trace/diag.h"

#define FRAME_NS (100 * UINT64_C(1000000))

struct screen {
	struct session *session;
	struct screen_options *options;
	struct paint paint;
	struct grid *grid;
	bool loading, quit;
	bool dirty;		/* the picture is out of date */
	uint64_t painted_ns;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int screen_check(struct diag *diag)
{
	const char *term = getenv("TERM");
	bool usable = false;
	int known = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		diag_set(diag, -ENOTTY, "the explorer needs a terminal on its input and output");
		diag_advice(diag, "ksmtop report FILE, or ksmtop snap FILE --view overview");
		return -ENOTTY;
	}
	if (term && *term && strcmp(term, "dumb") && setupterm(NULL, STDOUT_FILENO, &known) == OK) {
		usable = cursor_address != NULL;
		del_curterm(cur_term);
	}
	if (usable)
		return 0;
	diag_set(diag, -ENOSYS, "a terminal of type \"%s\" cannot show the explorer", term ? term : "");
	diag_advice(diag, "ksmtop report FILE --plain, or set TERM to what the terminal is");
	return -ENOSYS;
}

/* What the environment's locale can show; LANG=C and unset are ASCII. */
static enum charset screen_charset(void)
{
	const char *before = setlocale(LC_CTYPE, "");

	return before && !strcmp(nl_langinfo(CODESET), "UTF-8") ? GRID_UTF8 : GRID_ASCII;
}

static int make_grid(struct screen *screen)
{
	if (screen->grid)
		return grid_resize(screen->grid, COLS, LINES);
	screen->grid = grid_new(COLS, LINES, session_charset(screen->session));
	return screen->grid ? 0 : -ENOMEM;
}

static void paint(struct screen *screen)
{
	session_draw(screen->session, screen->grid);
	paint_grid(&screen->paint, screen->grid);
	screen->painted_ns = now_ns();
	screen->dirty = false;
}

static void resize(struct screen *screen)
{
	terminal_resize();
	make_grid(screen);	/* without memory the old size stays */
	paint_afresh(&screen->paint);
}

static void load_stop(struct screen *screen)
{
	screen->loading = false;
	screen->options->load_stopped = true;
	session_set_progress(screen->session, NULL, 0, 0);
	session_say(screen->session, "loading was stopped: what is loaded can be used");
}

static void apply(struct screen *screen, const struct effect *effect)
{
	struct theme theme;

	switch (effect->kind) {
	case EFFECT_NONE: break;
	case EFFECT_QUIT: screen->quit = true; break;
	case EFFECT_COPY: effect_copy(effect->text); break;
	case EFFECT_EXPORT:
		/* the whole picture, without the line that was typed */
		session_finish(screen->session);
		session_draw(screen->session, screen->grid);
		effect_export(screen->session, screen->grid, &screen->paint.theme, effect->text);
		break;
	case EFFECT_SOURCE:
		if (effect_source(screen->session, effect->text))
			resize(screen);
		break;
	case EFFECT_THEME:
		if (effect_theme(screen->session, effect->text, &theme))
			paint_theme(&screen->paint, &theme);
		break;
	case EFFECT_REDRAW: paint_afresh(&screen->paint); break;
	case EFFECT_SUSPEND:
		terminal_suspend();
		resize(screen);
		break;
	case EFFECT_MOUSE: terminal_mouse(!strcmp(effect->text, "on")); break;
	case EFFECT_INTERRUPT:
		if (screen->loading)
			load_stop(screen);
		break;
	}
}

static void apply_all(struct screen *screen)
{
	struct effect effect;

	while ((effect = session_take_effect(screen->session)).kind != EFFECT_NONE)
		apply(screen, &effect);
}

static void signals(struct screen *screen)
{
	struct terminal_events events = terminal_events();

	if (events.die)
		screen->quit = true;
	if (events.interrupted)
		session_key(screen->session, KEY_CTRL('C'));
	if (events.suspend)
		session_act(screen->session, ACTION_SUSPEND, "");
	if (events.continued)
		terminal_return();
	if (events.resized || events.continued)
		resize(screen);
	if (events.interrupted || events.suspend || events.resized || events.continued)
		screen->dirty = true;
}

/* One slice.  A failure with nothing to show ends the screen. */
static int load(struct screen *screen, struct diag *diag)
{
	char text[DIAG_TEXT_SIZE];
	struct diag failed = { 0 };
	int more = screen->options->load(screen->options->load_data, screen->session, &failed);

	if (more > 0) {
		if (now_ns() - screen->painted_ns >= FRAME_NS)
			screen->dirty = true;
		return 0;
	}
	screen->loading = false;
	screen->dirty = true;
	session_set_progress(screen->session, NULL, 0, 0);
	if (!more)
		return 0;
	if (session_source(screen->session) && session_source(screen->session)->nr_events) {
		session_say(screen->session, "%s", diag_text(&failed, text, sizeof(text)));
		return 0;
	}
	if (diag)
		*diag = failed;
	return more;
}

static int timeout_ms(const struct screen *screen)
{
	if (screen->loading || session_unfinished(screen->session))
		return 0;
	return session_playing(screen->session) ? (int)(FRAME_NS / 1000000) : -1;
}

static int loop(struct screen *screen, struct diag *diag)
{
	while (!screen->quit) {
		int there, err = 0;

		if (screen->dirty)
			paint(screen);
		if (screen->loading)
			err = load(screen, diag);
		if (err)
			return err;
		if (screen->dirty && !screen->loading)
			continue;
		there = terminal_wait(timeout_ms(screen));
		if (there < 0)
			return 0;	/* the terminal is gone; nobody is there to be told */
		signals(screen);
		if (there && input_read(screen->session, now_ns()))
			screen->dirty = true;
		if (!there && !screen->loading && session_unfinished(screen->session)) {
			session_finish(screen->session);
			screen->dirty = true;
		}
		if (session_playing(screen->session)) {
			session_tick(screen->session, now_ns());
			screen->dirty = true;
		}
		apply_all(screen);
	}
	return 0;
}

int screen_run(struct session *session, struct screen_options *options, struct diag *diag)
{
	struct screen screen = { .session = session, .options = options, .dirty = true,
				 .loading = options->load != NULL };
	struct theme dark;
	int err = screen_check(diag);

	session_hurry(session, true);
	session_set_charset(session, options->ascii ? GRID_ASCII : screen_charset());
	if (!err && !options->theme)
		err = theme_shipped(&dark, "dark");
	if (!err)
		err = terminal_take(diag);
	if (err)
		return err;
	paint_init(&screen.paint, options->theme ? options->theme : &dark, options->no_color);
	if (options->no_mouse)
		session_act(session, ACTION_MOUSE, "");
	else
		terminal_mouse(true);
	err = make_grid(&screen);
	if (!err)
		err = loop(&screen, diag);
	paint_fini(&screen.paint);
	grid_free(screen.grid);
	terminal_give();
	return err;
}
