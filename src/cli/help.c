/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include "report/verdict.h"

/* The help texts. The manual sshoal(1) says everything; these say enough. */

static const char overview[] =
	"sshoal runs commands and moves files on many SSH hosts at once.\n"
	"\n"
	"  sshoal run -f FILE -- CMD [ARG...]    run CMD on every host in "
	"FILE\n"
	"  sshoal run -w HOST,HOST -- CMD        on these hosts\n"
	"  sshoal script -f FILE -- SCRIPT       run a script from here\n"
	"  sshoal put|get -f FILE SRC... DEST    upload, download files\n"
	"  sshoal ping|hosts|trust -f FILE       log in; print them; know "
	"their "
	"keys\n"
	"  sshoal rerun|keygen|copy-id           again; make a key; install "
	"it\n"
	"  sshoal help COMMAND                   the options\n"
	"\n"
	"A hosts file has one [user@]host[:port] a line. Logging in: -l USER,\n"
	"-p PORT, -i KEY, -k (ask for a password); keys of the agent and of\n"
	"~/.ssh are tried by themselves. At most 64 hosts at once (-P N); a\n"
	"time limit is -u TIME. Exit status: 0 all ok, 1 a command failed,\n"
	"2 usage, 3 not reached, 4 no time, 5 a local failure. man sshoal\n";

static const char selection[] =
	"\n"
	"Hosts\n"
	"  -w, --hosts EXPR        these hosts, such as 'web[01-20],@db!db7';\n"
	"                          repeatable; - is standard input\n"
	"  -f, --hosts-file FILE   the hosts of a file; repeatable; - is\n"
	"                          standard input\n"
	"  -x, --exclude EXPR      but not these; repeatable\n"
	"      --shard K/N         the K-th of N parts\n"
	"      --pick N            N of them, chosen by chance\n"
	"      --shuffle, --sorted in an order made by chance, or of names\n"
	"      --allow-empty       no hosts: exit status 0, not 2\n";

static const char caution[] =
	"      --dry-run           print what would be done, contact none\n"
	"      --confirm N         ask where there are more than N hosts\n"
	"      --lock FILE         one at a time: exit status 6 where it is "
	"held\n"
	"      --lock-wait TIME    wait so long for it\n";

static const char journal[] =
	"      --journal FILE      keep what happens there, for rerun (one of\n"
	"                          the last 20 in ~/.local/state/sshoal)\n"
	"      --no-journal        keep none\n";

static const char login[] =
	"\n"
	"Logging in\n"
	"  -l, --login USER        as this user\n"
	"  -p, --port PORT         at this port\n"
	"  -i, --identity FILE     with this private key; repeatable\n"
	"  -k, --ask-pass          ask for a password on the terminal\n"
	"      --ask-passphrase    likewise, for that of the keys\n"
	"      --password-file FILE, --passphrase-file FILE\n"
	"                          read them, each from its file's first line\n"
	"      --no-password-probe a shared password goes to all hosts at "
	"once,\n"
	"                          and not to three of them first\n"
	"      --no-agent          without the agent's keys\n"
	"      --known-hosts FILE  instead of the user's and the system's\n"
	"      --host-key-policy strict|accept-new|off\n"
	"  -J JUMP[,JUMP]          through other hosts; none: through none\n"
	"  -F FILE                 instead of ~/.ssh/config and the system's;\n"
	"                          none: without\n"
	"  -o KEY=VALUE            an option of ssh_config; repeatable\n"
	"  -4, -6                  addresses of IPv4, of IPv6 only\n";

static const char driving[] =
	"\n"
	"Driving (a time is a number with ms, s, m or h; 0 is none)\n"
	"  -P, --parallel N        hosts at once (64)\n"
	"      --connect-timeout TIME   name to key exchange done (10)\n"
	"      --login-timeout TIME     login (60)\n"
	"      --deadline TIME          the whole run (none)\n"
	"      --retries N              after failures before login (0)\n"
	"      --retry-delay TIME       before the first, then doubled (1)\n"
	"      --logins N               logins at once in all (adaptive)\n"
	"      --logins-per-address N   and to one address (8)\n"
	"      --connect-rate N         connections a second (no limit)\n";

static const char batches[] =
	"\n"
	"Batches\n"
	"      --serial N|N%       so many hosts, then the next ones\n"
	"      --canary N          the first N alone, before all others\n"
	"      --pause TIME        between batches (none)\n"
	"      --max-fail N|N%     start no host once more than N are not ok\n"
	"                          (no limit; with batches 0)\n";

static const char checks[] =
	"      --check CMD         on each host that is ok, until it exits 0\n"
	"      --check-local CMD   likewise here, once a batch\n"
	"      --check-timeout TIME   how long (60)\n";

static const char display[] =
	"\n"
	"Output\n"
	"      --output lines|failed|json|none, --json   (failed: only what\n"
	"                          hosts say that are not ok)\n"
	"      --output-dir DIR    and what each host says as DIR/HOST.out, "
	".err\n"
	"                          and .json; --compress-logs gzips them\n"
	"      --failed-to FILE    the hosts that are not ok, one a line\n"
	"      --progress auto|always|never   a line on standard error\n"
	"  -q, -qq                 no notes; no summary either\n"
	"  -v, -vv                 say more\n"
	"  -h, --help              this text\n";

static const char run[] =
	"sshoal run [OPTION...] -- CMD [ARG...]\n"
	"Runs a command on every host; the words are joined by blanks, as ssh\n"
	"does. A command that is one word may stand without --.\n"
	"\n"
	"      --quote             each word is one word there, too\n";

static const char script[] =
	"sshoal script [OPTION...] [--] FILE [ARG...]\n"
	"Uploads a script from here to every host, runs it and removes it.\n"
	"\n"
	"      --interpreter CMD   what runs it (its first line's, /bin/sh)\n";

static const char put[] =
	"sshoal put [OPTION...] SRC... DEST\n"
	"Uploads files to every host: into DEST if that is a directory there,\n"
	"ends in / or there are several, else as DEST.\n"
	"\n"
	"      --mkdir             make directories above DEST\n"
	"      --then CMD          run CMD where something changed\n";

static const char get[] =
	"sshoal get [OPTION...] SRC... DIR\n"
	"Downloads files from every host to DIR/HOST/NAME. * ? [ ] in SRC "
	"match\n"
	"names there.\n"
	"\n"
	"      --parents           with all directories of SRC's path\n"
	"      --allow-missing     a SRC that is not there is no failure\n";

static const char moving[] =
	"  -r, --recursive         directories with everything in them\n"
	"      --follow            what symbolic links point to\n"
	"      --preserve          permissions and times; owners as root\n"
	"      --mode MODE         permissions of files, in octal\n"
	"      --owner USER[:GROUP]   names, as each host knows them, or "
	"numbers\n"
	"      --skip-unchanged    leave files of the same size and time\n"
	"      --resume            go on with what was interrupted\n"
	"      --verify            read back and compare\n"
	"      --no-atomic         write into files that are there\n"
	"      --bwlimit RATE      bytes a second, all hosts together\n";

static const char limits[] =
	"  -u, --timeout TIME      for all of it (none)\n"
	"      --idle-timeout TIME without a byte either way (none; for\n"
	"                          files 5m)\n";

static const char commands[] =
	"      --detach-grace TIME for output after a command's end (2)\n"
	"      --kill-after TIME   from TERM to KILL where it is ended (5)\n"
	"      --max-output SIZE[,cut]  a host's output; end past it, or drop "
	"it\n"
	"      --raw-output        control characters as they are\n"
	"  -S, --max-exit          exit with the largest remote status\n";

static const char surroundings[] =
	"      --stdin FILE        what the command reads, on every host; - "
	"is\n"
	"                          ours\n"
	"      --env NAME=VALUE    a variable of its environment; repeatable\n"
	"      --cwd DIR           in this folder there, or not at all\n"
	"  -t, --tty               with a terminal\n"
	"      --sudo[=USER]       by sudo, as root or USER; -K,\n"
	"      --ask-sudo-pass     asks for the password sudo wants\n"
	"      --sudo-password-file FILE   reads it from a file\n";

static const char labels[] =
	"  -b                      hosts that say the same together, at the "
	"end\n"
	"      --diff              and only what differs from the largest "
	"group\n"
	"      --mask REGEX        not looking at what this matches\n"
	"      --live              lines as they come as well\n"
	"      --output host|group each host by itself as it ends, or -b\n"
	"  -N, --no-label          output without the host's label\n";

static const char ping[] =
	"sshoal ping [OPTION...]\n"
	"Connects to every host and logs in, no more; prints the time of each\n"
	"phase in milliseconds.\n";

static const char hosts[] =
	"sshoal hosts [OPTION...]\n"
	"Prints the hosts that run would work on, one a line; contacts none.\n"
	"\n"
	"      --fold              shortly, with ranges in brackets\n"
	"      --count             only how many there are\n"
	"      --json              with each setting and where it is from\n"
	"  -l USER, -p PORT, -i KEY, -F FILE, -o Key=Value, -4, -6\n"
	"                          as for run, to see them among these\n";

static const char trust[] =
	"sshoal trust [OPTION...]\n"
	"Collects the host keys of all hosts, shows those that are not in\n"
	"known_hosts with their fingerprints, asks once and writes them "
	"there.\n"
	"Changed keys are shown and left as they are.\n"
	"\n"
	"      --yes               take unknown keys without asking\n"
	"      --replace HOST,...  take changed keys of these hosts, too\n"
	"      --check             write nothing; exit status 3 where keys "
	"are\n"
	"                          unknown or changed\n"
	"      --remove            remove the hosts' keys; contacts none\n"
	"      --hash              write names that cannot be read\n"
	"      --known-hosts FILE  instead of ~/.ssh/known_hosts\n"
	"  -p, --port PORT         at this port\n"
	"  -F FILE, -o KEY=VALUE   ssh_config, and options of it\n"
	"  -4, -6                  addresses of IPv4, of IPv6 only\n";

static const char copy_id[] =
	"sshoal copy-id [OPTION...]\n"
	"Adds a public key to ~/.ssh/authorized_keys on every host, by any\n"
	"login, and proves it by a login with that key alone.\n"
	"\n"
	"      --pubkey FILE       the key (the newest ~/.ssh/id*.pub)\n"
	"      --remove FILE       once it is proven, remove this one\n"
	"  -u, --timeout TIME      for all of it once logged in (none)\n";

static const char keygen[] =
	"sshoal keygen [OPTION...]\n"
	"Makes a key pair in OpenSSH's format; asks for a passphrase.\n"
	"\n"
	"      --type rsa|ecdsa|ed25519   (ed25519)\n"
	"      --bits N            RSA 2048 to 16384 (3072); ECDSA 256, 384 "
	"or\n"
	"                          521 (256)\n"
	"      --file FILE         the private half (~/.ssh/id_TYPE); the\n"
	"                          public one is FILE.pub\n"
	"      --comment TEXT      (user@host)\n"
	"      --passphrase-file FILE, --no-passphrase\n"
	"                          instead of asking\n"
	"  -h, --help              this text\n";

static const char rerun[] =
	"sshoal rerun [OPTION...] [JOURNAL]\n"
	"Does a run again where it is not ok, as its journal tells, with the\n"
	"options that it had; JOURNAL is the last one unless named.\n"
	"\n"
	"      --run ID            of several runs in it, that one (the last)\n"
	"      --only LIST         hosts that are any of it: words such as\n"
	"                          failed,timeout; no-contact; unfinished;\n"
	"                          ran=no|unknown|yes\n"
	"      --dry-run           print what would be done, contact none\n"
	"Any option of the run may be given, and is stronger than what it "
	"had,\n"
	"but for those that choose hosts: -P, --deadline, -q, --json, -f ...\n"
	"  -h, --help              this text\n";

static const char report[] =
	"sshoal report [OPTION...] [FILE] > PAGE.html\n"
	"Makes a page to look at of a run: outcome, failures, timeline, "
	"output.\n"
	"FILE is what --json wrote or a journal, - standard input; without "
	"it,\n"
	"the last journal.\n"
	"\n"
	"      --run ID            of several runs in FILE, that one (the "
	"last)\n"
	"  -h, --help              this text\n";

static const char completion[] =
	"sshoal completion bash|zsh|fish\n"
	"Prints a script that completes sshoal's commands, options and hosts:\n"
	"eval \"$(sshoal completion bash)\" in ~/.bashrc, or in zsh;\n"
	"sshoal completion fish | source\n";

static const char help[] =
	"sshoal help [COMMAND]\n"
	"Prints a short text about sshoal or one of its commands.\n";

static void print(struct console *console, const char *const *texts)
{
	for (; *texts; texts++)
		(void)sshoal__console_print(console, SSHOAL_STDOUT, *texts);
}

int sshoal__cli_help(struct console *console, int topic)
{
	const char *const of_none[] = { overview, NULL };
	const char *const of_run[] = { run,          limits,  commands,
				       surroundings, labels,  selection,
				       caution,      journal, login,
				       driving,      batches, checks,
				       display,      NULL };
	const char *const of_script[] = { script,       limits,  commands,
					  surroundings, labels,  selection,
					  caution,      journal, login,
					  driving,      batches, checks,
					  display,      NULL };
	const char *const of_put[] = { put,       moving,  limits,  commands,
				       selection, caution, journal, login,
				       driving,   batches, checks,  display,
				       NULL };
	const char *const of_get[] = { get,     moving,  limits,  selection,
				       caution, journal, login,   driving,
				       batches, checks,  display, NULL };
	const char *const of_ping[] = { ping,    selection, caution, login,
					driving, batches,   display, NULL };
	const char *const of_hosts[] = { hosts, selection, NULL };
	const char *const of_trust[] = { trust,   selection, caution,
					 driving, display,   NULL };
	const char *const of_copy_id[] = { copy_id, selection, caution,
					   journal, login,     driving,
					   batches, display,   NULL };
	const char *const of_keygen[] = { keygen, NULL };
	const char *const of_rerun[] = { rerun, NULL };
	const char *const of_report[] = { report, NULL };
	const char *const of_completion[] = { completion, NULL };
	const char *const of_help[] = { help, NULL };
	switch ((enum cli_command)topic) {
	case CLI_COMMAND_RUN:
		print(console, of_run);
		break;
	case CLI_COMMAND_SCRIPT:
		print(console, of_script);
		break;
	case CLI_COMMAND_PUT:
		print(console, of_put);
		break;
	case CLI_COMMAND_GET:
		print(console, of_get);
		break;
	case CLI_COMMAND_PING:
		print(console, of_ping);
		break;
	case CLI_COMMAND_HOSTS:
		print(console, of_hosts);
		break;
	case CLI_COMMAND_TRUST:
		print(console, of_trust);
		break;
	case CLI_COMMAND_COPY_ID:
		print(console, of_copy_id);
		break;
	case CLI_COMMAND_KEYGEN:
		print(console, of_keygen);
		break;
	case CLI_COMMAND_RERUN:
		print(console, of_rerun);
		break;
	case CLI_COMMAND_REPORT:
		print(console, of_report);
		break;
	case CLI_COMMAND_COMPLETION:
		print(console, of_completion);
		break;
	case CLI_COMMAND_HELP:
		print(console, of_help);
		break;
	case CLI_COMMAND_NONE:
	case CLI_COMMAND_VERSION:
		print(console, of_none);
		break;
	}
	return VERDICT_OK;
}
