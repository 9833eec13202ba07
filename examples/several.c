/* SPDX-License-Identifier: MIT */
/*
 * Several commands at once on one connection; each is served when it has
 * something, and what they said is printed in order.
 *
 * usage: several HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include <sshoal.h>

#define COUNT 4

struct entry {
	sshoal_command *command;
	char said[64];
	size_t size;
};

/* Takes what one of them has; 0 when it has ended, or as it failed, which is
 * told. */
static int64_t take(struct entry *entry)
{
	char bytes[64];
	int stream;
	int64_t n = sshoal_command_read_any(entry->command, &stream, bytes,
					    sizeof bytes, 0);
	for (int64_t i = 0; i < n && entry->size < sizeof entry->said - 1; i++)
		entry->said[entry->size++] = bytes[i];
	if (n < 0)
		(void)fprintf(stderr, "several: %s\n",
			      sshoal_command_error_text(entry->command));
	return n;
}

static int serve(sshoal_client *client, struct entry *entries)
{
	int left = COUNT;
	while (left > 0) {
		sshoal_command *command = NULL;
		int rc = sshoal_client_next(client, &command, -1);
		if (rc) {
			(void)fprintf(stderr, "several: %s\n",
				      sshoal_client_error_text(client));
			return rc;
		}
		int which = 0;
		while (entries[which].command != command)
			which++;
		int64_t n = take(&entries[which]);
		if (n < 0)
			return (int)n;
		left -= n == 0;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.key_file = argv[4];
	options.known_hosts_file = argv[5];
	sshoal_client *client = NULL;
	struct entry entries[COUNT] = { { .size = 0 } };
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	for (int i = 0; rc == 0 && i < COUNT; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "sleep 0.%d; echo number %d",
			       COUNT - i, i);
		rc = sshoal_command_start(&entries[i].command, client, line,
					  NULL, &error);
	}
	if (rc)
		(void)fprintf(stderr, "several: %s\n", error.text);
	else
		rc = serve(client, entries);
	for (int i = 0; i < COUNT; i++) {
		(void)printf("%s", entries[i].said);
		sshoal_command_free(entries[i].command);
	}
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
