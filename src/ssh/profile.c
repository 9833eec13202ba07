/* SPDX-License-Identifier: MIT */
#include "ssh/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/config_values.h"
#include "inventory/place.h"

/* Nearly all hosts of a run have the same settings: what takes time to read or
 * is to be told is found in the book after the first. */

#define ATTEMPTS_MOST 100
#define KEEPALIVE_LEAST_MS 2000

static int no_memory(sshoal_error *error)
{
	return sshoal__error_code(error, SSHOAL_ENOMEM);
}

static void tell(const struct profile_book *book, int level, const char *text)
{
	if (book->note)
		book->note(book->data, level, text);
}

static const struct config_value *value_of(const struct config_values *values,
					   enum config_id id, size_t index)
{
	return sshoal__config_values_get(values, sshoal__config_keyword_of(id),
					 index);
}

static uint32_t number_of(const struct config_values *values, enum config_id id,
			  uint32_t usual)
{
	const char *text = sshoal__config_values_first(values, id);
	return text ? (uint32_t)strtoul(text, NULL, 10) : usual;
}

static bool is_yes(const struct config_values *values, enum config_id id)
{
	const char *text = sshoal__config_values_first(values, id);
	return text && strcmp(text, "yes") == 0;
}

/* --- algorithms --- */

static int read_list(char **list, struct profile_book *book,
		     enum algorithm_kind kind,
		     const struct config_value *setting, sshoal_error *error)
{
	char read[ALGORITHMS_MAX];
	char left_out[256];
	sshoal_error why = { .code = 0 };
	int rc = sshoal__algorithms_read(read, kind, setting->text, left_out,
					 sizeof left_out, &why);
	if (rc == SSHOAL_ENOMEM)
		return no_memory(error);
	if (rc)
		return sshoal__place_error(error, rc, setting->line->place,
					   "%s", why.text);
	char text[sizeof left_out + 80];
	(void)snprintf(text, sizeof text,
		       "%s: left out what libssh2 does not speak: %s",
		       sshoal__algorithms_keyword(kind), left_out);
	if (*left_out)
		tell(book, 1, text);
	*list = sshoal__store_text(&book->store, read, strlen(read));
	return *list ? 0 : no_memory(error);
}

static int find_list(const char **list, struct profile_book *book,
		     enum algorithm_kind kind,
		     const struct config_value *setting, sshoal_error *error)
{
	char *key = NULL;
	if (asprintf(&key, "%d %s", kind, setting->text) < 0)
		return no_memory(error);
	char *found = sshoal__map_get(&book->lists, key);
	const char *kept =
		found ? key :
			sshoal__store_text(&book->store, key, strlen(key));
	int rc = kept ? 0 : no_memory(error);
	if (rc == 0 && !found)
		rc = read_list(&found, book, kind, setting, error);
	if (rc == 0 && kept != key &&
	    sshoal__map_put(&book->lists, kept, found) != 0)
		rc = no_memory(error);
	free(key);
	if (rc == 0)
		*list = found;
	return rc;
}

static int set_algorithms(struct profile *profile, struct profile_book *book,
			  const struct config_values *values,
			  sshoal_error *error)
{
	static const enum config_id ids[] = {
		[ALGORITHM_KEX] = CONFIG_KEX_ALGORITHMS,
		[ALGORITHM_HOST_KEYS] = CONFIG_HOST_KEY_ALGORITHMS,
		[ALGORITHM_CIPHERS] = CONFIG_CIPHERS,
		[ALGORITHM_MACS] = CONFIG_MACS,
	};
	profile->algorithms.compression = is_yes(values, CONFIG_COMPRESSION);
	for (int kind = 0; kind < ALGORITHM_KINDS; kind++) {
		const struct config_value *setting =
			value_of(values, ids[kind], 0);
		int rc = setting ? find_list(&profile->algorithms.lists[kind],
					     book, (enum algorithm_kind)kind,
					     setting, error) :
				   0;
		if (rc)
			return rc;
	}
	return 0;
}

/* --- the way --- */

static int set_bind(struct profile *profile, const struct config_values *values,
		    sshoal_error *error)
{
	const struct config_value *value =
		value_of(values, CONFIG_BIND_ADDRESS, 0);
	if (!value)
		return 0;
	struct addresses found;
	if (!sshoal__resolve_numeric(&found, value->text))
		return sshoal__place_error(error, SSHOAL_EUNSUPPORTED,
					   value->line->place,
					   "BindAddress %.200s: only an "
					   "address in digits is supported",
					   value->text);
	profile->bind = found.list[0];
	return 0;
}

static int family_of(const struct config_values *values)
{
	const char *family =
		sshoal__config_values_first(values, CONFIG_ADDRESS_FAMILY);
	if (!family || strcmp(family, "any") == 0)
		return AF_UNSPEC;
	return strcmp(family, "inet") == 0 ? AF_INET : AF_INET6;
}

static void set_numbers(struct profile *profile,
			const struct config_values *values)
{
	int64_t interval_ms =
		(int64_t)number_of(values, CONFIG_SERVER_ALIVE_INTERVAL, 0) *
		1000;
	profile->keepalive_interval_ms =
		interval_ms && interval_ms < KEEPALIVE_LEAST_MS ?
			KEEPALIVE_LEAST_MS :
			interval_ms;
	profile->keepalive_count =
		number_of(values, CONFIG_SERVER_ALIVE_COUNT_MAX,
			  profile->keepalive_count);
	uint32_t attempts = number_of(values, CONFIG_CONNECTION_ATTEMPTS, 1);
	profile->attempts = attempts > ATTEMPTS_MOST ? ATTEMPTS_MOST : attempts;
}

/* --- known hosts --- */

static size_t count_of(const struct config_values *values, enum config_id id)
{
	size_t count = 0;
	while (value_of(values, id, count))
		count++;
	return count;
}

/* The first files are the user's: new keys go into the first of all. */
static size_t add_files(const char **files, size_t count,
			const struct config_values *values, enum config_id id,
			const char *usual)
{
	size_t n = count_of(values, id);
	if (n == 0)
		files[count++] = usual;
	for (size_t i = 0; i < n; i++) {
		const char *path = value_of(values, id, i)->text;
		if (strcasecmp(path, "none") != 0)
			files[count++] = path;
		else if (count == 0)
			files[count++] = "/dev/null";
	}
	return count;
}

static int set_known_hosts(struct profile *profile, struct profile_book *book,
			   const struct config_values *values,
			   sshoal_error *error)
{
	profile->known_host =
		sshoal__config_values_first(values, CONFIG_HOST_KEY_ALIAS);
	profile->hashes_names = is_yes(values, CONFIG_HASH_KNOWN_HOSTS);
	size_t count = count_of(values, CONFIG_USER_KNOWN_HOSTS_FILE) +
		       count_of(values, CONFIG_GLOBAL_KNOWN_HOSTS_FILE);
	if (count == 0)
		return 0;
	const char **files =
		sshoal__store_get(&book->store, (count + 2) * sizeof *files);
	if (!files)
		return no_memory(error);
	size_t used = add_files(files, 0, values, CONFIG_USER_KNOWN_HOSTS_FILE,
				"~/.ssh/known_hosts");
	used = add_files(files, used, values, CONFIG_GLOBAL_KNOWN_HOSTS_FILE,
			 "/etc/ssh/ssh_known_hosts");
	profile->known_hosts = files;
	profile->known_hosts_count = used;
	return 0;
}

/* --- the environment --- */

static bool is_sent(const struct config_values *values, const char *name)
{
	for (size_t i = 0;; i++) {
		const struct config_value *value =
			value_of(values, CONFIG_SEND_ENV, i);
		if (!value)
			return false;
		if (sshoal__pattern_match(value->text, name))
			return true;
	}
}

static bool is_set(const struct config_values *values, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0;; i++) {
		const struct config_value *value =
			value_of(values, CONFIG_SET_ENV, i);
		if (!value)
			return false;
		if (strncmp(value->text, name, n) == 0 && value->text[n] == '=')
			return true;
	}
}

/* Writes what of our own environment is sent, unless it is set besides, and
 * returns how many there are; with env NULL they are counted only. */
static size_t add_sent(const char **env, const struct config_values *values)
{
	size_t count = 0;
	for (char **variable = environ; variable && *variable; variable++) {
		char name[256];
		size_t n = strcspn(*variable, "=");
		if (n == 0 || n >= sizeof name || !(*variable)[n])
			continue;
		memcpy(name, *variable, n);
		name[n] = '\0';
		if (!is_sent(values, name) || is_set(values, name))
			continue;
		if (env)
			env[count] = *variable;
		count++;
	}
	return count;
}

static int set_env(struct profile *profile, struct profile_book *book,
		   const struct config_values *values, sshoal_error *error)
{
	size_t set = count_of(values, CONFIG_SET_ENV);
	size_t sent = value_of(values, CONFIG_SEND_ENV, 0) ?
			      add_sent(NULL, values) :
			      0;
	if (set + sent == 0)
		return 0;
	const char **env =
		sshoal__store_get(&book->store, (set + sent + 1) * sizeof *env);
	if (!env)
		return no_memory(error);
	size_t count = sent ? add_sent(env, values) : 0;
	for (size_t i = 0; i < set; i++)
		env[count++] = value_of(values, CONFIG_SET_ENV, i)->text;
	profile->env = env;
	return 0;
}

/* --- all of it --- */

/* Lists each keyword that has no effect, once. */
static int tell_ignored(struct profile_book *book,
			const struct config_values *values, sshoal_error *error)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct config_keyword *keyword = values->list[i].keyword;
		if (keyword->id != CONFIG_OTHER ||
		    sshoal__map_get(&book->told, keyword->name))
			continue;
		if (sshoal__map_put(&book->told, keyword->name, book) != 0)
			return no_memory(error);
		char text[128];
		(void)snprintf(text, sizeof text,
			       "ssh_config: %s has no effect here",
			       keyword->name);
		tell(book, 1, text);
	}
	return 0;
}

int sshoal__profile_make(struct profile *profile, struct profile_book *book,
			 const struct config_values *values,
			 sshoal_error *error)
{
	struct profile made = PROFILE_INIT;
	made.family = family_of(values);
	set_numbers(&made, values);
	int rc = tell_ignored(book, values, error);
	if (rc == 0)
		rc = set_algorithms(&made, book, values, error);
	if (rc == 0)
		rc = set_bind(&made, values, error);
	if (rc == 0)
		rc = set_known_hosts(&made, book, values, error);
	if (rc == 0)
		rc = set_env(&made, book, values, error);
	if (rc == 0)
		*profile = made;
	return rc;
}

void sshoal__profile_book_fini(struct profile_book *book)
{
	sshoal__map_fini(&book->lists);
	sshoal__map_fini(&book->told);
	sshoal__store_fini(&book->store);
}
