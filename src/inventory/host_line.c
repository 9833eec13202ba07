/* SPDX-License-Identifier: MIT */
#include "inventory/reader.h"

#include <string.h>

#include "inventory/address.h"

/* "[USER@]HOST[:PORT] [USER] [KEY=VALUE ...]": who it is decides to which host
 * the settings go, so that is read first. */

/* The user and the port written with the name are settings of the host. */
static int add_written(const struct reader *reader, struct host *host,
		       size_t user_column, size_t port_column)
{
	struct setting user = {
		.name = "user",
		.text = host->user,
		.place = sshoal__reader_place(reader, user_column),
		.key = SETTING_USER,
	};
	struct setting port = {
		.name = "port",
		.text = "",
		.number = host->port,
		.place = sshoal__reader_place(reader, port_column),
		.key = SETTING_PORT,
	};
	int rc = host->user ? sshoal__reader_add(reader, &host->holder, &user) :
			      0;
	if (rc == 0 && host->port)
		rc = sshoal__reader_add(reader, &host->holder, &port);
	return rc;
}

/* "KEY=VALUE" of a host. */
static int read_assignment(const struct reader *reader, struct host *host,
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
	return sshoal__reader_setting(reader, &host->holder, &source);
}

/* A second word without "=" is the user, as in lists for pssh. */
static int read_user(const struct reader *reader, struct address *address,
		     const struct word *word)
{
	size_t at = 0;
	const char *why = sshoal__name_fault_user(word->text, &at);
	if (address->user)
		return sshoal__reader_wrong(
			reader, word->column,
			"a second user: write USER@HOST or HOST USER");
	if (why)
		return sshoal__reader_wrong(reader,
					    sshoal__word_column(word, at), why);
	address->user = word->text;
	return 0;
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

/* Gives a host the settings from word on; more is what reading word gave. */
static int read_settings(const struct reader *reader, struct host *host,
			 struct words *words, struct word *word, int more)
{
	int rc = more;
	while (rc > 0) {
		rc = read_assignment(reader, host, word);
		if (rc == 0)
			rc = sshoal__reader_word(reader, words, word);
	}
	return rc;
}

int sshoal__host_line_read(const struct reader *reader, char *line)
{
	struct words words = sshoal__words(line);
	struct word first;
	int rc = sshoal__reader_word(reader, &words, &first);
	if (rc <= 0)
		return rc;
	struct address address;
	size_t at = 0;
	const char *why = sshoal__address_parse(&address, first.text, &at);
	if (why)
		return sshoal__reader_wrong(
			reader, sshoal__word_column(&first, at), why);
	size_t user_column = first.column;
	struct word word;
	rc = sshoal__reader_word(reader, &words, &word);
	if (rc > 0 && !strchr(word.text, '=')) {
		user_column = word.column;
		rc = read_user(reader, &address, &word);
		if (rc == 0)
			rc = sshoal__reader_word(reader, &words, &word);
	}
	if (rc < 0)
		return rc;
	struct host *host = find_host(reader, &address);
	if (!host)
		return sshoal__reader_no_memory(reader);
	int written = add_written(reader, host, user_column,
				  sshoal__word_column(&first, address.port_at));
	return written ? written :
			 read_settings(reader, host, &words, &word, rc);
}
