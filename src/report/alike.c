/* SPDX-License-Identifier: MIT */
#include "report/alike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

/* Hosts are sorted by what is said of them, so that those alike are neighbours,
 * and the groups of neighbours by their first hosts. */

struct group {
	const struct alike **first; /* among the sorted ones */
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	const struct alike *one = *(const struct alike *const *)a;
	const struct alike *other = *(const struct alike *const *)b;
	int order = strcmp(one->text, other->text);
	if (order != 0)
		return order;
	return (one > other) - (one < other); /* of one array */
}

static int by_place(const void *a, const void *b)
{
	const struct alike *one = *((const struct group *)a)->first;
	const struct alike *other = *((const struct group *)b)->first;
	return (one > other) - (one < other);
}

static void print(struct console *console, int stream, const char *text,
		  size_t n)
{
	(void)sshoal__console_write_visible(console, stream, text, n);
}

static void print_hosts(struct console *console, int stream,
			const struct group *group)
{
	char number[48] = "";
	for (size_t i = 0; i < group->count; i++) {
		const char *label = group->first[i]->label;
		print(console, stream, i ? "," : ": ", i ? 1 : 2);
		print(console, stream, label, strlen(label));
	}
	if (group->count > 1)
		(void)snprintf(number, sizeof number, " (%zu hosts)",
			       group->count);
	(void)sshoal__console_print(console, stream, number);
	(void)sshoal__console_print(console, stream, "\n");
}

static int print_group(struct console *console, int stream,
		       const struct group *group)
{
	const char *text = (*group->first)->text;
	size_t n = strcspn(text, "\n");
	print(console, stream, text, n);
	print_hosts(console, stream, group);
	int rc = 0;
	while (text[n]) {
		text += n + 1;
		n = strcspn(text, "\n");
		print(console, stream, "  ", 2);
		print(console, stream, text, n);
		rc = sshoal__console_print(console, stream, "\n");
	}
	return rc;
}

static size_t make_groups(struct group *groups, const struct alike **sorted,
			  size_t count)
{
	size_t made = 0;
	for (size_t i = 0; i < count; i++) {
		if (made > 0 && strcmp((*groups[made - 1].first)->text,
				       sorted[i]->text) == 0)
			groups[made - 1].count++;
		else
			groups[made++] = (struct group){ &sorted[i], 1 };
	}
	return made;
}

int sshoal__alike_print(struct console *console, int stream,
			const struct alike *hosts, size_t count)
{
	const struct alike **sorted = calloc(count + 1, sizeof *sorted);
	struct group *groups = calloc(count + 1, sizeof *groups);
	int rc = sorted && groups ? 0 : SSHOAL_ENOMEM;
	size_t said = 0;
	for (size_t i = 0; i < count && rc == 0; i++)
		if (hosts[i].text)
			sorted[said++] = &hosts[i];
	if (rc == 0 && said > 0) {
		qsort(sorted, said, sizeof *sorted, by_text);
		size_t made = make_groups(groups, sorted, said);
		qsort(groups, made, sizeof *groups, by_place);
		for (size_t i = 0; i < made && rc == 0; i++)
			rc = print_group(console, stream, &groups[i]);
	}
	free(groups);
	free(sorted);
	return rc;
}
