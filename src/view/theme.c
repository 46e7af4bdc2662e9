// SPDX-License-Identifier: GPL-2.0-only
/*
 * theme.c - reads a theme, and computes what it leaves out.
 *
 * The one hard idea is the order in which a look is settled: `like` copies all four depths of
 * another role first, then `color` and `style` replace the rich depths and give the computed
 * 256, 16 and mono ones, then `ansi` and `mono` have the last word.  `like` may only name a role
 * that stands above it in the file, so there are no circles.
 *
 * Not here: what escape sequence a look becomes (src/screen), and finding the user's files.
 */
#include "theme.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

#include "shipped_themes.h"
#include "yaml_file.h"

static const char *const color_names[16] = {
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	"bright-black", "bright-red", "bright-green", "bright-yellow",
	"bright-blue", "bright-magenta", "bright-cyan", "bright-white",
};

static uint32_t nearest(uint32_t rgb, uint32_t first, uint32_t last)
{
	uint32_t best = first;
	double least = 1e9;

	for (uint32_t i = first; i <= last; i++) {
		double distance = color_distance(rgb, palette_rgb(i), VISION_NORMAL);

		if (distance < least) {
			least = distance;
			best = i;
		}
	}
	return best;
}

static bool parse_color(const char *text, uint32_t *ret_color)
{
	char *end;
	unsigned long value;

	if (!strcmp(text, "default")) {
		*ret_color = COLOR_DEFAULT;
		return true;
	}
	for (uint32_t i = 0; i < 16; i++)
		if (!strcmp(text, color_names[i])) {
			*ret_color = i;
			return true;
		}
	if (text[0] == '#') {
		value = strtoul(text + 1, &end, 16);
		if (strlen(text) != 7 || *end || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
			return false;
		*ret_color = COLOR_RGB | (uint32_t)value;
		return true;
	}
	if (text[0] < '0' || text[0] > '9')
		return false;
	value = strtoul(text, &end, 10);
	*ret_color = (uint32_t)value;
	return !*end && value < 256;
}

static bool parse_style(const char *word, uint32_t *style)
{
	static const struct { const char *name; uint32_t bit; } styles[] = {
		{ "normal", 0 }, { "bold", STYLE_BOLD }, { "dim", STYLE_DIM },
		{ "underline", STYLE_UNDERLINE }, { "reverse", STYLE_REVERSE },
	};

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (!strcmp(word, styles[i].name)) {
			*style |= styles[i].bit;
			return true;
		}
	return false;
}

/* "yellow bold": styles, and a colour where @color is not NULL.  False: *ret_word is wrong. */
static bool parse_words(const char *text, uint32_t *color, uint32_t *style, char ret_word[64])
{
	char copy[128], *save, *word;

	*style = 0;
	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		snprintf(ret_word, 64, "%.63s", word);
		if (!parse_style(word, style) && !(color && parse_color(word, color)))
			return false;
	}
	return true;
}

/* The four depths of a colour with a style. */
static void looks_compute(struct look looks[4], uint32_t color, uint32_t style)
{
	uint32_t rgb = color & 0xffffff;

	looks[DEPTH_TRUE] = (struct look){ color, style };
	looks[DEPTH_256] = looks[DEPTH_16] = looks[DEPTH_TRUE];
	looks[DEPTH_MONO] = (struct look){ COLOR_DEFAULT, style };
	if (color == COLOR_DEFAULT)
		return;
	if (color & COLOR_RGB)
		looks[DEPTH_256].color = nearest(rgb, 16, 255);
	else
		rgb = palette_rgb(color);
	if (color & COLOR_RGB || color > 15)
		looks[DEPTH_16].color = nearest(rgb, 0, 15);
}

struct role_text {
	const char *like, *color, *style, *ansi, *mono;
	const yaml_node_t *like_node, *color_node, *style_node, *ansi_node, *mono_node;
};

static int read_role_text(struct yaml_file *yaml, const yaml_node_t *node, struct role_text *text,
			  struct diag *diag)
{
	const struct { const char *name, **text; const yaml_node_t **node; } fields[] = {
		{ "like", &text->like, &text->like_node }, { "color", &text->color, &text->color_node },
		{ "style", &text->style, &text->style_node }, { "ansi", &text->ansi, &text->ansi_node },
		{ "mono", &text->mono, &text->mono_node },
	};

	for (int i = 0; i < yaml_pairs(node); i++) {
		yaml_node_t *key, *value;
		const char *name;
		size_t f = 0;

		yaml_pair(yaml, node, i, &key, &value);
		name = yaml_scalar(key);
		while (f < 5 && (!name || strcmp(name, fields[f].name)))
			f++;
		if (f == 5) {
			yaml_wrong(yaml, key, diag, "a role has no \"%s\"", name ? name : "");
			diag_expected(diag, "like, color, style, ansi or mono");
			return -EINVAL;
		}
		*fields[f].text = yaml_scalar(value);
		*fields[f].node = value;
		if (!*fields[f].text)
			return yaml_wrong(yaml, value, diag, "%s is not a text", name);
	}
	return 0;
}

static int wrong_word(struct yaml_file *yaml, const yaml_node_t *node, const char *word, bool color,
		      struct diag *diag)
{
	yaml_wrong(yaml, node, diag, "\"%s\" is not a %s", word, color ? "colour" : "style");
	if (color)
		diag_expected(diag, "default, a name such as bright-blue, 0-255 or \"#rrggbb\"");
	else
		diag_expected(diag, "bold, dim, underline, reverse or normal");
	return -EINVAL;
}

static int read_role(struct yaml_file *yaml, const yaml_node_t *node, struct theme *theme,
		     enum role role, const bool *seen, struct diag *diag)
{
	struct role_text text = { 0 };
	struct look *looks = theme->looks[role];
	uint32_t color, style;
	char word[64] = "";
	int like, err;

	if (node->type != YAML_MAPPING_NODE)
		return yaml_wrong(yaml, node, diag, "the role %s is not {color: ...}", role_name(role));
	err = read_role_text(yaml, node, &text, diag);
	if (err)
		return err;
	if (text.like) {
		like = role_find(text.like);
		if (like < 0 || !seen[like])
			return yaml_wrong(yaml, text.like_node, diag,
					  "no role \"%s\" stands above this one", text.like);
		memcpy(looks, theme->looks[like], sizeof(theme->looks[like]));
	}
	color = looks[DEPTH_TRUE].color;
	style = looks[DEPTH_TRUE].style;
	if (text.color && !parse_color(text.color, &color))
		return wrong_word(yaml, text.color_node, text.color, true, diag);
	if (text.style && !parse_words(text.style, NULL, &style, word))
		return wrong_word(yaml, text.style_node, word, false, diag);
	if (text.color)
		looks_compute(looks, color, style);
	else if (text.style)
		for (int depth = 0; depth < 4; depth++)
			looks[depth].style = style;
	if (text.ansi) {
		looks[DEPTH_16].color = COLOR_DEFAULT;
		if (!parse_words(text.ansi, &looks[DEPTH_16].color, &looks[DEPTH_16].style, word))
			return wrong_word(yaml, text.ansi_node, word, true, diag);
		if (looks[DEPTH_16].color != COLOR_DEFAULT && looks[DEPTH_16].color > 15)
			return wrong_word(yaml, text.ansi_node, text.ansi, true, diag);
	}
	if (text.mono && !parse_words(text.mono, NULL, &looks[DEPTH_MONO].style, word))
		return wrong_word(yaml, text.mono_node, word, false, diag);
	return 0;
}

static int read_roles(struct yaml_file *yaml, const yaml_node_t *roles, struct theme *theme,
		      struct diag *diag)
{
	bool seen[NR_ROLES] = { false };

	if (roles->type != YAML_MAPPING_NODE)
		return yaml_wrong(yaml, roles, diag, "roles is not a mapping");
	for (int i = 0; i < yaml_pairs(roles); i++) {
		yaml_node_t *key, *value;
		const char *name;
		int role, err;

		yaml_pair(yaml, roles, i, &key, &value);
		name = yaml_scalar(key);
		role = name ? role_find(name) : -1;
		if (role < 0)
			return yaml_wrong(yaml, key, diag, "there is no role \"%s\"", name ? name : "");
		err = read_role(yaml, value, theme, (enum role)role, seen, diag);
		if (err)
			return err;
		seen[role] = true;
	}
	return 0;
}

static int read_top(struct yaml_file *yaml, const yaml_node_t *key, const yaml_node_t *value,
		    struct theme *theme, struct diag *diag)
{
	const char *name = yaml_scalar(key), *text = yaml_scalar(value);
	uint32_t color;

	if (name && !strcmp(name, "roles"))
		return read_roles(yaml, value, theme, diag);
	if (name && text && !strcmp(name, "name")) {
		snprintf(theme->name, sizeof(theme->name), "%s", text);
		return 0;
	}
	if (name && text && !strcmp(name, "on")) {
		if (!parse_color(text, &color) || !(color & COLOR_RGB) || color == COLOR_DEFAULT)
			return yaml_wrong(yaml, value, diag, "on is not \"#rrggbb\"");
		theme->on = color & 0xffffff;
		return 0;
	}
	yaml_wrong(yaml, key, diag, "a theme has no \"%s\"", name ? name : "");
	diag_expected(diag, "name, on or roles");
	return -EINVAL;
}

int theme_load(struct theme *theme, const char *file, const char *text, size_t size,
	       struct diag *diag)
{
	struct theme fresh = { 0 };
	struct yaml_file yaml;
	int err = yaml_file_load(&yaml, file, text, size, diag);

	if (err)
		return err;
	for (int role = 0; role < NR_ROLES; role++)
		looks_compute(fresh.looks[role], COLOR_DEFAULT, 0);
	for (int i = 0; !err && i < yaml_pairs(yaml.top); i++) {
		yaml_node_t *key, *value;

		yaml_pair(&yaml, yaml.top, i, &key, &value);
		err = read_top(&yaml, key, value, &fresh, diag);
	}
	if (!err && !yaml.top) {
		diag_set(diag, -EINVAL, "the theme is empty");
		diag_file(diag, file);
		err = -EINVAL;
	}
	yaml_file_fini(&yaml);
	if (!err)
		*theme = fresh;
	return err;
}

int theme_shipped(struct theme *theme, const char *name)
{
	for (const struct shipped_theme *s = shipped_themes; s->name; s++)
		if (!strcmp(s->name, name))
			return theme_load(theme, s->name, s->text, s->size, NULL);
	return -ENOENT;
}
