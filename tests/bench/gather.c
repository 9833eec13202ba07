/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/gather.h"

/*
 * The grouping of "sshoal run -b" alone, without hosts: what they say is made
 * here or comes on standard input as dshbak(1) takes it, "HOST: LINE".
 *
 * usage: gather read < LINES
 *        gather make HOSTS BYTES VARIANTS AT_ONCE
 *
 * The groups go to standard output.
 */

#define HOSTS_MOST 1000000
#define PIECE_BYTES ((size_t)32 * 1024)

static struct console console;

static void check(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "gather: %s\n", sshoal_error_text(rc));
	exit(1);
}

static struct reporter open_gather(size_t hosts)
{
	const struct gather_options options = { .host_count = hosts };
	struct reporter reporter;
	sshoal__console_init(&console, 1, 2);
	check(sshoal__gather_new(&reporter, &console, &options));
	return reporter;
}

static void end(const struct reporter *reporter, const struct host *host)
{
	const struct outcome outcome = { .host = *host };
	check(reporter->result(reporter->state, &outcome));
}

static void finish(const struct reporter *reporter)
{
	const struct tally tally = { .targets = 0 };
	check(reporter->summary(reporter->state, &tally, 0, 0));
	check(sshoal__console_flush(&console));
	reporter->free(reporter->state);
}

/* Lines of one host are together, in the order of the hosts. */
static int read_lines(void)
{
	const struct reporter reporter = open_gather(HOSTS_MOST);
	struct host host = { .label = strdup("") };
	char *line = NULL;
	size_t room = 0;
	ssize_t n = getline(&line, &room, stdin);
	for (; n > 0; n = getline(&line, &room, stdin)) {
		char *colon = memchr(line, ':', (size_t)n);
		if (!colon || colon + 2 > line + n)
			return 1;
		*colon = '\0';
		if (strcmp(line, host.label) != 0) {
			if (*host.label)
				end(&reporter, &host);
			host.label = strdup(line);
			host.index++;
		}
		const char *text = colon + 2;
		check(reporter.output(reporter.state, &host, SSHOAL_STDOUT,
				      text, (size_t)(line + n - text)));
	}
	end(&reporter, &host);
	finish(&reporter);
	return 0;
}

/* Hosts say their text in pieces, some of them at a time. */
static int make_lines(char **argv)
{
	size_t hosts = strtoul(argv[0], NULL, 10);
	size_t bytes = strtoul(argv[1], NULL, 10);
	size_t variants = strtoul(argv[2], NULL, 10);
	size_t at_once = strtoul(argv[3], NULL, 10);
	const struct reporter reporter = open_gather(hosts);
	struct host *list = calloc(hosts, sizeof *list);
	static char piece[PIECE_BYTES];
	for (size_t i = 0; i < hosts; i++) {
		char *label = NULL;
		if (asprintf(&label, "node%zu", i) < 0)
			return 1;
		list[i] = (struct host){ .label = label, .index = i };
	}
	for (size_t first = 0; first < hosts; first += at_once) {
		size_t last = first + at_once < hosts ? first + at_once : hosts;
		for (size_t at = 0; at < bytes; at += PIECE_BYTES) {
			size_t n = bytes - at < PIECE_BYTES ? bytes - at :
							      PIECE_BYTES;
			for (size_t i = first; i < last; i++) {
				memset(piece, 'x', n);
				for (size_t k = 79; k < n; k += 80)
					piece[k] = '\n';
				(void)snprintf(piece, 24, "%020zu",
					       i % variants);
				piece[20] = ' ';
				check(reporter.output(reporter.state, &list[i],
						      SSHOAL_STDOUT, piece, n));
			}
		}
		for (size_t i = first; i < last; i++)
			end(&reporter, &list[i]);
	}
	finish(&reporter);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "read") == 0)
		return read_lines();
	if (argc == 6 && strcmp(argv[1], "make") == 0)
		return make_lines(argv + 2);
	fprintf(stderr, "usage: gather read | make HOSTS BYTES VARIANTS "
			"AT_ONCE\n");
	return 2;
}
