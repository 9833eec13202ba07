/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_OPTION_TABLE_H
#define SSHOAL_CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

/* There are at most so many options. */
#define OPTIONS_MAX 160

/* What an option's value becomes. */
enum option_kind {
	OPTION_FLAG,    /* no value: sets a uint32_t to least */
	OPTION_BIT,     /* no value: sets the bits of least in a uint32_t */
	OPTION_LEVEL,   /* no value: moves an int32_t by one, as least says */
	OPTION_COUNT,   /* a uint32_t between least and most */
	OPTION_TIME,    /* an int64_t in milliseconds, -1 for a 0 given */
	OPTION_SIZE,    /* a uint64_t in bytes */
	OPTION_OUTPUT,  /* a size and what past it, in sshoal_fleet_options */
	OPTION_MODE,    /* an octal number, in sshoal_transfer_options */
	OPTION_TEXT,    /* a const char *, not empty */
	OPTION_SHARE,   /* a struct share; its number least at least */
	OPTION_SHARD,   /* a struct shard */
	OPTION_CONFIRM, /* a uint32_t, in struct caution_options */
	OPTION_WHOM,    /* a const char *, "root" where "=" is not given */
	OPTION_COMMENT, /* a const char *, which may be empty */
	OPTION_LIST,    /* added to a struct text_list, not empty */
	OPTION_CHOICE,  /* a word that stands for a number in a uint32_t */
	OPTION_HELP,
	OPTION_VERSION
};

/* What can be said of a value that is not typed yet. */
enum option_takes {
	OPTION_TAKES_ANYTHING = 0,
	OPTION_TAKES_FILE,
	OPTION_TAKES_HOSTS
};

/* A word and what it stands for; a NULL word ends a table. */
struct choice {
	const char *word;
	uint32_t value;
};

/* One option of this version. */
struct option_spec {
	const char *name;  /* after "--"; NULL: only a letter */
	char letter;       /* after "-"; 0: only a name */
	uint8_t kind;      /* enum option_kind */
	uint8_t takes;     /* enum option_takes */
	uint32_t commands; /* 1 << enum cli_command, of those that take it */
	size_t offset;     /* in struct options */
	uint32_t least;
	uint32_t most;
	const struct choice *choices;
	const char *what; /* the value's name in a message */
};

/* The index-th option, NULL past the last. */
const struct option_spec *sshoal__option_at(size_t index);

/* The place of one that is there. */
size_t sshoal__option_index(const struct option_spec *spec);

/* Whether an option is part of what is done, and not of which hosts it is done
 * on or whether it is kept: a rerun repeats it, and takes another one. */
bool sshoal__option_is_of_job(const struct option_spec *spec);

/* Whether a command takes an option. */
bool sshoal__option_is_of(const struct option_spec *spec, int command);

/* NULL when this version has no such option. Of those with one name the one
 * that the command takes. */
const struct option_spec *sshoal__option_by_name(const char *name,
						 size_t length, int command);

/* Whether another option has the same name, for other commands. */
bool sshoal__option_has_twin(const struct option_spec *spec);
/* NULL when this version has no such option. */
const struct option_spec *sshoal__option_by_letter(char letter);

bool sshoal__option_takes_value(const struct option_spec *spec);

#endif
