/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_READER_H
#define SSHOAL_INVENTORY_READER_H

#include "inventory/inventory.h"
#include "inventory/section.h"
#include "inventory/words.h"

/* Where the reading of a hosts file is. */
struct reader {
	struct sshoal_inventory *inventory;
	const struct hosts_source *source;
	sshoal_error *error;
	struct group *group;   /* whose section it is; NULL for none */
	struct holder *holder; /* whose settings a section of them has */
	enum section_kind kind;
	uint32_t line;
};

struct place sshoal__reader_place(const struct reader *reader, size_t column);

/* SSHOAL_EFORMAT at a column of the line. */
int sshoal__reader_wrong(const struct reader *reader, size_t column,
			 const char *why);

int sshoal__reader_no_memory(const struct reader *reader);

/* The next word of the line: 1, 0 at its end, or an error. */
int sshoal__reader_word(const struct reader *reader, struct words *words,
			struct word *word);

/* Gives a holder a setting that is checked. */
int sshoal__reader_add(const struct reader *reader, struct holder *holder,
		       const struct setting *setting);

/* Checks a setting and gives it to a holder. A password in a file that others
 * can read is SSHOAL_EACCESS. */
int sshoal__reader_setting(const struct reader *reader, struct holder *holder,
			   const struct setting_source *source);

/* Reads the line of a host; in host_line.c. */
int sshoal__host_line_read(const struct reader *reader, char *line);

#endif
