/* SPDX-License-Identifier: MIT */
#include "cli/option_table.h"

#include <string.h>

/* Every option of this version, once. The manual has the same list. */

#define RUN (1u << CLI_COMMAND_RUN)
#define SCRIPT (1u << CLI_COMMAND_SCRIPT)
#define PUT (1u << CLI_COMMAND_PUT)
#define GET (1u << CLI_COMMAND_GET)
#define PING (1u << CLI_COMMAND_PING)
#define HOSTS (1u << CLI_COMMAND_HOSTS)
#define TRUST (1u << CLI_COMMAND_TRUST)
#define COPY_ID (1u << CLI_COMMAND_COPY_ID)
#define KEYGEN (1u << CLI_COMMAND_KEYGEN)
#define REPORT (1u << CLI_COMMAND_REPORT)
#define RUNNING (RUN | SCRIPT | PUT)
#define MOVING (PUT | GET)
#define WORKING (RUNNING | GET)
#define DRIVEN (WORKING | PING | COPY_ID)
#define REACHING (DRIVEN | TRUST)
#define SELECTING (REACHING | HOSTS)
#define ANY \
	(SELECTING | KEYGEN | REPORT | 1u << CLI_COMMAND_COMPLETION | \
	 1u << CLI_COMMAND_HELP)
#define AT(member) offsetof(struct options, member)

static const struct choice policies[] = {
	{ "strict", SSHOAL_HOST_KEY_STRICT },
	{ "accept-new", SSHOAL_HOST_KEY_ACCEPT_NEW },
	{ "off", SSHOAL_HOST_KEY_OFF },
	{ NULL, 0 },
};

static const struct choice key_types[] = {
	{ "rsa", SSHOAL_KEY_RSA },
	{ "ecdsa", SSHOAL_KEY_ECDSA },
	{ "ed25519", SSHOAL_KEY_ED25519 },
	{ NULL, 0 },
};

static const struct choice outputs[] = {
	{ "lines", OUTPUT_LINES },
	{ "json", OUTPUT_JSON },
	{ "none", OUTPUT_NONE },
	{ NULL, 0 },
};

static const struct choice progresses[] = {
	{ "auto", PROGRESS_AUTO },
	{ "always", PROGRESS_ALWAYS },
	{ "never", PROGRESS_NEVER },
	{ NULL, 0 },
};

static const struct option_spec table[] = {
	/* Which hosts. */
	{ .name = "hosts",
	  .letter = 'w',
	  .kind = OPTION_LIST,
	  .takes = OPTION_TAKES_HOSTS,
	  .commands = SELECTING,
	  .offset = AT(selection.expressions),
	  .what = "host names" },
	{ .name = "hosts-file",
	  .letter = 'f',
	  .kind = OPTION_LIST,
	  .takes = OPTION_TAKES_FILE,
	  .commands = SELECTING,
	  .offset = AT(selection.files),
	  .what = "a file" },
	{ .name = "exclude",
	  .letter = 'x',
	  .kind = OPTION_LIST,
	  .takes = OPTION_TAKES_HOSTS,
	  .commands = SELECTING,
	  .offset = AT(selection.exclusions),
	  .what = "host names" },
	{ .name = "shard",
	  .kind = OPTION_SHARD,
	  .commands = SELECTING,
	  .offset = AT(selection.shard),
	  .what = "K/N" },
	{ .name = "pick",
	  .kind = OPTION_COUNT,
	  .commands = SELECTING,
	  .offset = AT(selection.pick),
	  .least = 1,
	  .most = 10000000,
	  .what = "a number of hosts" },
	{ .name = "shuffle",
	  .kind = OPTION_FLAG,
	  .commands = SELECTING,
	  .offset = AT(selection.shuffle),
	  .least = 1 },
	{ .name = "sorted",
	  .kind = OPTION_FLAG,
	  .commands = SELECTING,
	  .offset = AT(selection.sorted),
	  .least = 1 },
	{ .name = "dry-run",
	  .kind = OPTION_FLAG,
	  .commands = REACHING,
	  .offset = AT(caution.dry_run),
	  .least = 1 },
	{ .name = "confirm",
	  .kind = OPTION_CONFIRM,
	  .commands = REACHING,
	  .offset = AT(caution),
	  .least = 0,
	  .most = 10000000,
	  .what = "a number of hosts" },
	{ .name = "allow-empty",
	  .kind = OPTION_FLAG,
	  .commands = SELECTING,
	  .offset = AT(selection.allow_empty),
	  .least = 1 },
	{ .name = "fold",
	  .kind = OPTION_FLAG,
	  .commands = HOSTS,
	  .offset = AT(words.fold),
	  .least = 1 },
	{ .name = "count",
	  .kind = OPTION_FLAG,
	  .commands = HOSTS,
	  .offset = AT(words.count_only),
	  .least = 1 },
	/* Logging in. */
	{ .name = "login",
	  .letter = 'l',
	  .kind = OPTION_TEXT,
	  .commands = DRIVEN | HOSTS,
	  .offset = AT(login.user),
	  .what = "a user name" },
	{ .name = "port",
	  .letter = 'p',
	  .kind = OPTION_COUNT,
	  .commands = SELECTING,
	  .offset = AT(login.port),
	  .least = 1,
	  .most = 65535,
	  .what = "a port" },
	{ .name = "identity",
	  .letter = 'i',
	  .kind = OPTION_LIST,
	  .takes = OPTION_TAKES_FILE,
	  .commands = DRIVEN | HOSTS,
	  .offset = AT(login.identities),
	  .what = "a private key's file" },
	{ .letter = 'J',
	  .kind = OPTION_TEXT,
	  .commands = DRIVEN | HOSTS,
	  .offset = AT(login.jump),
	  .what = "a jump host" },
	{ .letter = 'F',
	  .kind = OPTION_TEXT,
	  .takes = OPTION_TAKES_FILE,
	  .commands = SELECTING,
	  .offset = AT(login.config),
	  .what = "a file, or none" },
	{ .letter = 'o',
	  .kind = OPTION_LIST,
	  .commands = SELECTING,
	  .offset = AT(login.words),
	  .what = "Key=Value as in ssh" },
	{ .letter = '4',
	  .kind = OPTION_FLAG,
	  .commands = SELECTING,
	  .offset = AT(login.family),
	  .least = FAMILY_INET },
	{ .letter = '6',
	  .kind = OPTION_FLAG,
	  .commands = SELECTING,
	  .offset = AT(login.family),
	  .least = FAMILY_INET6 },
	{ .name = "ask-pass",
	  .letter = 'k',
	  .kind = OPTION_FLAG,
	  .commands = DRIVEN,
	  .offset = AT(login.ask_pass),
	  .least = 1 },
	{ .name = "password-file",
	  .kind = OPTION_TEXT,
	  .takes = OPTION_TAKES_FILE,
	  .commands = DRIVEN,
	  .offset = AT(login.password_file),
	  .what = "a file" },
	{ .name = "ask-passphrase",
	  .kind = OPTION_FLAG,
	  .commands = DRIVEN,
	  .offset = AT(login.ask_passphrase),
	  .least = 1 },
	{ .name = "no-password-probe",
	  .kind = OPTION_BIT,
	  .commands = DRIVEN,
	  .offset = AT(fleet.flags),
	  .least = SSHOAL_FLEET_NO_PASSWORD_PROBE },
	{ .name = "passphrase-file",
	  .kind = OPTION_TEXT,
	  .takes = OPTION_TAKES_FILE,
	  .commands = DRIVEN | KEYGEN,
	  .offset = AT(login.passphrase_file),
	  .what = "a file" },
	{ .name = "no-agent",
	  .kind = OPTION_FLAG,
	  .commands = DRIVEN,
	  .offset = AT(login.no_agent),
	  .least = 1 },
	{ .name = "known-hosts",
	  .kind = OPTION_TEXT,
	  .takes = OPTION_TAKES_FILE,
	  .commands = REACHING,
	  .offset = AT(login.known_hosts),
	  .what = "a file" },
	{ .name = "host-key-policy",
	  .kind = OPTION_CHOICE,
	  .commands = DRIVEN,
	  .offset = AT(login.host_key_policy),
	  .choices = policies,
	  .what = "strict, accept-new or off" },
	/* How the fleet is driven. */
	{ .name = "parallel",
	  .letter = 'P',
	  .kind = OPTION_COUNT,
	  .commands = REACHING,
	  .offset = AT(fleet.parallel),
	  .least = 1,
	  .most = 100000,
	  .what = "a number of hosts" },
	{ .name = "logins",
	  .kind = OPTION_COUNT,
	  .commands = REACHING,
	  .offset = AT(fleet.logins),
	  .least = 1,
	  .most = 100000,
	  .what = "a number" },
	{ .name = "logins-per-address",
	  .kind = OPTION_COUNT,
	  .commands = REACHING,
	  .offset = AT(fleet.logins_per_address),
	  .least = 1,
	  .most = 100000,
	  .what = "a number" },
	{ .name = "connect-rate",
	  .kind = OPTION_COUNT,
	  .commands = REACHING,
	  .offset = AT(fleet.connect_rate),
	  .least = 1,
	  .most = 100000,
	  .what = "a number of connections a second" },
	{ .name = "retries",
	  .kind = OPTION_COUNT,
	  .commands = REACHING,
	  .offset = AT(fleet.retries),
	  .least = 0,
	  .most = 1000,
	  .what = "a number" },
	{ .name = "retry-delay",
	  .kind = OPTION_TIME,
	  .commands = REACHING,
	  .offset = AT(fleet.retry_delay_ms),
	  .what = "a time" },
	{ .name = "connect-timeout",
	  .kind = OPTION_TIME,
	  .commands = REACHING,
	  .offset = AT(login.connect_timeout_ms),
	  .what = "a time" },
	{ .name = "login-timeout",
	  .kind = OPTION_TIME,
	  .commands = DRIVEN,
	  .offset = AT(login.login_timeout_ms),
	  .what = "a time" },
	{ .name = "timeout",
	  .letter = 'u',
	  .kind = OPTION_TIME,
	  .commands = WORKING | COPY_ID,
	  .offset = AT(fleet.timeout_ms),
	  .what = "a time" },
	{ .name = "idle-timeout",
	  .kind = OPTION_TIME,
	  .commands = WORKING,
	  .offset = AT(fleet.idle_timeout_ms),
	  .what = "a time" },
	{ .name = "detach-grace",
	  .kind = OPTION_TIME,
	  .commands = RUNNING,
	  .offset = AT(fleet.detach_grace_ms),
	  .what = "a time" },
	{ .name = "deadline",
	  .kind = OPTION_TIME,
	  .commands = REACHING,
	  .offset = AT(fleet.deadline_ms),
	  .what = "a time" },
	/* How files are moved, and scripts run. */
	{ .name = "recursive",
	  .letter = 'r',
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.recursive),
	  .least = 1 },
	{ .name = "preserve",
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.preserve),
	  .least = 1 },
	{ .name = "mode",
	  .kind = OPTION_MODE,
	  .commands = MOVING,
	  .offset = AT(files.transfer),
	  .what = "permissions" },
	{ .name = "owner",
	  .kind = OPTION_TEXT,
	  .commands = MOVING,
	  .offset = AT(files.transfer.owner),
	  .what = "USER[:GROUP]" },
	{ .name = "no-atomic",
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.in_place),
	  .least = 1 },
	{ .name = "resume",
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.resume),
	  .least = 1 },
	{ .name = "verify",
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.verify),
	  .least = 1 },
	{ .name = "skip-unchanged",
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.skip_unchanged),
	  .least = 1 },
	{ .name = "follow",
	  .kind = OPTION_FLAG,
	  .commands = MOVING,
	  .offset = AT(files.transfer.follow_links),
	  .least = 1 },
	{ .name = "mkdir",
	  .kind = OPTION_FLAG,
	  .commands = PUT,
	  .offset = AT(files.transfer.make_parents),
	  .least = 1 },
	{ .name = "bwlimit",
	  .kind = OPTION_SIZE,
	  .commands = MOVING,
	  .offset = AT(files.transfer.bytes_per_second),
	  .what = "bytes a second" },
	{ .name = "then",
	  .kind = OPTION_TEXT,
	  .commands = PUT,
	  .offset = AT(files.then_command),
	  .what = "a command" },
	{ .name = "parents",
	  .kind = OPTION_FLAG,
	  .commands = GET,
	  .offset = AT(files.whole_paths),
	  .least = 1 },
	{ .name = "allow-missing",
	  .kind = OPTION_FLAG,
	  .commands = GET,
	  .offset = AT(files.allow_missing),
	  .least = 1 },
	{ .name = "interpreter",
	  .kind = OPTION_TEXT,
	  .commands = SCRIPT,
	  .offset = AT(files.interpreter),
	  .what = "a command" },
	/* Host keys. */
	{ .name = "yes",
	  .kind = OPTION_FLAG,
	  .commands = TRUST,
	  .offset = AT(trust.yes),
	  .least = 1 },
	{ .name = "check",
	  .kind = OPTION_FLAG,
	  .commands = TRUST,
	  .offset = AT(trust.check),
	  .least = 1 },
	{ .name = "remove",
	  .kind = OPTION_FLAG,
	  .commands = TRUST,
	  .offset = AT(trust.remove),
	  .least = 1 },
	{ .name = "replace",
	  .kind = OPTION_TEXT,
	  .commands = TRUST,
	  .takes = OPTION_TAKES_HOSTS,
	  .offset = AT(trust.replaced),
	  .what = "host names" },
	{ .name = "hash",
	  .kind = OPTION_FLAG,
	  .commands = TRUST,
	  .offset = AT(trust.hash),
	  .least = 1 },
	/* Keys of one's own. */
	{ .name = "pubkey",
	  .kind = OPTION_TEXT,
	  .commands = COPY_ID,
	  .takes = OPTION_TAKES_FILE,
	  .offset = AT(keys.installed),
	  .what = "a public key's file" },
	{ .name = "remove",
	  .kind = OPTION_TEXT,
	  .commands = COPY_ID,
	  .takes = OPTION_TAKES_FILE,
	  .offset = AT(keys.removed),
	  .what = "a public key's file" },
	{ .name = "type",
	  .kind = OPTION_CHOICE,
	  .commands = KEYGEN,
	  .offset = AT(keys.type),
	  .choices = key_types,
	  .what = "rsa, ecdsa or ed25519" },
	{ .name = "bits",
	  .kind = OPTION_COUNT,
	  .commands = KEYGEN,
	  .offset = AT(keys.bits),
	  .least = 256,
	  .most = 16384,
	  .what = "a number of bits" },
	{ .name = "file",
	  .kind = OPTION_TEXT,
	  .commands = KEYGEN,
	  .takes = OPTION_TAKES_FILE,
	  .offset = AT(keys.file),
	  .what = "a file" },
	{ .name = "comment",
	  .kind = OPTION_COMMENT,
	  .commands = KEYGEN,
	  .offset = AT(keys.comment),
	  .what = "a text" },
	{ .name = "no-passphrase",
	  .kind = OPTION_FLAG,
	  .commands = KEYGEN,
	  .offset = AT(keys.no_passphrase),
	  .least = 1 },
	/* What comes out. */
	{ .name = "progress",
	  .kind = OPTION_CHOICE,
	  .commands = REACHING,
	  .offset = AT(display.progress),
	  .choices = progresses,
	  .what = "auto, always or never" },
	{ .name = "output",
	  .kind = OPTION_CHOICE,
	  .commands = REACHING,
	  .offset = AT(display.output),
	  .choices = outputs,
	  .what = "lines, json or none" },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .commands = SELECTING,
	  .offset = AT(display.output),
	  .least = OUTPUT_JSON },
	{ .name = "output-dir",
	  .kind = OPTION_TEXT,
	  .takes = OPTION_TAKES_FILE,
	  .commands = DRIVEN,
	  .offset = AT(display.output_dir),
	  .what = "a folder" },
	{ .name = "compress-logs",
	  .kind = OPTION_FLAG,
	  .commands = DRIVEN,
	  .offset = AT(display.compress_logs),
	  .least = 1 },
	{ .name = "no-label",
	  .letter = 'N',
	  .kind = OPTION_FLAG,
	  .commands = RUN | SCRIPT,
	  .offset = AT(display.no_label),
	  .least = 1 },
	{ .name = "max-output",
	  .kind = OPTION_OUTPUT,
	  .commands = RUNNING,
	  .offset = AT(fleet),
	  .what = "a size, or SIZE,cut" },
	{ .name = "raw-output",
	  .kind = OPTION_FLAG,
	  .commands = RUNNING,
	  .offset = AT(display.raw),
	  .least = 1 },
	{ .name = "max-exit",
	  .letter = 'S',
	  .kind = OPTION_FLAG,
	  .commands = RUNNING,
	  .offset = AT(display.max_exit),
	  .least = 1 },
	{ .name = "quote",
	  .kind = OPTION_FLAG,
	  .commands = RUN,
	  .offset = AT(words.quote),
	  .least = 1 },
	{ .name = "run",
	  .kind = OPTION_TEXT,
	  .commands = REPORT,
	  .offset = AT(words.run),
	  .what = "a run's name" },
	{ .letter = 'q',
	  .kind = OPTION_LEVEL,
	  .commands = SELECTING,
	  .offset = AT(display.verbosity),
	  .least = 0 },
	{ .letter = 'v',
	  .kind = OPTION_LEVEL,
	  .commands = SELECTING,
	  .offset = AT(display.verbosity),
	  .least = 1 },
	{ .name = "help", .letter = 'h', .kind = OPTION_HELP, .commands = ANY },
	{ .name = "version", .kind = OPTION_VERSION, .commands = ANY },
};

#define OPTION_COUNT_ALL (sizeof table / sizeof *table)

_Static_assert(OPTION_COUNT_ALL <= OPTIONS_MAX, "there is room for each");

const struct option_spec *sshoal__option_at(size_t index)
{
	return index < OPTION_COUNT_ALL ? &table[index] : NULL;
}

bool sshoal__option_is_of(const struct option_spec *spec, int command)
{
	return spec->commands >> command & 1;
}

const struct option_spec *sshoal__option_by_name(const char *name,
						 size_t length, int command)
{
	const struct option_spec *found = NULL;
	for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
		if (!table[i].name || strlen(table[i].name) != length ||
		    memcmp(table[i].name, name, length) != 0)
			continue;
		if (!found || sshoal__option_is_of(&table[i], command))
			found = &table[i];
	}
	return found;
}

bool sshoal__option_has_twin(const struct option_spec *spec)
{
	for (size_t i = 0; i < OPTION_COUNT_ALL; i++)
		if (&table[i] != spec && spec->name && table[i].name &&
		    strcmp(table[i].name, spec->name) == 0)
			return true;
	return false;
}

const struct option_spec *sshoal__option_by_letter(char letter)
{
	for (size_t i = 0; i < OPTION_COUNT_ALL; i++)
		if (table[i].letter && table[i].letter == letter)
			return &table[i];
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
		return false;
	case OPTION_COUNT:
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
