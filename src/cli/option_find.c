/* SPDX-License-Identifier: MIT */
#include "cli/option_table.h"

#include <string.h>

/* Finds options by what is written. */

bool sshoal__option_is_of_job(const struct option_spec *spec)
{
	static const unsigned int keep =
		1u << CLI_COMMAND_RUN | 1u << CLI_COMMAND_SCRIPT |
		1u << CLI_COMMAND_PUT | 1u << CLI_COMMAND_GET |
		1u << CLI_COMMAND_COPY_ID;
	size_t selection = offsetof(struct options, selection);
	bool chooses =
		spec->offset >= selection &&
		spec->offset - selection < sizeof(struct selection_options) &&
		spec->offset != offsetof(struct options, selection.files);
	return spec->commands & keep && !chooses && spec->kind != OPTION_HELP &&
	       spec->kind != OPTION_VERSION &&
	       spec->offset != offsetof(struct options, journal.file) &&
	       spec->offset != offsetof(struct options, journal.none);
}

/* A rerun takes what a command does that it can run again. */
bool sshoal__option_is_of(const struct option_spec *spec, int command)
{
	if (command == CLI_COMMAND_RERUN && sshoal__option_is_of_job(spec))
		return true;
	return spec->commands >> command & 1;
}

const struct option_spec *sshoal__option_by_name(const char *name,
						 size_t length, int command)
{
	const struct option_spec *found = NULL;
	for (size_t i = 0; sshoal__option_at(i); i++) {
		const struct option_spec *spec = sshoal__option_at(i);
		if (!spec->name || strlen(spec->name) != length ||
		    memcmp(spec->name, name, length) != 0)
			continue;
		if (!found || sshoal__option_is_of(spec, command))
			found = spec;
	}
	return found;
}

bool sshoal__option_has_twin(const struct option_spec *spec)
{
	for (size_t i = 0; sshoal__option_at(i); i++) {
		const struct option_spec *other = sshoal__option_at(i);
		if (other != spec && spec->name && other->name &&
		    strcmp(other->name, spec->name) == 0)
			return true;
	}
	return false;
}

const struct option_spec *sshoal__option_by_letter(char letter)
{
	for (size_t i = 0; sshoal__option_at(i); i++)
		if (letter && sshoal__option_at(i)->letter == letter)
			return sshoal__option_at(i);
	return NULL;
}

bool sshoal__option_takes_value(const struct option_spec *spec)
{
	switch ((enum option_kind)spec->kind) {
	case OPTION_FLAG:
	case OPTION_BIT:
	case OPTION_LEVEL:
	case OPTION_HELP:
	case OPTION_VERSION:
	case OPTION_WHOM:
		return false;
	case OPTION_COUNT:
	case OPTION_SHARE:
	case OPTION_SHARD:
	case OPTION_CONFIRM:
	case OPTION_TIME:
	case OPTION_SIZE:
	case OPTION_OUTPUT:
	case OPTION_MODE:
	case OPTION_TEXT:
	case OPTION_COMMENT:
	case OPTION_LIST:
	case OPTION_CHOICE:
		return true;
	}
	return false;
}
