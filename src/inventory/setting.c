/* SPDX-License-Identifier: MIT */
#include "inventory/setting.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* A holder has each key once: nothing that two lines say of one host is ever
 * decided by which of them came last. */

/* How many values a key that adds takes. */
#define LIST_MAX 64

/* Two files can have the same name, so it is not compared as text. */
static bool is_same_line(struct place a, struct place b)
{
	return a.line == b.line && a.file == b.file;
}

/* Refuses what contradicts an earlier setting, and names both places. */
static int refuse(const struct setting *first, const struct setting *second,
		  const char *what, sshoal_error *error)
{
	bool is_elsewhere = first->place.file != second->place.file;
	return sshoal__place_error(error, SSHOAL_EFORMAT, second->place,
				   "%s %s %s%sline %u: keep one", second->name,
				   what, is_elsewhere ? first->place.file : "",
				   is_elsewhere ? " " : "", first->place.line);
}

/* Puts a setting in the place of another. */
static void replace(struct setting *first, const struct setting *second)
{
	struct setting *next = first->next;
	*first = *second;
	first->next = next;
}

/* The same again says nothing new, unless it is on the same line. */
static int merge(struct setting *first, const struct setting *second,
		 const struct settings *settings, sshoal_error *error)
{
	if (settings->last_counts) {
		replace(first, second);
		return 0;
	}
	if (is_same_line(first->place, second->place))
		return refuse(first, second, "is set twice in", error);
	if (first->number != second->number ||
	    (first->number == 0 && strcmp(first->text, second->text) != 0))
		return refuse(first, second, "is something else in", error);
	first->place = second->place;
	return 0;
}

/* SSHOAL_ELIMIT when there are too many. */
static int add_to_list(struct setting *first, const struct setting *second,
		       struct store *store)
{
	struct setting_list *all = first->all;
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->texts[i], second->text) == 0)
			return 0;
	if (all->count == LIST_MAX)
		return SSHOAL_ELIMIT;
	if (all->count == all->capacity) {
		size_t capacity = all->capacity ? all->capacity * 2 : 1;
		char **texts =
			sshoal__store_get(store, capacity * sizeof *texts);
		struct place *places =
			sshoal__store_get(store, capacity * sizeof *places);
		if (!texts || !places)
			return SSHOAL_ENOMEM;
		if (all->count > 0) {
			memcpy(texts, all->texts, all->count * sizeof *texts);
			memcpy(places, all->places,
			       all->count * sizeof *places);
		}
		all->texts = texts;
		all->places = places;
		all->capacity = capacity;
	}
	all->places[all->count] = second->place;
	all->texts[all->count++] = (char *)second->text;
	return 0;
}

static struct setting *keep(const struct setting *setting, struct store *store)
{
	struct setting *kept = sshoal__store_get(store, sizeof *kept);
	if (!kept)
		return NULL;
	*kept = *setting;
	if (setting->key != SETTING_KEY)
		return kept;
	kept->all = sshoal__store_get(store, sizeof *kept->all);
	return kept->all && add_to_list(kept, setting, store) == 0 ? kept :
								     NULL;
}

static int add_variable(struct holder *holder, const struct setting *setting,
			const struct settings *settings, sshoal_error *error)
{
	char prefix[32];
	int n = snprintf(prefix, sizeof prefix, "%p ", (void *)holder);
	size_t size = strlen(setting->name);
	char *id = n > 0 ? sshoal__store_get(settings->store,
					     (size_t)n + size + 1) :
			   NULL;
	if (!id)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	memcpy(id, prefix, (size_t)n);
	memcpy(id + n, setting->name, size);
	struct setting *first = sshoal__map_get(settings->variables, id);
	if (first)
		return merge(first, setting, settings, error);
	struct setting *kept = keep(setting, settings->store);
	int rc = kept ? sshoal__map_put(settings->variables, id, kept) :
			SSHOAL_ENOMEM;
	if (rc)
		return sshoal__error_code(error, rc);
	kept->next = holder->variables;
	holder->variables = kept;
	return 0;
}

/* A password and a file with one contradict each other. */
static enum setting_key opposite(enum setting_key key)
{
	return key == SETTING_PASSWORD      ? SETTING_PASSWORD_FILE :
	       key == SETTING_PASSWORD_FILE ? SETTING_PASSWORD :
					      SETTING_COUNT;
}

static int add_another(struct setting *first, const struct setting *second,
		       struct store *store, sshoal_error *error)
{
	int rc = add_to_list(first, second, store);
	if (rc == SSHOAL_ELIMIT)
		return sshoal__place_error(
			error, SSHOAL_EFORMAT, second->place,
			"more than %d keys: no server takes so many, remove "
			"some",
			LIST_MAX);
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal__setting_add(struct holder *holder, const struct setting *setting,
			const struct settings *settings, sshoal_error *error)
{
	if (setting->key == SETTING_VARIABLE)
		return add_variable(holder, setting, settings, error);
	struct setting *first = holder->settings;
	while (first && first->key != setting->key)
		first = first->next;
	if (first && setting->key != SETTING_KEY)
		return merge(first, setting, settings, error);
	if (first)
		return add_another(first, setting, settings->store, error);
	const struct setting *other =
		sshoal__setting_find(holder, opposite(setting->key));
	if (other)
		return refuse(other, setting,
			      setting->key == SETTING_PASSWORD ?
				      "stands beside password-file in" :
				      "stands beside password in",
			      error);
	struct setting *kept = keep(setting, settings->store);
	if (!kept)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	kept->next = holder->settings;
	holder->settings = kept;
	return 0;
}

const struct setting *sshoal__setting_find(const struct holder *holder,
					   enum setting_key key)
{
	const struct setting *setting = holder->settings;
	while (setting && setting->key != key)
		setting = setting->next;
	return setting;
}
