/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_OPTIONS_H
#define SSHOAL_CLI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>
#include <sshoal/fleet.h>

/* What the program is asked to do. */
enum cli_command {
	CLI_COMMAND_NONE = 0,
	CLI_COMMAND_RUN,
	CLI_COMMAND_SCRIPT,
	CLI_COMMAND_PUT,
	CLI_COMMAND_GET,
	CLI_COMMAND_PING,
	CLI_COMMAND_HOSTS,
	CLI_COMMAND_COMPLETION,
	CLI_COMMAND_HELP,
	CLI_COMMAND_VERSION,
	CLI_COMMAND_TRUST,
	CLI_COMMAND_COPY_ID,
	CLI_COMMAND_KEYGEN,
	CLI_COMMAND_REPORT,
	CLI_COMMAND_RERUN
};

enum output_kind {
	OUTPUT_LINES = 0,
	OUTPUT_JSON,
	OUTPUT_NONE,
	OUTPUT_HOST,
	OUTPUT_GROUP,
	OUTPUT_FAILED
};

/* Whether a line on standard error says how far a run is. */
enum progress_kind { PROGRESS_AUTO = 0, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* Words in the order given; they are argv's. */
struct text_list {
	const char **items;
	size_t count;
};

/* One part of a list: "2/3". */
struct shard {
	uint32_t number; /* from 1; 0: all of it */
	uint32_t count;
};

/* Which hosts, and in which order. */
struct selection_options {
	struct text_list expressions; /* -w */
	struct text_list files;       /* -f */
	struct text_list exclusions;  /* -x */
	struct shard shard;
	uint32_t pick; /* how many; 0: all */
	uint32_t shuffle;
	uint32_t sorted;
	uint32_t allow_empty;
	uint32_t are_hosts; /* each expression names one host */
};

/* A part of the hosts: so many, or so many percent of all. */
struct share {
	uint32_t number;
	uint32_t percent;
	uint32_t is_given;
};

/* How the hosts are cut into batches, beside what the library takes as it
 * is. */
struct batch_options {
	struct share serial;
	struct share max_fail;
};

/* What is done before anything is contacted. */
struct caution_options {
	uint32_t dry_run;
	uint32_t has_confirm;
	uint32_t confirm;    /* ask above so many hosts */
	size_t may_have_run; /* hosts of a rerun: ask where there are any */
};

/* Which addresses are used. */
enum family { FAMILY_ANY = 0, FAMILY_INET, FAMILY_INET6 };

/* How to log in. NULL and 0: not given; a time of -1: no limit. */
struct login_options {
	const char *user;
	struct text_list identities;
	struct text_list words; /* of ssh_config, after -o */
	const char *config;     /* -F; NULL: the usual files */
	uint32_t family;        /* enum family */
	const char *password_file;
	const char *sudo_password_file;
	const char *passphrase_file;
	const char *known_hosts;
	const char *jump; /* -J */
	int64_t connect_timeout_ms;
	int64_t login_timeout_ms;
	uint32_t port;
	uint32_t host_key_policy;
	uint32_t ask_pass;
	uint32_t ask_sudo_pass;
	uint32_t ask_passphrase;
	uint32_t no_agent;
};

/* What comes out. */
struct display_options {
	uint32_t output;   /* enum output_kind */
	uint32_t progress; /* enum progress_kind */
	uint32_t no_label;
	uint32_t raw;
	uint32_t max_exit;
	int32_t verbosity;      /* enum verbosity */
	const char *output_dir; /* NULL: none */
	const char *failed_to;  /* NULL: none */
	uint32_t compress_logs;
	uint32_t diff; /* each of the three implies OUTPUT_GROUP */
	uint32_t live;
	struct text_list masks;
};

/* How files are moved, and scripts run. */
struct file_options {
	sshoal_transfer_options transfer;
	const char *then_command;
	const char *interpreter;
	uint32_t whole_paths;
	uint32_t allow_missing;
};

/* What commands and scripts run in. */
struct surrounding_options {
	const char *input; /* --stdin, "-" for ours; NULL: none */
	const char *folder;
	struct text_list variables;
	const char *sudo_user; /* --sudo; NULL: not */
	uint32_t terminal;
};

/* What trust does with the host keys it finds. */
struct trust_options {
	const char *replaced; /* --replace, an expression */
	uint32_t yes;
	uint32_t check;
	uint32_t remove;
	uint32_t hash;
};

/* The keys that keygen makes and copy-id installs. */
struct key_options {
	const char *file;
	const char *comment;
	const char *installed; /* --pubkey */
	const char *removed;   /* --remove */
	uint32_t type;         /* enum sshoal_key_type; 0: not given */
	uint32_t bits;
	uint32_t no_passphrase;
};

struct option_spec;

/* An option that was given, as often as it was. */
struct given {
	const struct option_spec *spec;
	const char *value; /* NULL: it takes none */
};

struct given_list {
	struct given *items;
	size_t count;
	size_t room;
};

struct journal_again;

/* What is kept of a run, and that it is the only one. */
struct journal_options {
	const char *file; /* --journal; NULL: one of our own */
	uint32_t none;    /* --no-journal */
	const char *lock;
	int64_t lock_wait_ms;
	const char *only;            /* of a rerun: which hosts */
	struct journal_again *again; /* this is a rerun; NULL: it is not */
};

/* What a command is given beside options. */
struct word_options {
	struct text_list words;
	uint32_t quote;
	uint32_t count_only; /* hosts --count */
	uint32_t fold;       /* hosts --fold */
	const char *run;     /* which one of a file */
};

/* A command line, understood. Strings are argv's. */
struct options {
	int command; /* enum cli_command */
	int topic;   /* of help, enum cli_command */
	struct selection_options selection;
	struct caution_options caution;
	struct batch_options batches;
	struct login_options login;
	sshoal_fleet_options fleet; /* limits and numbers only */
	struct display_options display;
	struct file_options files;
	struct surrounding_options surroundings;
	struct trust_options trust;
	struct key_options keys;
	struct journal_options journal;
	struct word_options words;
	struct given_list given;
};

/*
 * Understands a command line. -h anywhere makes it a call for help.
 * 0, SSHOAL_EINVAL or SSHOAL_ENOMEM; the options need no fini then.
 */
int sshoal__options_parse(struct options *options, int argc,
			  const char *const *argv, sshoal_error *error);

void sshoal__options_fini(struct options *options);

#endif
