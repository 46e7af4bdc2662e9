// SPDX-License-Identifier: GPL-2.0-only
/*
 * keymap.c - which key does what, from the table and from the user's keys.yaml.
 *
 * The one hard idea is what a clash is: two actions may share a key when no view has both.  So
 * a clash is a pair of actions with a common key *and* a common view, and a user who moves one
 * action onto the key of another is told both names instead of losing one silently.  Digits are
 * the views' own and cannot be given away.
 *
 * A file that is wrong anywhere changes nothing: the new map is built aside and copied when whole.
 */
#include "action.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace/diag.h"

#include "yaml_file.h"

/*
 * Letters that a view needs for something of its own, in the place of what they do elsewhere: where
 * both have the key, the second action takes it.
 */
static const struct {
	enum action elsewhere, here;
} yields[] = {
	{ACTION_NEXT, ACTION_VISIT_NEXT},
	{ACTION_PREV, ACTION_VISIT_PREV},
	{ACTION_UP, ACTION_COMPARE},
};

static bool yields_to(int a, int b)
{
	for (size_t i = 0; i < sizeof(yields) / sizeof(*yields); i++)
		if ((int)yields[i].elsewhere == a && (int)yields[i].here == b)
			return true;
	return false;
}

static bool key_add(uint32_t keys[KEYS_PER_ACTION], uint32_t key)
{
	for (int i = 0; i < KEYS_PER_ACTION; i++) {
		if (keys[i] == key)
			return true;
		if (keys[i] == K_NONE) {
			keys[i] = key;
			return true;
		}
	}
	return false;
}

static void keys_clear(uint32_t keys[KEYS_PER_ACTION])
{
	for (int i = 0; i < KEYS_PER_ACTION; i++)
		keys[i] = K_NONE;
}

void keymap_init(struct keymap *map)
{
	for (int i = 0; i < NR_ACTIONS; i++) {
		char text[64], *save, *name;

		keys_clear(map->keys[i]);
		snprintf(text, sizeof(text), "%s", action_table[i].keys);
		for (name = strtok_r(text, " ", &save); name; name = strtok_r(NULL, " ", &save))
			key_add(map->keys[i], key_parse(name));
	}
}

static bool has_key(const struct keymap *map, int action, enum view_id view, uint32_t key)
{
	if (!(action_table[action].views & (1u << view)))
		return false;
	for (int k = 0; k < KEYS_PER_ACTION && map->keys[action][k] != K_NONE; k++)
		if (map->keys[action][k] == key)
			return true;
	return false;
}

enum action keymap_find(const struct keymap *map, enum view_id view, uint32_t key)
{
	enum action found = ACTION_NONE;

	if (key == K_NONE)
		return ACTION_NONE;
	for (int i = 0; i < NR_ACTIONS; i++)
		if (has_key(map, i, view, key) && (found == ACTION_NONE || yields_to((int)found, i)))
			found = (enum action)i;
	return found;
}

static bool actions_share(const struct keymap *map, int a, int b, uint32_t *ret_key)
{
	if (!(action_table[a].views & action_table[b].views) || yields_to(a, b) || yields_to(b, a))
		return false;
	for (int i = 0; i < KEYS_PER_ACTION && map->keys[a][i] != K_NONE; i++)
		for (int k = 0; k < KEYS_PER_ACTION && map->keys[b][k] != K_NONE; k++)
			if (map->keys[a][i] == map->keys[b][k]) {
				*ret_key = map->keys[a][i];
				return true;
			}
	return false;
}

bool keymap_clash(const struct keymap *map, enum action *ret_a, enum action *ret_b,
		  uint32_t *ret_key)
{
	for (int a = 0; a < NR_ACTIONS; a++)
		for (int b = a + 1; b < NR_ACTIONS; b++)
			if (actions_share(map, a, b, ret_key)) {
				*ret_a = (enum action)a;
				*ret_b = (enum action)b;
				return true;
			}
	return false;
}

const char *keymap_text(const struct keymap *map, enum action action, int view, char *buffer,
			size_t size)
{
	char name[KEY_NAME_MAX];
	size_t len = 0;

	if (size)
		buffer[0] = '\0';
	for (int i = 0; i < KEYS_PER_ACTION && map->keys[action][i] != K_NONE && len < size; i++) {
		uint32_t key = map->keys[action][i];

		if (view >= 0 && keymap_find(map, (enum view_id)view, key) != action)
			continue;
		len += (size_t)snprintf(buffer + len, size - len, "%s%s", len ? " " : "",
					key_label(key, name, sizeof(name)));
	}
	return buffer;
}

static int load_key(struct yaml_file *yaml, const yaml_node_t *node, uint32_t keys[KEYS_PER_ACTION],
		    struct diag *diag)
{
	const char *name = yaml_scalar(node);
	uint32_t key = name ? key_parse(name) : K_NONE;

	if (key == K_NONE) {
		yaml_wrong(yaml, node, diag, "\"%s\" is not a key", name ? name : "(a list)");
		diag_expected(diag, "a character, Space, Enter, PgUp, Shift-Left, Ctrl-A ...");
		return -EINVAL;
	}
	if (key >= '1' && key <= '9')
		return yaml_wrong(yaml, node, diag, "the key %s belongs to a view", name);
	if (!key_add(keys, key))
		return yaml_wrong(yaml, node, diag, "more than %d keys for one action",
				  KEYS_PER_ACTION);
	return 0;
}

static int load_action(struct yaml_file *yaml, const yaml_node_t *key, const yaml_node_t *value,
		       struct keymap *map, struct diag *diag)
{
	const char *name = yaml_scalar(key);
	enum action action = name ? action_find(name) : ACTION_NONE;
	int err = 0;

	if (action == ACTION_NONE) {
		yaml_wrong(yaml, key, diag, "there is no action called \"%s\"", name ? name : "");
		diag_advice(diag, "press ? in ksmtop: it lists the names");
		return -EINVAL;
	}
	keys_clear(map->keys[action]);
	if (value->type == YAML_SCALAR_NODE)
		return load_key(yaml, value, map->keys[action], diag);
	if (value->type != YAML_SEQUENCE_NODE)
		return yaml_wrong(yaml, value, diag, "keys of \"%s\" are neither a key nor a list", name);
	for (int i = 0; !err && i < yaml_length(value); i++)
		err = load_key(yaml, yaml_item(yaml, value, i), map->keys[action], diag);
	return err;
}

static int clash_wrong(const struct keymap *map, const char *file, struct diag *diag)
{
	enum action a, b;
	uint32_t key;
	char name[KEY_NAME_MAX];

	if (!keymap_clash(map, &a, &b, &key))
		return 0;
	diag_set(diag, -EINVAL, "the key %s means both \"%s\" and \"%s\"",
		 key_label(key, name, sizeof(name)), action_table[a].name, action_table[b].name);
	diag_file(diag, file);
	diag_advice(diag, "give one of them another key in that file");
	return -EINVAL;
}

int keymap_load(struct keymap *map, const char *file, const char *text, size_t size,
		struct diag *diag)
{
	struct keymap fresh = *map;
	struct yaml_file yaml;
	int err = yaml_file_load(&yaml, file, text, size, diag);

	if (err)
		return err;
	for (int i = 0; !err && i < yaml_pairs(yaml.top); i++) {
		yaml_node_t *key, *value;

		yaml_pair(&yaml, yaml.top, i, &key, &value);
		err = load_action(&yaml, key, value, &fresh, diag);
	}
	yaml_file_fini(&yaml);
	if (!err)
		err = clash_wrong(&fresh, file, diag);
	if (!err)
		*map = fresh;
	return err;
}
