/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_ANSIBLE_H
#define SSHOAL_INVENTORY_ANSIBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/reader.h"

/* Whether a file, which is not changed, has a key that begins with "ansible_":
 * it is an inventory of Ansible then. 0 or SSHOAL_ENOMEM. */
int sshoal__ansible_is(bool *is_ansible, const char *text, size_t size);

/*
 * Adds what a key of an inventory of Ansible sets: a setting for those that say
 * where and how to log in and for sshoal_KEY, a variable for all others. What
 * returns is sshoal__reader_read()'s.
 */
int sshoal__ansible_read(const struct reader *reader,
			 struct reader_settings *settings,
			 const struct setting_source *source);

/* Reads what is given to ssh in ansible_ssh_common_args and
 * ansible_ssh_extra_args; in ansible_args.c. */
int sshoal__ansible_args(const struct reader *reader,
			 struct reader_settings *settings,
			 const struct setting_source *source);

#endif
