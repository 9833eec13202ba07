/* SPDX-License-Identifier: MIT */
#include "sftp/landing_folder.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/text.h>

#include "base/error.h"
#include "sftp/landing_name.h"

/* Paths of a landing, which are for people only. Names are kept once and put
 * together when a path is asked for: those of a deep tree would take megabytes
 * each. */

static const char *write_path(const struct landing_folder *folder,
			      const char *name)
{
	char *text = folder->tree->text;
	size_t end = folder->path_size;
	if (name) {
		size_t n = strlen(name);
		text[end] = '/';
		memcpy(text + end + 1, name, n);
		end += n + 1;
	}
	text[end] = '\0';
	const struct landing_folder *at = folder;
	for (; at->parent; at = at->parent) {
		char *start = text + at->path_size - at->name_size;
		memcpy(start, at->name, at->name_size);
		start[-1] = '/';
	}
	memcpy(text, at->name, at->path_size);
	return end > 0 ? text : "/";
}

const char *sshoal__landing_path(const struct landing_folder *folder)
{
	return write_path(folder, NULL);
}

const char *sshoal__landing_path_to(const struct landing_folder *folder,
				    const char *name)
{
	return write_path(folder, name);
}

int sshoal__landing_tell(const struct landing_folder *folder, const char *name,
			 int code, const char *why, sshoal_error *error)
{
	if (!error)
		return code;
	const char *path = write_path(folder, name);
	size_t n = strlen(path);
	size_t room = sizeof error->text - sizeof ": ... " - strlen(why);
	size_t head = n;
	size_t tail = 0;
	/* A path that is too long loses its middle; control characters take
	 * more room than they have bytes. */
	while (sshoal_text_escape(NULL, 0, path, head) +
		       sshoal_text_escape(NULL, 0, path + n - tail, tail) >
	       room)
		head = tail = (head < room ? head : room) * 7 / 16;
	return sshoal__error_set(error, code, "%.*s%s%s: %s", (int)head, path,
				 head < n ? "..." : "", path + n - tail, why);
}

int sshoal__landing_fail(const struct landing_folder *folder, const char *name,
			 int number, sshoal_error *error)
{
	return sshoal__landing_tell(folder, name,
				    sshoal__error_from_errno(number),
				    strerror(number), error);
}

int sshoal__landing_reserve(struct landing_tree *tree, size_t path_size)
{
	size_t room = path_size + LANDING_NAME_MAX + sizeof "/";
	if (room <= tree->text_room)
		return 0;
	room += room / 2;
	char *text = malloc(room);
	if (!text)
		return SSHOAL_ENOMEM;
	free(tree->text);
	tree->text = text;
	tree->text_room = room;
	return 0;
}
