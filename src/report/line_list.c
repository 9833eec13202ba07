/* SPDX-License-Identifier: MIT */
#include "report/line_list.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/fleet.h>

#include "report/splitter.h"

/* Room for all of the text is there from the beginning; a missing last newline
 * has its place in it. */

struct loader {
	struct line_list *list;
	struct splitter splitter;
	struct mask *mask;
	int stream;
	size_t room; /* for lines */
	bool is_long;
};

/* FNV-1a: only a look before the comparison. */
static uint64_t hash_of(const char *bytes, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)bytes[i]) *
		       UINT64_C(0x100000001b3);
	return hash;
}

static int make_room(struct loader *loader)
{
	struct line_list *list = loader->list;
	if (list->count < loader->room)
		return 0;
	size_t room = loader->room ? 2 * loader->room : 64;
	struct text_line *grown =
		reallocarray(list->lines, room, sizeof *grown);
	if (!grown)
		return SSHOAL_ENOMEM;
	list->lines = grown;
	loader->room = room;
	return 0;
}

/* The texts have room for it, as nothing comes twice. */
static int add_line(struct loader *loader, const char *bytes, size_t n)
{
	struct line_list *list = loader->list;
	int rc = make_room(loader);
	if (rc)
		return rc;
	struct text_line *line = &list->lines[list->count];
	*line = (struct text_line){ .start = list->text_size, .size = n };
	char *text = list->text + list->text_size;
	memcpy(text, bytes, n);
	list->text_size += n;
	line->compared_start = line->start;
	line->compared_size = n;
	const char *compared = text;
	if (loader->mask) {
		rc = sshoal__mask_line(loader->mask, &compared, &n);
		if (rc)
			return rc;
		line->compared_start = list->masked_size;
		line->compared_size = n;
		memcpy(list->masked + list->masked_size, compared, n);
		list->masked_size += n;
	}
	line->hash = hash_of(compared, n);
	list->count++;
	return 0;
}

static int on_part(int part, const char *bytes, size_t n, void *data)
{
	struct loader *loader = data;
	char whole[SPLITTER_LINE_BYTES + 2];
	(void)part;
	while (n > 0) {
		const char *end = memchr(bytes, '\n', n);
		size_t length = end ? (size_t)(end - bytes) + 1 : n;
		int rc;
		if (end || part == SPLITTER_PIECE) {
			rc = add_line(loader, bytes, length);
		} else {
			memcpy(whole, bytes, length);
			whole[length] = '\n';
			rc = add_line(loader, whole, length + 1);
		}
		if (rc)
			return rc;
		bytes += length;
		n -= length;
	}
	loader->is_long = loader->list->count > LINE_LIST_LINES;
	return 0;
}

static int on_bytes(int stream, const char *bytes, size_t n, void *data)
{
	struct loader *loader = data;
	if (stream != loader->stream || loader->is_long)
		return 0;
	return sshoal__splitter_feed(&loader->splitter, bytes, n, on_part,
				     loader);
}

int sshoal__line_list_load(struct line_list *list, bool *fits,
			   const struct roll *roll, const struct stash *stash,
			   int stream, struct mask *mask, sshoal_error *error)
{
	uint64_t size = roll->sizes[stream == SSHOAL_STDERR];
	struct loader loader = {
		.list = list,
		.mask = mask,
		.stream = stream,
	};
	*list = (struct line_list){ .count = 0 };
	*fits = size <= LINE_LIST_BYTES;
	if (size == 0 || !*fits)
		return 0;
	list->text = malloc((size_t)size + 1);
	if (mask)
		list->masked = malloc((size_t)size + 1);
	if (!list->text || (mask && !list->masked)) {
		sshoal__line_list_fini(list);
		return SSHOAL_ENOMEM;
	}
	int rc = sshoal__roll_read(roll, stash, on_bytes, &loader, error);
	if (rc == 0)
		rc = sshoal__splitter_end(&loader.splitter, on_part, &loader);
	sshoal__splitter_fini(&loader.splitter);
	*fits = !loader.is_long;
	if (rc || loader.is_long)
		sshoal__line_list_fini(list);
	return rc;
}

static const char *compared_of(const struct line_list *list,
			       const struct text_line *line)
{
	return (list->masked ? list->masked : list->text) +
	       line->compared_start;
}

bool sshoal__line_list_same(const struct line_list *one, size_t at,
			    const struct line_list *other, size_t other_at)
{
	const struct text_line *a = &one->lines[at];
	const struct text_line *b = &other->lines[other_at];
	return a->hash == b->hash && a->compared_size == b->compared_size &&
	       memcmp(compared_of(one, a), compared_of(other, b),
		      a->compared_size) == 0;
}

void sshoal__line_list_fini(struct line_list *list)
{
	free(list->text);
	free(list->masked);
	free(list->lines);
	*list = (struct line_list){ .count = 0 };
}
