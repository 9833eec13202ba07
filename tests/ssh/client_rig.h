/* SPDX-License-Identifier: MIT */
#ifndef SSH_CLIENT_RIG_H
#define SSH_CLIENT_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/command.h>

#include "servers/site.h"

/* What the tests of a client have in common. Whatever does not go as it must
 * fails the test, with the text of what was called. */

/* A limit that nothing reaches which goes well. */
#define LONG_MS SITE_LIMIT_MS

/* An open client, with options or at 127.0.0.1 of a site. */
sshoal_client *client_of(const sshoal_client_options *options);
sshoal_client *client_at(const struct site *site);

/* A command that the server has agreed to. options may be NULL. */
sshoal_command *started(sshoal_client *client, const char *line,
			const sshoal_command_options *options);

/* Reads until so many bytes came or the stream ended; returns how many. */
size_t read_bytes(sshoal_command *command, int stream, void *bytes,
		  size_t size_bytes);

/* The next bytes of the standard output must be these. */
void await_text(sshoal_command *command, const char *text);

/* Writes all of it. */
void write_bytes(sshoal_command *command, const void *bytes, size_t size_bytes);
void write_text(sshoal_command *command, const char *text);

/* Waits for the end and looks at the status. */
void await_status(sshoal_command *command, int64_t exit_status);

/* Runs a line and looks at what came. */
void assert_says(sshoal_client *client, const char *line,
		 const sshoal_command_options *options, const char *words);
/* The client does what it should. */
void assert_fine(sshoal_client *client);

/* A code is as expected; what names the call. */
void assert_code(int64_t code, int64_t expected, const char *what,
		 const char *text);

/* The text of a failed opening names the host and tells more. */
void assert_tells(const sshoal_error *error, int code, const char *host);

/* Bytes that look like nothing else, by their place in a stream. */
void pattern_fill(unsigned char *bytes, size_t size_bytes, uint64_t offset,
		  unsigned seed);
bool pattern_is(const unsigned char *bytes, size_t size_bytes, uint64_t offset,
		unsigned seed);

/* Writes a file of such bytes into the site's folder: its path. */
void pattern_file(char path[SCRATCH_PATH_MAX], const struct site *site,
		  size_t size_bytes, unsigned seed);

/* A line of /proc/self/status in KiB, -1 without it. */
long memory_kib(const char *name);
/* How many descriptors the process has open. */
size_t count_fds(void);
int64_t now_ms(void);

/* Sets a flag as soon as a server has said something. */
struct trigger {
	struct process *process; /* NULL: at once */
	const char *words;
	size_t times;
	sshoal_cancel *cancel;
	pthread_t thread;
};

void trigger_start(struct trigger *trigger);
/* Joins its thread and gives up the flag. */
void trigger_end(struct trigger *trigger);

/* Servers that misbehave, before the login (raw) and after it (evil). */
struct peers {
	struct process *raw;
	struct process *evil;
	uint32_t evil_port;
	char evil_key[SCRATCH_PATH_MAX];
};

/* 0 or -1; the evil one's key is added to the site's known hosts. */
int peers_start(struct peers *peers, const struct site *site);
void peers_stop(struct peers *peers);

/* The options that reach a behaviour of either kind. */
sshoal_client_options raw_options(const struct peers *peers,
				  const struct site *site, const char *name);
sshoal_client_options evil_options(const struct peers *peers,
				   const struct site *site, const char *user);

#endif
