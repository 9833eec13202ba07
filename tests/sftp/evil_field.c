/* SPDX-License-Identifier: MIT */
#include "sftp/evil_field.h"

#include <unistd.h>

#include "sftp/files.h"

static void make_tree(const struct field *field, const char *side,
		      unsigned seed)
{
	struct path base = path_of("%s/%s", field->root, side);
	make_folder(base.text);
	make_file(path_of("%s/file", base.text).text, FILE_BYTES, seed);
	make_file(path_of("%s/small", base.text).text, SMALL_BYTES, seed);
	make_folder(path_of("%s/many", base.text).text);
	for (int i = 0; i < MANY; i++)
		make_text(path_of("%s/many/n%d", base.text, i).text, "of many");
	make_folder(path_of("%s/tree", base.text).text);
	make_folder(path_of("%s/tree/sub", base.text).text);
	make_file(path_of("%s/tree/a", base.text).text, 5000, seed);
	make_file(path_of("%s/tree/b", base.text).text, 1, seed);
	make_file(path_of("%s/tree/sub/c", base.text).text, 70000, seed);
}

int field_start(struct field *field)
{
	static const struct sshd_plan plan = {
		.more = "Subsystem sftp " SFTP_EVIL_PROGRAM " -f scenario\n",
	};
	if (site_start(&field->site, &plan))
		return -1;
	field->root = scratch_folder(field->site.scratch);
	make_tree(field, "there", 1);
	make_tree(field, "here", 2);
	make_folder(path_of("%s/in", field->root).text);
	make_folder(path_of("%s/out", field->root).text);
	make_folder(path_of("%s/planted", field->root).text);
	make_text(path_of("%s/planted/x", field->root).text, "planted");
	/* What a client that is led astray would find. */
	make_text(path_of("%s/there/escaped", field->root).text, "escaped");
	make_folder(path_of("%s/there/trap", field->root).text);
	return symlink(path_of("%s/planted", field->root).text,
		       path_of("%s/there/trap/link", field->root).text);
}

void field_stop(struct field *field)
{
	site_stop(&field->site);
}

uint64_t field_digest(const struct field *field)
{
	static const char *const except[] = { "in", "out", "scenario", "met",
					      NULL };
	return digest_tree(field->root, except);
}
