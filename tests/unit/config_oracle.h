/* SPDX-License-Identifier: MIT */
#ifndef UNIT_CONFIG_ORACLE_H
#define UNIT_CONFIG_ORACLE_H

#include <stddef.h>

/* A question: which host, and what the program or ssh's command line sets. */
struct oracle_query {
	const char *host;
	const char *user;     /* NULL: not given */
	unsigned int port;    /* 0: not given */
	const char *words[4]; /* after -o each; NULL ends them */
};

/*
 * Asks the library and "ssh -G -F PATH" the same questions, and fails the test
 * where they do not agree: about whether the file is good, or about a value
 * that the file sets. text is the file's, for the message. names: a library
 * that ssh has its names from, NULL for none.
 */
void oracle_compare(const char *path, const char *text,
		    const struct oracle_query *queries, size_t count,
		    const char *names);

#endif
