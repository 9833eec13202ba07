/* SPDX-License-Identifier: MIT */
#include "servers/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "servers/process.h"

/* useradd(8) and its like lock /etc/passwd and give up when it is locked:
 * tests that run at a time wait for each other here. */
#define LOCK "/run/sshoal-accounts"

struct account {
	char name[32];
	struct process *keeper;
};

/* The password is not in the arguments of chpasswd(8). */
static int set_password(const char *name, const char *password)
{
	char line[256];
	(void)snprintf(line, sizeof line, "SSHOAL_LINE=%s:%s", name, password);
	const char *const environment[] = { line, NULL };
	const char *const command[] = {
		"flock",
		"-w",
		"60",
		LOCK,
		"sh",
		"-c",
		"printf '%s\\n' \"$SSHOAL_LINE\" | chpasswd -c SHA256",
		NULL
	};
	return process_run(command, environment);
}

int account_new(struct account **account, const char *password)
{
	struct account *made = calloc(1, sizeof *made);
	unsigned int number = 0;
	if (!made || getentropy(&number, sizeof number)) {
		free(made);
		return -1;
	}
	(void)snprintf(made->name, sizeof made->name, "sshoal-%08x", number);
	/* First the keeper: there is no moment without one. */
	const struct process_plan plan = { .remove_user = made->name };
	if (process_start(&made->keeper, &plan)) {
		free(made);
		return -1;
	}
	const char *const command[] = { "flock", "-w",      "60",
					LOCK,    "useradd", "-M",
					"-N",    "-d",      "/nonexistent",
					"-s",    "/bin/sh", made->name,
					NULL };
	if (process_run(command, NULL) || set_password(made->name, password)) {
		account_free(made);
		return -1;
	}
	*account = made;
	return 0;
}

const char *account_name(const struct account *account)
{
	return account->name;
}

void account_free(struct account *account)
{
	if (!account)
		return;
	process_stop(account->keeper);
	free(account);
}
