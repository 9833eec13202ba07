/* SPDX-License-Identifier: MIT */
#include "servers/keypair.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "servers/process.h"
#include "servers/scratch.h"

/* ssh-keygen writes PKCS#8 only when it converts: OpenSSL writes Ed25519. */
static int make_ed25519_pkcs8(const char *path, const char *passphrase)
{
	char pass[128], public_path[SCRATCH_PATH_MAX];
	(void)snprintf(pass, sizeof pass, "pass:%s", passphrase);
	const char *const plain[] = { "openssl", "genpkey", "-algorithm",
				      "ed25519", "-out",    path,
				      NULL };
	const char *const locked[] = { "openssl", "genpkey", "-algorithm",
				       "ed25519", "-out",    path,
				       "-aes256", "-pass",   pass,
				       NULL };
	if (process_run(passphrase ? locked : plain, NULL) || chmod(path, 0600))
		return -1;
	(void)snprintf(public_path, sizeof public_path, "%s.pub", path);
	char script[3 * SCRATCH_PATH_MAX];
	(void)snprintf(script, sizeof script,
		       "ssh-keygen -y -P '%s' -f '%s' > '%s'",
		       passphrase ? passphrase : "", path, public_path);
	const char *const shell[] = { "sh", "-c", script, NULL };
	return process_run(shell, NULL);
}

int keypair_make(const char *path, const struct keypair_plan *plan)
{
	if (plan->form == KEYPAIR_PKCS8 && strcmp(plan->type, "ed25519") == 0)
		return make_ed25519_pkcs8(path, plan->passphrase);
	char bits[16];
	(void)snprintf(bits, sizeof bits, "%d", plan->bits);
	const char *command[20] = {
		"ssh-keygen", "-q",
		"-t",         plan->type,
		"-f",         path,
		"-C",         "",
		"-N",         plan->passphrase ? plan->passphrase : ""
	};
	size_t n = 10;
	if (plan->bits) {
		command[n++] = "-b";
		command[n++] = bits;
	}
	if (plan->form != KEYPAIR_OPENSSH) {
		command[n++] = "-m";
		command[n++] = plan->form == KEYPAIR_PEM ? "PEM" : "PKCS8";
	}
	return process_run(command, NULL);
}

int keypair_publish(const char *path, const char *file, const char *prefix, ...)
{
	char public_path[SCRATCH_PATH_MAX + 8];
	(void)snprintf(public_path, sizeof public_path, "%s.pub", path);
	char *line = scratch_read(public_path);
	if (!line)
		return -1;
	FILE *out = fopen(file, "ae");
	if (!out) {
		perror(file);
		free(line);
		return -1;
	}
	va_list arguments;
	va_start(arguments, prefix);
	(void)vfprintf(out, prefix, arguments);
	va_end(arguments);
	(void)fputs(line, out);
	free(line);
	return fclose(out) ? -1 : 0;
}
