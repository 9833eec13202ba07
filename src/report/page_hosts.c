/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <sshoal/inventory.h>

#include "report/page_sections.h"
#include "report/page_text.h"
#include "report/verdict.h"

/* Hosts as the sections name them: lists of them, folded names, their status. */

/* A folded list that is longer is cut. */
#define FOLDED_BYTES ((size_t)400)

int sshoal__page_hosts_init(struct page_hosts *hosts,
			    const struct recording *recording)
{
	const struct recorded_host **items =
		calloc(recording->host_count + 1, sizeof *items);
	if (!items)
		return SSHOAL_ENOMEM;
	size_t count = 0;
	for (size_t i = 0; i < recording->slot_count; i++)
		if (recording->hosts[i])
			items[count++] = recording->hosts[i];
	*hosts = (struct page_hosts){ items, count };
	return 0;
}

void sshoal__page_hosts_fini(struct page_hosts *hosts)
{
	free(hosts->items);
	*hosts = (struct page_hosts){ .count = 0 };
}

/* Names that cannot be folded are no names of ours: they are shown as they
 * are. */
static void put_plain(struct console *console, const char *const *names,
		      size_t count)
{
	size_t length = 0;
	for (size_t i = 0; i < count && length < FOLDED_BYTES; i++) {
		sshoal__page_markup(console, i ? ", " : "");
		sshoal__page_line(console, names[i], FOLDED_BYTES);
		length += strlen(names[i]) + 2;
	}
	if (length >= FOLDED_BYTES)
		sshoal__page_markup(console, "&hellip;");
}

int sshoal__page_fold(struct console *console,
		      const struct recorded_host *const *hosts, size_t count)
{
	char *folded = NULL;
	const char **names = calloc(count + 1, sizeof *names);
	if (!names)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		names[i] = hosts[i]->label;
	int rc = sshoal_names_fold(&folded, names, count, NULL);
	if (rc == 0)
		sshoal__page_line(console, folded, FOLDED_BYTES);
	else if (rc != SSHOAL_ENOMEM)
		put_plain(console, names, count);
	free(folded);
	free(names);
	return rc == SSHOAL_ENOMEM ? rc : 0;
}

char sshoal__page_class(int status)
{
	if (status >= SSHOAL_STATUS_COUNT)
		return 'u';
	switch (sshoal__verdict_class((enum sshoal_status)status)) {
	case VERDICT_OK:
		return 'o';
	case VERDICT_FAILED:
		return 'f';
	case VERDICT_UNREACHED:
		return 'r';
	case VERDICT_UNFINISHED:
		return 't';
	default:
		return 'l';
	}
}

void sshoal__page_status(struct console *console,
			 const struct recorded_host *host)
{
	sshoal__page_format(console, "<span class=\"tag c-%c\">",
			    sshoal__page_class(host->status));
	sshoal__page_line(console, sshoal__recorded_host_word(host), 60);
	sshoal__page_markup(console, "</span>");
}
