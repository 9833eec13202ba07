/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_READER_H
#define SSHOAL_INVENTORY_READER_H

#include "inventory/address.h"
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
	bool is_ansible; /* its keys are Ansible's */
};

/* Settings that are read and not given to anybody yet. */
struct reader_settings {
	struct setting *items;
	size_t count;
	size_t capacity;
};

struct place sshoal__reader_place(const struct reader *reader, size_t column);

/* SSHOAL_EFORMAT at a column of the line. */
int sshoal__reader_wrong(const struct reader *reader, size_t column,
			 const char *why);

int sshoal__reader_no_memory(const struct reader *reader);

/* The next word of the line: 1, 0 at its end, or an error. */
int sshoal__reader_word(const struct reader *reader, struct words *words,
			struct word *word);

/* Checks what stands there and adds the setting that it is; of Ansible's it may
 * be none, or several. A password in a file that others can read is
 * SSHOAL_EACCESS. */
int sshoal__reader_read(const struct reader *reader,
			struct reader_settings *settings,
			const struct setting_source *source);

/* Adds a setting. The same for one that is checked. */
int sshoal__reader_add(const struct reader *reader,
		       struct reader_settings *settings,
		       const struct setting *setting);

/* Gives the settings to a holder. */
int sshoal__reader_give(const struct reader *reader, struct holder *holder,
			const struct reader_settings *settings);

void sshoal__reader_settings_fini(struct reader_settings *settings);

/* Reads the line of a host; in host_line.c. */
int sshoal__host_line_read(const struct reader *reader, char *text);

/* Adds a host to the section's group, with settings; in host_line.c. The texts
 * of the address are borrowed. */
int sshoal__reader_add_host(const struct reader *reader,
			    const struct address *address,
			    const struct reader_settings *settings);

#endif
