/* SPDX-License-Identifier: MIT */
#include "trust/refusal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "trust/host_key.h"

/*
 * What is most important stands first, because an error's text has an end. A
 * command that would be cut is left out: half a command is worse than none.
 */

/* What is longer than an error's text need not be kept. */
enum { WORD_SIZE = sizeof((sshoal_error *)0)->text };

/* A word as a shell takes it, quoted if it must be. "" where it is too long. */
static void quote(char out[WORD_SIZE], const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_";
	if (word[strspn(word, plain)] == '\0') {
		size_t size = strlen(word) + 1;
		if (size > WORD_SIZE)
			size = 0;
		memcpy(out, word, size);
		out[size ? size - 1 : 0] = '\0';
		return;
	}
	size_t at = 0;
	out[at++] = '\'';
	for (; *word && at < WORD_SIZE - 6; word++) {
		if (*word == '\'') {
			memcpy(out + at, "'\\''", 4);
			at += 4;
		} else {
			out[at++] = *word;
		}
	}
	out[at++] = '\'';
	out[at] = '\0';
	if (*word)
		out[0] = '\0';
}

/* "host:port" for a reader. */
static void describe_place(char out[QUERY_NAME_SIZE], const struct query *query)
{
	bool is_ipv6 = strchr(query->host, ':') != NULL;
	(void)snprintf(out, QUERY_NAME_SIZE, is_ipv6 ? "[%s]:%u" : "%s:%u",
		       query->host, (unsigned)query->port);
}

static bool fits(int size)
{
	return size >= 0 && size < WORD_SIZE;
}

int sshoal__refuse_unknown(const struct query *query,
			   const struct findings *findings, const char *file,
			   sshoal_error *error)
{
	char key[HOST_KEY_TEXT_SIZE];
	char place[QUERY_NAME_SIZE];
	char target[WORD_SIZE];
	char path[WORD_SIZE] = "";
	char note[WORD_SIZE] = "";
	char way[WORD_SIZE];
	sshoal__host_key_describe(key, query->key, query->key_size);
	describe_place(place, query);
	quote(target, place);
	if (file)
		quote(path, file);
	if (findings->authority)
		(void)snprintf(note, sizeof note,
			       " (the @cert-authority of %s:%zu is not enough: "
			       "host certificates are not supported)",
			       findings->authority->file,
			       findings->authority->line);
	int way_size = snprintf(way, sizeof way,
				"add it with: sshoal trust -w %s --known-hosts "
				"%s (compare the fingerprint first), or ",
				target, path);
	static const char format[] = "host key of %s is not known: %s%s; %s"
				     "use --host-key-policy accept-new";
	int size = snprintf(NULL, 0, format, place, key, note, way);
	if (!target[0] || !path[0] || !fits(way_size) || !fits(size))
		way[0] = '\0';
	return sshoal__error_set(error, SSHOAL_EHOSTKEY_UNKNOWN, format, place,
				 key, note, way);
}

int sshoal__refuse_changed(const struct query *query,
			   const struct findings *findings, sshoal_error *error)
{
	const struct entry *entry = findings->other;
	char got[HOST_KEY_TEXT_SIZE];
	char expected[HOST_KEY_TEXT_SIZE];
	char place[QUERY_NAME_SIZE];
	char target[WORD_SIZE];
	char path[WORD_SIZE];
	char way[WORD_SIZE];
	sshoal__host_key_describe(got, query->key, query->key_size);
	sshoal__host_key_describe(expected, entry->key, entry->key_size);
	describe_place(place, query);
	quote(target, place);
	quote(path, entry->file);
	int way_size = snprintf(way, sizeof way,
				": sshoal trust -w %s --replace %s "
				"--known-hosts %s",
				target, target, path);
	static const char format[] =
		"HOST KEY CHANGED for %s: got %s, expected %s (%s:%zu); "
		"somebody may be listening in; if the change is right "
		"replace the key%s";
	int size = snprintf(NULL, 0, format, place, got, expected, entry->file,
			    entry->line, way);
	if (!target[0] || !path[0] || !fits(way_size) || !fits(size))
		way[0] = '\0';
	return sshoal__error_set(error, SSHOAL_EHOSTKEY_CHANGED, format, place,
				 got, expected, entry->file, entry->line, way);
}

int sshoal__refuse_revoked(const struct query *query,
			   const struct findings *findings, sshoal_error *error)
{
	char key[HOST_KEY_TEXT_SIZE];
	char place[QUERY_NAME_SIZE];
	sshoal__host_key_describe(key, query->key, query->key_size);
	describe_place(place, query);
	return sshoal__error_set(
		error, SSHOAL_EHOSTKEY_REVOKED,
		"HOST KEY REVOKED for %s: %s is marked @revoked (%s:%zu); "
		"whoever has it may not be the host",
		place, key, findings->revoked->file, findings->revoked->line);
}
