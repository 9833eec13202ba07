/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/trust_fixture.h"

/* The policy accept-new: what others have written is read before anything is
 * added. */

static void lines_added_by_others_are_read_first(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	const struct key bad = ed25519(3);
	struct trust *trust = load(folder->file);
	put(folder->file, "a", "# made since\nsame %s\nbad line\n", key.text);
	expect(trust, "same", &key, 0, false);
	put(folder->file, "a", "changed,*.test %s\n", other.text);
	expect(trust, "changed", &key, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "a.test", &key, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "a.test", &other, 0, false);
	/* |1|...|... of the name "hashed". */
	put(folder->file, "a",
	    "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|XMizH0/16/K7kTjp7VrfqxZPozA= "
	    "%s\n",
	    other.text);
	expect(trust, "hashed", &key, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "hashed", &other, 0, false);
	put(folder->file, "a", "@revoked * %s\n", bad.text);
	expect(trust, "new", &bad, SSHOAL_EHOSTKEY_REVOKED, false);
	assert_int_equal(check(trust, "old", 22, &bad, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	expect(trust, "new", &key, 0, true);
	/* A line that was unfinished when it was read first. */
	put(folder->file, "a", "half %.20s", key.text);
	expect(trust, "newer", &key, 0, true);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "same"), 1);
	assert_int_equal(count_of(text, "\nnew "), 1);
	assert_int_equal(count_of(text, "\nnewer "), 1);
	free(text);
	sshoal__trust_free(trust);
}

static void an_unfinished_line_is_read_again_when_it_is_whole(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w", "x %s\nhost %.30s", key.text, key.text);
	struct trust *trust = load(folder->file);
	put(folder->file, "a", "%s\n", key.text + 30);
	expect(trust, "host", &key, 0, false);
	sshoal__trust_free(trust);
}

static void a_file_replaced_meanwhile_is_read_anew(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	char next[256];
	(void)snprintf(next, sizeof next, "%s/next", folder->path);
	put(folder->file, "w", "first %s\n", key.text);
	struct trust *trust = load(folder->file);
	expect(trust, "mine", &key, 0, true);
	/* By another one of the same name. */
	put(next, "w", "second %s\nfirst %s\n", key.text, other.text);
	assert_int_equal(rename(next, folder->file), 0);
	expect(trust, "second", &key, 0, false);
	expect(trust, "first", &other, 0, false);
	expect(trust, "third", &key, 0, true);
	/* What this process has learned stays, though its line is gone. */
	expect(trust, "mine", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	/* By nothing. */
	assert_int_equal(unlink(folder->file), 0);
	expect(trust, "fourth", &key, 0, true);
	expect(trust, "third", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	expect_contents(folder, "fourth %s\n", key.text);
	/* By a shorter, an equally long and a longer content. */
	put(folder->file, "w", "a %s\n", key.text);
	expect(trust, "a", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "b", &key, 0, true);
	put(folder->file, "w", "c %s\nd %s\n", key.text, key.text);
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW },
					   { .tv_sec = 1000000 } };
	assert_int_equal(utimensat(AT_FDCWD, folder->file, times, 0), 0);
	expect(trust, "d", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	put(folder->file, "w", "e %s\nf %s\ng %s\n", key.text, other.text,
	    key.text);
	expect(trust, "e", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "h", &key, 0, true);
	expect_contents(folder, "e %s\nf %s\ng %s\nh %s\n", key.text,
			other.text, key.text, key.text);
	sshoal__trust_free(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(lines_added_by_others_are_read_first),
		TRUST_TEST(an_unfinished_line_is_read_again_when_it_is_whole),
		TRUST_TEST(a_file_replaced_meanwhile_is_read_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
