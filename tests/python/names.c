/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/*
 * Reads host expressions, one a line, and answers each with two lines: the
 * folded list and the names, or "error" and why. What is folded is expanded
 * again and must be the same targets.
 */

static int compare_texts(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;
	return strcmp(*left, *right);
}

/* Who each target is, in an order that does not depend on the list's. */
static const char **identities(const sshoal_hosts *hosts)
{
	size_t count = sshoal_hosts_count(hosts);
	const char **texts = calloc(count + 1, sizeof *texts);
	for (size_t i = 0; texts && i < count; i++) {
		const sshoal_target *target = sshoal_hosts_target(hosts, i);
		const char *user = sshoal_target_user(target);
		char *text = NULL;
		if (asprintf(&text, "%s@%s:%u", user ? user : "",
			     sshoal_target_name(target),
			     sshoal_target_port(target)) < 0)
			abort();
		texts[i] = text;
	}
	if (texts)
		qsort(texts, count, sizeof *texts, compare_texts);
	return texts;
}

static void free_texts(const char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((void *)texts[i]);
	free(texts);
}

static bool are_same(const sshoal_hosts *a, const sshoal_hosts *b)
{
	size_t count = sshoal_hosts_count(a);
	if (sshoal_hosts_count(b) != count)
		return false;
	const char **left = identities(a);
	const char **right = identities(b);
	bool same = left && right;
	for (size_t i = 0; same && i < count; i++)
		same = strcmp(left[i], right[i]) == 0;
	free_texts(left, count);
	free_texts(right, count);
	return same;
}

/* Folds a list; NULL unless that is the list again. */
static char *fold(const sshoal_hosts *hosts)
{
	char *folded = NULL;
	sshoal_hosts *again = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_hosts_fold(&folded, hosts, &error) != 0)
		return NULL;
	if (!*folded)
		return folded;
	if (sshoal_hosts_expand(&again, NULL, folded, &error) == 0 &&
	    are_same(hosts, again)) {
		sshoal_hosts_free(again);
		return folded;
	}
	(void)fprintf(stderr, "%s is another list: %s\n", folded, error.text);
	sshoal_hosts_free(again);
	free(folded);
	return NULL;
}

static bool answer(const char *expression)
{
	sshoal_hosts *hosts = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_hosts_expand(&hosts, NULL, expression, &error) != 0) {
		(void)printf("error\n%s\n", error.text);
		return true;
	}
	char *folded = fold(hosts);
	(void)printf("%s\n", folded ? folded : "");
	for (size_t i = 0; i < sshoal_hosts_count(hosts); i++)
		(void)printf("%s%s", i ? " " : "", sshoal_hosts_name(hosts, i));
	(void)printf("\n");
	sshoal_hosts_free(hosts);
	free(folded);
	return folded != NULL;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	bool done = true;
	while (done && getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		done = answer(line);
		(void)fflush(stdout);
	}
	free(line);
	return done ? 0 : 1;
}
