/* SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/file.h>
#include <sshoal/transfer.h>

#include "servers/account.h"
#include "servers/dropbear.h"
#include "sftp/files.h"
#include "ssh/client_rig.h"

/* Files in other places than a stock OpenSSH with everything open: jailed with
 * internal-sftp, where not all is permitted, and behind Dropbear. */

#define PASSWORD "correct horse; battery $taple"
#define DROPBEAR_SFTP "/usr/lib/sftp-server"

static sshoal_sftp *sftp_of(sshoal_client *client)
{
	sshoal_sftp *sftp = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_sftp_open(&sftp, client, &error);
	assert_code(rc, 0, "sftp", error.text);
	return sftp;
}

/* An account that may do nothing but SFTP, below a folder that is root's. */
struct jail {
	struct account *account;
	struct process *keeper; /* of the folder */
	char folder[64];
	struct path here;
	struct site site;
	uid_t uid;
	sshoal_client *client;
	sshoal_sftp *sftp;
};

static int jail_make(struct jail *jail)
{
	/* sshd wants every folder above it to be root's alone: not /tmp. */
	(void)snprintf(jail->folder, sizeof jail->folder,
		       "/run/sshoal-jail-XXXXXX");
	const struct process_plan plan = { .remove_folder = jail->folder };
	if (!mkdtemp(jail->folder) || process_start(&jail->keeper, &plan) ||
	    chmod(jail->folder, 0755) || account_new(&jail->account, PASSWORD))
		return -1;
	const struct passwd *user = getpwnam(account_name(jail->account));
	if (!user)
		return -1;
	jail->uid = user->pw_uid;
	make_folder(path_of("%s/in", jail->folder).text);
	return chown(path_of("%s/in", jail->folder).text, user->pw_uid,
		     user->pw_gid);
}

static int jail_open(struct jail *jail)
{
	char more[256];
	(void)snprintf(more, sizeof more,
		       "UsePAM yes\nPasswordAuthentication yes\n"
		       "Subsystem sftp internal-sftp\n"
		       "ForceCommand internal-sftp\nChrootDirectory %s\n",
		       jail->folder);
	const struct sshd_plan plan = { .more = more };
	if (site_start(&jail->site, &plan))
		return -1;
	jail->here = path_of("%s/here", scratch_folder(jail->site.scratch));
	make_folder(jail->here.text);
	sshoal_client_options options = site_options(&jail->site, "127.0.0.1");
	options.user = account_name(jail->account);
	options.key_file = NULL;
	options.password = PASSWORD;
	jail->client = client_of(&options);
	jail->sftp = sftp_of(jail->client);
	return 0;
}

static int jail_setup(void **state)
{
	struct jail *jail = calloc(1, sizeof *jail);
	*state = jail;
	if (!jail)
		return -1;
	if (geteuid() != 0)
		return 0;
	return jail_make(jail) || jail_open(jail) ? -1 : 0;
}

static int jail_teardown(void **state)
{
	struct jail *jail = *state;
	sshoal_sftp_close(jail->sftp);
	sshoal_client_close(jail->client);
	if (jail->client)
		site_stop(&jail->site);
	account_free(jail->account);
	process_stop(jail->keeper);
	free(jail);
	return 0;
}

static int jail_clear(void **state)
{
	struct jail *jail = *state;
	if (!jail->client)
		return 0;
	clear_folder(jail->here.text);
	clear_folder(path_of("%s/in", jail->folder).text);
	return 0;
}

static void skip_without(const struct jail *jail)
{
	if (jail->client)
		return;
	print_message("a jail needs root\n");
	skip();
}

struct tally {
	size_t failed;
	size_t arrived;
	int code;
};

static int count(const sshoal_transfer_file *file, void *data)
{
	struct tally *tally = data;
	tally->arrived += file->code == 0;
	tally->failed += file->code != 0;
	if (file->code)
		tally->code = file->code;
	return 0;
}

static sshoal_transfer_options tree_options(struct tally *tally)
{
	sshoal_transfer_options options = SSHOAL_TRANSFER_OPTIONS_INIT;
	options.recursive = 1;
	options.file = count;
	options.data = tally;
	return options;
}

static void make_tree(const char *path)
{
	make_folder(path);
	make_folder(path_of("%s/sub", path).text);
	make_file(path_of("%s/one", path).text, 1000, 1);
	make_file(path_of("%s/two", path).text, 300000, 2);
	make_file(path_of("%s/sub/three", path).text, 3, 3);
}

static void a_jail_takes_and_gives_files(void **state)
{
	const struct jail *jail = *state;
	skip_without(jail);
	struct tally tally = { .failed = 0 };
	sshoal_transfer_options options = tree_options(&tally);
	sshoal_error error = { .code = 0 };
	struct path tree = path_of("%s/tree", jail->here.text);
	struct path back = path_of("%s/back", jail->here.text);
	struct path there = path_of("%s/in/tree", jail->folder);
	make_tree(tree.text);
	options.preserve = 1;
	for (int i = 0; i < 2; i++) {
		int rc = sshoal_sftp_put(jail->sftp, tree.text, "/in/",
					 &options, &error);
		assert_code(rc, 0, "put", error.text);
		assert_same_tree(tree.text, there.text, true);
	}
	int rc = sshoal_sftp_get(jail->sftp, "in/tree", back.text, &options,
				 &error);
	assert_code(rc, 0, "get", error.text);
	assert_same_tree(tree.text, back.text, true);
	assert_int_equal(tally.failed, 0);
	struct stat st;
	assert_int_equal(stat(path_of("%s/one", there.text).text, &st), 0);
	assert_int_equal(st.st_uid, jail->uid);
}

static void others_arrive_where_one_is_denied(void **state)
{
	const struct jail *jail = *state;
	skip_without(jail);
	struct tally tally = { .failed = 0 };
	sshoal_transfer_options options = tree_options(&tally);
	sshoal_error error = { .code = 0 };
	struct path tree = path_of("%s/tree", jail->here.text);
	struct path back = path_of("%s/back", jail->here.text);
	struct path there = path_of("%s/in/tree", jail->folder);
	make_tree(tree.text);
	int rc = sshoal_sftp_put(jail->sftp, tree.text, "/in/", &options,
				 &error);
	assert_code(rc, 0, "put", error.text);
	/* Root's folder for what is put, root's file for what is got. */
	assert_int_equal(chown(path_of("%s/sub", there.text).text, 0, 0), 0);
	assert_int_equal(chown(path_of("%s/one", there.text).text, 0, 0), 0);
	assert_int_equal(chmod(path_of("%s/one", there.text).text, 0600), 0);
	make_file(path_of("%s/two", tree.text).text, 5000, 5);
	make_file(path_of("%s/sub/three", tree.text).text, 4, 4);
	tally = (struct tally){ .failed = 0 };
	rc = sshoal_sftp_put(jail->sftp, tree.text, "/in/", &options, &error);
	assert_code(rc, SSHOAL_ETRANSFER, "put", error.text);
	assert_int_equal(tally.failed, 1);
	assert_int_equal(tally.code, SSHOAL_EACCESS);
	assert_non_null(strstr(error.text, "three"));
	assert_file(path_of("%s/two", there.text).text, 5000, 5);
	assert_file(path_of("%s/sub/three", there.text).text, 3, 3);
	assert_int_equal(count_names(path_of("%s/sub", there.text).text), 1);
	/* Its place is in a folder of ours: it is replaced. */
	assert_file(path_of("%s/one", there.text).text, 1000, 1);
	assert_int_equal(chown(path_of("%s/one", there.text).text, 0, 0), 0);
	assert_int_equal(chmod(path_of("%s/one", there.text).text, 0600), 0);
	tally = (struct tally){ .failed = 0 };
	rc = sshoal_sftp_get(jail->sftp, "/in/tree", back.text, &options,
			     &error);
	assert_code(rc, SSHOAL_ETRANSFER, "get", error.text);
	assert_int_equal(tally.failed, 1);
	assert_int_equal(tally.code, SSHOAL_EACCESS);
	assert_file(path_of("%s/two", back.text).text, 5000, 5);
	assert_file(path_of("%s/sub/three", back.text).text, 3, 3);
	assert_int_equal(count_names(back.text), 2);
}

static void what_is_not_permitted_is_not_done(void **state)
{
	const struct jail *jail = *state;
	skip_without(jail);
	sshoal_error error = { .code = 0 };
	sshoal_output output;
	struct path file = path_of("%s/file", jail->here.text);
	make_file(file.text, 1000, 1);
	int rc = sshoal_sftp_put(jail->sftp, file.text, "/file", NULL, &error);
	assert_code(rc, SSHOAL_EACCESS, "put", error.text);
	assert_int_equal(count_names(jail->folder), 1);
	rc = sshoal_sftp_get(jail->sftp, "/etc/passwd", file.text, NULL,
			     &error);
	assert_code(rc, SSHOAL_ENOENT, "get", error.text);
	assert_file(file.text, 1000, 1);
	char *path = NULL;
	assert_code(sshoal_sftp_realpath(jail->sftp, ".", &path), 0, "realpath",
		    sshoal_sftp_error_text(jail->sftp));
	assert_string_equal(path, "/");
	free(path);
	/* No command is one: internal-sftp answers in its place. */
	(void)sshoal_client_run(jail->client, "echo out", NULL, &output, NULL);
	assert_null(strstr(output.stdout_data, "out"));
	sshoal_output_fini(&output);
}

/* For one that is no root: a mode is enough. */
static void a_file_that_cannot_be_read_is_told(void **state)
{
	const struct jail *jail = *state;
	struct site site;
	struct tally tally = { .failed = 0 };
	sshoal_transfer_options options = tree_options(&tally);
	sshoal_error error = { .code = 0 };
	(void)jail;
	if (geteuid() == 0) {
		print_message("root can read everything\n");
		skip();
	}
	assert_int_equal(site_start(&site, NULL), 0);
	struct path tree = path_of("%s/tree", scratch_folder(site.scratch));
	make_tree(tree.text);
	assert_int_equal(chmod(path_of("%s/one", tree.text).text, 0), 0);
	sshoal_client *client = client_at(&site);
	sshoal_sftp *sftp = sftp_of(client);
	int rc = sshoal_sftp_put(sftp, tree.text, "up", &options, &error);
	assert_code(rc, SSHOAL_ETRANSFER, "put", error.text);
	rc = sshoal_sftp_get(sftp, "tree",
			     path_of("%s/../down", tree.text).text, &options,
			     &error);
	assert_code(rc, SSHOAL_ETRANSFER, "get", error.text);
	assert_int_equal(tally.failed, 2);
	assert_int_equal(tally.code, SSHOAL_EACCESS);
	sshoal_sftp_close(sftp);
	sshoal_client_close(client);
	site_stop(&site);
}

static void use_dropbear(const struct site *site, const char *folder,
			 uint32_t port)
{
	struct tally tally = { .failed = 0 };
	sshoal_transfer_options options = tree_options(&tally);
	sshoal_error error = { .code = 0 };
	struct path tree = path_of("%s/tree", folder);
	struct path there = path_of("%s/there", folder);
	struct path back = path_of("%s/back", folder);
	sshoal_client_options to = site_options(site, "127.0.0.1");
	to.port = port;
	sshoal_client *client = client_of(&to);
	sshoal_sftp *sftp = sftp_of(client);
	make_tree(tree.text);
	make_file(path_of("%s/large", tree.text).text, 5000001, 6);
	options.preserve = 1;
	options.verify = 1;
	for (int i = 0; i < 2; i++) {
		int rc = sshoal_sftp_put(sftp, tree.text, there.text, &options,
					 &error);
		assert_code(rc, 0, "put", error.text);
		if (i == 0)
			assert_same_tree(tree.text, there.text, true);
	}
	int rc = sshoal_sftp_get(sftp, there.text, back.text, &options, &error);
	assert_code(rc, 0, "get", error.text);
	assert_same_tree(there.text, back.text, true);
	assert_int_equal(tally.failed, 0);
	/* A command works beside it. Once its sftp has ended, Dropbear 2022.83
	 * may end the connection by an assertion of its own (!sent_close, where
	 * it sends what a program says). */
	assert_fine(client);
	sshoal_sftp_close(sftp);
	sshoal_client_close(client);
}

static void dropbear_is_no_different(void **state)
{
	struct site site;
	struct dropbear dropbear;
	char key[SCRATCH_PATH_MAX];
	(void)state;
	if (access(DROPBEAR_SFTP, X_OK) != 0) {
		print_message("Dropbear has no " DROPBEAR_SFTP "\n");
		skip();
	}
	assert_int_equal(site_start(&site, NULL), 0);
	scratch_path(key, site.scratch, "dropbear");
	assert_int_equal(dropbear_make_key(key, "ed25519"), 0);
	assert_int_equal(dropbear_start(&dropbear, site.scratch, key,
					site.authorized_keys),
			 0);
	assert_int_equal(keypair_publish(key, site.known_hosts,
					 "[127.0.0.1]:%u ",
					 (unsigned)dropbear.port),
			 0);
	use_dropbear(&site, scratch_folder(site.scratch), dropbear.port);
	dropbear_stop(&dropbear);
	site_stop(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_jail_takes_and_gives_files,
				       jail_clear),
		cmocka_unit_test_setup(others_arrive_where_one_is_denied,
				       jail_clear),
		cmocka_unit_test_setup(what_is_not_permitted_is_not_done,
				       jail_clear),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(dropbear_is_no_different),
	};
	return cmocka_run_group_tests(tests, jail_setup, jail_teardown);
}
