/* SPDX-License-Identifier: MIT */
#include "inventory/reader.h"

#include <stdio.h>
#include <string.h>

#include "inventory/term.h"

/* "[USER@]HOST[:PORT] [USER] [KEY=VALUE ...]", where the host may be a range of
 * them: who they are decides to which hosts the settings go, so that is read
 * first. */

/* A line taken apart. */
struct host_line {
	struct words words;
	struct term term;
	size_t user_column;
	size_t port_column;
	struct reader_settings settings;
};

/* The user and the port written with the name are settings of the host. */
static int add_written(const struct reader *reader, struct host_line *line)
{
	const struct address *address = &line->term.address;
	struct setting user = {
		.name = "user",
		.text = address->user,
		.place = sshoal__reader_place(reader, line->user_column),
		.key = SETTING_USER,
	};
	int rc = 0;
	if (address->user)
		rc = sshoal__reader_add(reader, &line->settings, &user);
	if (rc || !address->port)
		return rc;
	char number[16];
	int n = snprintf(number, sizeof number, "%u", address->port);
	struct setting port = {
		.name = "port",
		.text = sshoal__store_text(&reader->inventory->store, number,
					   (size_t)n),
		.number = address->port,
		.place = sshoal__reader_place(reader, line->port_column),
		.key = SETTING_PORT,
	};
	return port.text ? sshoal__reader_add(reader, &line->settings, &port) :
			   sshoal__reader_no_memory(reader);
}

/* "KEY=VALUE" of a host. */
static int read_assignment(const struct reader *reader, struct host_line *line,
			   struct word *word)
{
	char *sign = strchr(word->text, '=');
	if (!sign)
		return sshoal__reader_wrong(
			reader, word->column,
			"neither KEY=VALUE nor a user after the name: "
			"write KEY=VALUE without blanks, or quote it");
	*sign = '\0';
	size_t value_at = (size_t)(sign - word->text) + 1;
	struct setting_source source = {
		.name = word->text,
		.text = sign + 1,
		.folder = reader->source->folder,
		.name_place = sshoal__reader_place(reader, word->column),
		.text_place = sshoal__reader_place(
			reader, sshoal__word_column(word, value_at)),
		.is_quoted = word->is_quoted,
	};
	return sshoal__reader_read(reader, &line->settings, &source);
}

/* A second word without "=" is the user, as in lists for pssh. */
static int read_user(const struct reader *reader, struct host_line *line,
		     const struct word *word)
{
	size_t at = 0;
	const char *why = sshoal__name_fault_user(word->text, &at);
	if (line->term.address.user)
		return sshoal__reader_wrong(
			reader, word->column,
			"a second user: write USER@HOST or HOST USER");
	if (!why)
		why = sshoal__address_fault_user(word->text, &at);
	if (why)
		return sshoal__reader_wrong(reader,
					    sshoal__word_column(word, at), why);
	line->term.address.user = word->text;
	line->user_column = word->column;
	return 0;
}

/* Who it is. */
static int read_term(const struct reader *reader, struct host_line *line,
		     const struct word *word)
{
	static const struct term_rules rules = { RANGE_DASHES_AND_COLONS,
						 false };
	const char *written = word->text;
	if (strchr(word->text, '['))
		written = sshoal__store_text(&reader->inventory->store,
					     word->text, strlen(word->text));
	if (!written)
		return sshoal__reader_no_memory(reader);
	/* Without brackets nothing is read again that has been overwritten. */
	size_t at = 0;
	const char *why = sshoal__term_parse(&line->term, written, word->text,
					     &rules, &at);
	if (why)
		return sshoal__reader_wrong(reader,
					    sshoal__word_column(word, at), why);
	line->user_column = word->column;
	line->port_column =
		sshoal__word_column(word, line->term.address.port_at);
	return 0;
}

/* Everything behind the name. */
static int read_words(const struct reader *reader, struct host_line *line)
{
	struct word word;
	int rc = sshoal__reader_word(reader, &line->words, &word);
	if (rc > 0 && !strchr(word.text, '=')) {
		rc = read_user(reader, line, &word);
		if (rc == 0)
			rc = sshoal__reader_word(reader, &line->words, &word);
	}
	int written = rc < 0 ? 0 : add_written(reader, line);
	if (written)
		return written;
	while (rc > 0) {
		rc = read_assignment(reader, line, &word);
		if (rc == 0)
			rc = sshoal__reader_word(reader, &line->words, &word);
	}
	return rc;
}

/* The host of an address, in the group of the section; NULL when memory
 * refuses. */
static struct host *find_host(const struct reader *reader,
			      const struct address *address)
{
	struct sshoal_inventory *inventory = reader->inventory;
	struct host *host = NULL;
	if (sshoal__host_get(&host, &inventory->hosts, address,
			     &inventory->store))
		return NULL;
	bool is_member =
		host->memberships && host->memberships->group == reader->group;
	if (!reader->group || is_member)
		return host;
	return sshoal__group_add_host(reader->group, host, &inventory->store) ?
		       NULL :
		       host;
}

int sshoal__reader_add_host(const struct reader *reader,
			    const struct address *address,
			    const struct reader_settings *settings)
{
	if (reader->inventory->hosts.count >= RANGE_NAMES_MAX)
		return sshoal__reader_wrong(
			reader, 1, "more than 10 million hosts: write fewer");
	struct host *host = find_host(reader, address);
	if (!host)
		return sshoal__reader_no_memory(reader);
	return sshoal__reader_give(reader, &host->holder, settings);
}

/* Adds the hosts of the range, whose names are kept. */
static int add_hosts(const struct reader *reader, struct host_line *line)
{
	struct term *term = &line->term;
	const char *why = NULL;
	int rc = 0;
	while (rc == 0 && sshoal__term_next(term, &why)) {
		struct address address = term->address;
		if (why)
			return sshoal__reader_wrong(reader, line->user_column,
						    why);
		if (!term->is_single)
			address.name = sshoal__store_text(
				&reader->inventory->store, address.name,
				strlen(address.name));
		if (!address.name)
			return sshoal__reader_no_memory(reader);
		rc = sshoal__reader_add_host(reader, &address, &line->settings);
	}
	return rc;
}

int sshoal__host_line_read(const struct reader *reader, char *text)
{
	struct host_line line = { .words = sshoal__words(text) };
	struct word first;
	int rc = sshoal__reader_word(reader, &line.words, &first);
	if (rc <= 0)
		return rc;
	rc = read_term(reader, &line, &first);
	if (rc == 0)
		rc = read_words(reader, &line);
	if (rc == 0)
		rc = add_hosts(reader, &line);
	sshoal__reader_settings_fini(&line.settings);
	return rc;
}
