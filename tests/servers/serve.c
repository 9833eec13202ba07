/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "servers/account.h"
#include "servers/keypair.h"
#include "servers/port.h"
#include "servers/scratch.h"
#include "servers/site.h"

/*
 * sshoal_serve COMMAND [ARG...]
 *
 * Runs a command beside servers, as ssh-agent(1) runs one beside an agent, and
 * exits with its status. The command finds in its environment:
 *
 * SITE               a folder to write to, removed afterwards
 * SITE_PORT          of an sshd that answers on all of 127.0.0.0/8
 * SITE_USER SITE_KEY who may log in there, and the private key
 * SITE_KNOWN_HOSTS   with the server's key
 * SITE_CLOSED        a port of 127.0.0.1 that refuses connections
 * SITE_SILENT        one that accepts them and says nothing
 *
 * With SITE_WANTS=account there are, too:
 *
 * SITE_ACCOUNT SSHOAL_PASSWORD  who may log in with a password, and may change
 *                               which keys do (~/.ssh/authorized_keys). That
 *                               needs root: without it serve ends with 77.
 *
 * with SITE_WANTS=host-keys and =account:
 *
 * SITE_HOST_KEYS     a folder with the server's host keys: ed25519, ecdsa, rsa
 *                    and their public halves
 *
 * and with SITE_WANTS=rsa:
 *
 * SITE_RSA_KEY       an RSA key that may log in
 */

extern char **environ;

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		perror(name);
}

static void set_port(const char *name, uint16_t port)
{
	char number[16];
	(void)snprintf(number, sizeof number, "%u", (unsigned)port);
	set(name, number);
}

static int run(char *const *command)
{
	pid_t pid = -1;
	int status = 0;
	int rc = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
	if (rc) {
		(void)fprintf(stderr, "%s: %s\n", command[0], strerror(rc));
		return 127;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Host keys of every type. */
static int make_host_keys(struct scratch **scratch, struct sshd_plan *plan)
{
	static const struct keypair_plan types[] = {
		{ .type = "ed25519" },
		{ .type = "ecdsa" },
		{ .type = "rsa", .bits = 3072 },
	};
	static char paths[3][SCRATCH_PATH_MAX];
	if (scratch_new(scratch))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		scratch_path(paths[i], *scratch, "%s", types[i].type);
		plan->host_keys[i] = paths[i];
		if (keypair_make(paths[i], &types[i]))
			return -1;
	}
	set("SITE_HOST_KEYS", scratch_folder(*scratch));
	return 0;
}

/* A site whose sshd asks accounts of the machine for their passwords. */
static int start_with_account(struct site *site, struct account **account,
			      struct scratch **host_keys)
{
	static const char password[] = "correct horse; battery $taple";
	struct sshd_plan plan = {
		.more = "UsePAM yes\nPasswordAuthentication yes\n"
			"KbdInteractiveAuthentication yes\n"
			"AuthorizedKeysFile .ssh/authorized_keys\n",
	};
	if (make_host_keys(host_keys, &plan) ||
	    account_new(account, password) || site_start(site, &plan))
		return -1;
	/* Homes are the site's folder. */
	char ssh[SCRATCH_PATH_MAX];
	const struct passwd *user = getpwnam(account_name(*account));
	scratch_path(ssh, site->scratch, ".ssh");
	if (!user || mkdir(ssh, 0700) ||
	    chown(ssh, user->pw_uid, user->pw_gid) ||
	    chmod(scratch_folder(site->scratch), 0711) ||
	    chmod(site->known_hosts, 0644))
		return -1;
	set("SITE_ACCOUNT", account_name(*account));
	set("SSHOAL_PASSWORD", password);
	return 0;
}

static int add_rsa(const struct site *site)
{
	const struct keypair_plan rsa = { .type = "rsa", .bits = 3072 };
	char key[SCRATCH_PATH_MAX];
	scratch_path(key, site->scratch, "rsa");
	set("SITE_RSA_KEY", key);
	return keypair_make(key, &rsa) ||
			       keypair_publish(key, site->authorized_keys, "%s",
					       "") ?
		       -1 :
		       0;
}

static int start(struct site *site, struct account **account,
		 struct scratch **host_keys)
{
	const char *wanted = getenv("SITE_WANTS");
	struct sshd_plan plan = { .max_startups = 0 };
	if (!wanted)
		return site_start(site, NULL);
	if (strcmp(wanted, "account") == 0)
		return start_with_account(site, account, host_keys);
	if (strcmp(wanted, "host-keys") == 0)
		return make_host_keys(host_keys, &plan) ||
				       site_start(site, &plan) ?
			       -1 :
			       0;
	return site_start(site, NULL) || add_rsa(site) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct site site;
	struct account *account = NULL;
	struct scratch *host_keys = NULL;
	uint16_t closed = 0, silent = 0;
	int closed_fd = port_closed(&closed);
	int silent_fd = port_listen(&silent, 128);
	const char *wanted = getenv("SITE_WANTS");
	if (wanted && strcmp(wanted, "account") == 0 && geteuid() != 0) {
		(void)printf("passwords need root: skipped\n");
		return 77;
	}
	if (argc < 2 || closed_fd < 0 || silent_fd < 0 ||
	    start(&site, &account, &host_keys)) {
		(void)fprintf(stderr, "usage: sshoal_serve COMMAND...\n");
		return 2;
	}
	set("SITE", scratch_folder(site.scratch));
	set("SITE_USER", site.user);
	set("SITE_KEY", site.key);
	set("SITE_KNOWN_HOSTS", site.known_hosts);
	set_port("SITE_PORT", site.sshd.port);
	set_port("SITE_CLOSED", closed);
	set_port("SITE_SILENT", silent);
	int status = run(argv + 1);
	site_stop(&site);
	account_free(account);
	scratch_free(host_keys);
	(void)close(closed_fd);
	(void)close(silent_fd);
	return status;
}
