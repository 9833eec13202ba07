/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sshoal/key.h>
#include <sshoal/secret.h>

#include "cli/home.h"
#include "cli/refusal.h"

/*
 * copy-id: installs a public key and proves it. The private half that proves it
 * is the file beside the public one, or the agent's.
 */

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* Looks at one file of the folder; takes *best's place if it is newer. */
static int compare(char **best, struct stat *best_status, const char *folder,
		   const char *name)
{
	struct stat status;
	char *path = NULL;
	if (fnmatch("id*.pub", name, 0) != 0 ||
	    fnmatch("*-cert.pub", name, 0) == 0)
		return 0;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return SSHOAL_ENOMEM;
	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
	    (*best && !is_newer(&status, best_status))) {
		free(path);
		return 0;
	}
	free(*best);
	*best = path;
	*best_status = status;
	return 0;
}

/* The newest ~/.ssh/id*.pub, as ssh-copy-id(1) chooses. */
static int find_newest(char **path, sshoal_error *error)
{
	char *folder = sshoal__cli_home("/.ssh");
	DIR *directory = folder ? opendir(folder) : NULL;
	struct stat status = { .st_size = 0 };
	char *best = NULL;
	int rc = 0;
	for (const struct dirent *entry = directory ? readdir(directory) : NULL;
	     entry && rc == 0; entry = readdir(directory))
		rc = compare(&best, &status, folder, entry->d_name);
	if (directory)
		(void)closedir(directory);
	free(folder);
	if (rc) {
		free(best);
		return refuse_memory(error);
	}
	if (!best)
		return sshoal__refuse(
			error, "which key? There is no ~/.ssh/id*.pub: "
			       "make one with \"sshoal keygen\", or name "
			       "a file with --pubkey");
	*path = best;
	return 0;
}

/* The private half's file: the public one's without ".pub". */
static char *private_path(const char *path)
{
	size_t n = strlen(path);
	if (n <= 4 || strcmp(path + n - 4, ".pub") != 0)
		return NULL;
	return strndup(path, n - 4);
}

/* Takes the private half where it is at hand; that it is not is for the agent
 * to make good. */
static int find_private(struct console *console, const struct options *options,
			const char *public_path, sshoal_key **key,
			sshoal_error *error)
{
	char *path = private_path(public_path);
	char *passphrase = NULL;
	sshoal_key *found = NULL;
	int rc = 0;
	if (!path)
		return 0;
	if (options->login.passphrase_file)
		rc = sshoal_secret_load_file(
			&passphrase, options->login.passphrase_file, error);
	if (rc == 0) {
		rc = sshoal_key_load_file(&found, path, passphrase, error);
		if (rc == SSHOAL_EPASSPHRASE)
			sshoal__console_say(console, "%s", error->text);
		if (rc == SSHOAL_ENOENT || rc == SSHOAL_EPASSPHRASE)
			rc = 0;
	}
	if (rc == 0 && found && !sshoal_key_is_same(found, *key))
		rc = sshoal__refuse(error,
				    "%.200s is not the public half of %.200s",
				    public_path, path);
	if (rc == 0 && found) {
		sshoal_key *had = *key;
		*key = found;
		found = had;
	}
	sshoal_key_free(found);
	sshoal_secret_free(passphrase);
	free(path);
	return rc;
}

static int load(struct console *console, const struct options *options,
		sshoal_job *job, sshoal_error *error)
{
	char *newest = NULL;
	const char *path = options->keys.installed;
	int rc = path ? 0 : find_newest(&newest, error);
	if (!path)
		path = newest;
	if (!path)
		return rc;
	rc = sshoal_key_load_public_file(&job->key, path, error);
	if (rc == 0)
		rc = find_private(console, options, path, &job->key, error);
	if (rc == 0 && options->keys.removed)
		rc = sshoal_key_load_public_file(&job->old_key,
						 options->keys.removed, error);
	if (rc == 0 && job->old_key &&
	    sshoal_key_is_same(job->key, job->old_key))
		rc = sshoal__refuse(error,
				    "--remove %.200s: it is the key that is "
				    "installed",
				    options->keys.removed);
	free(newest);
	return rc;
}

int sshoal__cli_copy_id(struct console *console, const struct options *options,
			const char *password)
{
	sshoal_job job = SSHOAL_JOB_INIT;
	sshoal_error error = { .code = 0 };
	job.kind = SSHOAL_JOB_COPY_ID;
	int rc = load(console, options, &job, &error);
	int status = rc ? sshoal__cli_fail(console, rc, error.text) :
			  sshoal__cli_drive(console, options, &job, password);
	sshoal_key_free(job.old_key);
	sshoal_key_free(job.key);
	return status;
}
