/* SPDX-License-Identifier: MIT */
#include "cli/host_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/refusal.h"

/* What is read is turned into an expression where it stands: that is never
 * longer. */

#define WORDS_MAX ((size_t)256 << 20)
#define CHUNK_SIZE ((size_t)64 << 10)

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

static int grow(char **text, size_t *capacity, sshoal_error *error)
{
	if (*capacity >= WORDS_MAX)
		return sshoal__refuse(error,
				      "-w -: more than 256 MiB on standard "
				      "input");
	char *grown = realloc(*text, *capacity * 2 + CHUNK_SIZE);
	if (!grown)
		return refuse_memory(error);
	*text = grown;
	*capacity = *capacity * 2 + CHUNK_SIZE;
	return 0;
}

static int read_all(char **text, size_t *size, int fd, sshoal_error *error)
{
	size_t capacity = 0;
	for (;;) {
		int rc =
			*size + 1 < capacity ? 0 : grow(text, &capacity, error);
		if (rc)
			return rc;
		ssize_t n = read(fd, *text + *size, capacity - *size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error->code = SSHOAL_EIO;
			(void)snprintf(error->text, sizeof error->text,
				       "-w -: standard input: %s",
				       strerror(errno));
			return SSHOAL_EIO;
		}
		(*text)[*size + (size_t)n] = '\0';
		if (n == 0)
			return 0;
		*size += (size_t)n;
	}
}

/* Joins the words, which are in the same memory. */
static void join(char *text)
{
	static const char blanks[] = " \t\r\n\f\v";
	char *to = text;
	const char *from = text + strspn(text, blanks);
	while (*from) {
		if (*from == '#') {
			from += strcspn(from, "\n");
		} else {
			size_t n = strcspn(from, blanks);
			if (to > text)
				*to++ = ',';
			memmove(to, from, n);
			to += n;
			from += n;
		}
		from += strspn(from, blanks);
	}
	*to = '\0';
}

int sshoal__host_words_read(char **words, int fd, sshoal_error *error)
{
	char *text = NULL;
	size_t size = 0;
	int rc = read_all(&text, &size, fd, error);
	if (rc == 0 && strlen(text) != size)
		rc = sshoal__refuse(error, "-w -: a NUL byte: this is no list "
					   "of hosts");
	if (rc) {
		free(text);
		return rc;
	}
	join(text);
	*words = text;
	return 0;
}
