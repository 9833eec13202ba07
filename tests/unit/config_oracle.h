/* SPDX-License-Identifier: MIT */
#ifndef UNIT_CONFIG_ORACLE_H
#define UNIT_CONFIG_ORACLE_H

/* A question: which host, and what the program or ssh's command line sets. */
struct oracle_query {
	const char *host;
	const char *user;  /* NULL: not given */
	unsigned int port; /* 0: not given */
};

/*
 * Asks the library and "ssh -G -F PATH" the same, and fails the test where they
 * do not agree: about whether the file is good, or about a value that the file
 * sets. text is the file's, for the message.
 */
void oracle_compare(const char *path, const char *text,
		    const struct oracle_query *query);

#endif
