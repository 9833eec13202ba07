/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "unit/trust_fixture.h"

/* What known-hosts files say, and what is decided by it. Writing to them is
 * tests/unit/test_trust_write.c. */

static int set_up(void **state)
{
	static struct folder folder;
	folder_make(&folder);
	*state = &folder;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	return 0;
}

/* The output of a command; its status is in *status. */
__attribute__((format(printf, 2, 3))) static char *run(int *status,
						       const char *format, ...)
{
	char command[1024];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(command, sizeof command, format, list);
	va_end(list);
	FILE *pipe = popen(command, "re");
	if (!pipe)
		fail_msg("%s: does not run", command);
	char *text = calloc(1, 65536);
	if (!text)
		fail_msg("out of memory");
	(void)!fread(text, 1, 65535, pipe);
	*status = pclose(pipe);
	return text;
}

static void fingerprints_and_types_are_those_of_ssh_keygen(void **state)
{
	static const struct row {
		const char *option;
		const char *type;
	} rows[] = {
		{ "-t ed25519", "ssh-ed25519" },
		{ "-t ecdsa -b 256", "ecdsa-sha2-nistp256" },
		{ "-t ecdsa -b 384", "ecdsa-sha2-nistp384" },
		{ "-t ecdsa -b 521", "ecdsa-sha2-nistp521" },
		{ "-t rsa -b 2048", "ssh-rsa" },
	};
	const struct folder *folder = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int status = 0;
		free(run(&status, "ssh-keygen -q %s -N '' -f %s/%zu",
			 rows[i].option, folder->path, i));
		assert_int_equal(status, 0);
		char *list = run(&status, "ssh-keygen -lf %s/%zu.pub",
				 folder->path, i);
		char *public = run(&status, "cat %s/%zu.pub", folder->path, i);
		unsigned char blob[2048];
		char *base64 = strchr(public, ' ') + 1;
		int n = (int)strcspn(base64, " ");
		int size = EVP_DecodeBlock(blob, (unsigned char *)base64, n);
		for (int end = n; base64[end - 1] == '='; end--)
			size--;
		char print[TRUST_FINGERPRINT_SIZE];
		char type[65];
		assert_int_equal(
			sshoal__trust_fingerprint(print, blob, (size_t)size),
			0);
		assert_int_equal(strlen(print), TRUST_FINGERPRINT_SIZE - 1);
		if (strncmp(strchr(list, ' ') + 1, print, strlen(print)) != 0)
			fail_msg("%s is not in %s", print, list);
		assert_true(sshoal__trust_key_type(type, sizeof type, blob,
						   (size_t)size));
		assert_string_equal(type, rows[i].type);
		free(public);
		free(list);
	}
}

static void a_blob_without_a_printable_type_has_none(void **state)
{
	(void)state;
	static const struct row {
		const char *bytes;
		size_t size;
		size_t room;
	} rows[] = {
		{ "", 0, 65 },
		{ "\0\0\0", 3, 65 },
		{ "\0\0\0\0", 4, 65 },
		{ "\0\0\0\5abcd", 8, 65 },
		{ "\0\0\0\4ab d", 8, 65 },
		{ "\0\0\0\4ab\nd", 8, 65 },
		{ "\0\0\0\4ab\0d", 8, 65 },
		{ "\0\0\0\4ab\xc3\xa4", 8, 65 },
		{ "\0\0\0\4ab\x7f"
		  "d",
		  8, 65 },
		{ "\0\0\0\4abcd", 8, 4 },
		{ "\xff\xff\xff\xff"
		  "abcd",
		  8, 65 },
	};
	char type[65] = "unchanged";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (sshoal__trust_key_type(type, rows[i].room,
					   (const unsigned char *)rows[i].bytes,
					   rows[i].size))
			fail_msg("row %zu has the type %s", i, type);
	assert_string_equal(type, "unchanged");
	assert_true(sshoal__trust_key_type(
		type, 5, (const unsigned char *)"\0\0\0\4abcd", 8));
	assert_string_equal(type, "abcd");
}

/* Names of lines, each with a key of its own; %s is what stands before and
 * behind the key. */
static const char *const names[] = {
	"plain",
	"UPPER",
	"a,b,c",
	"10.0.0.1",
	"::1,fe80::1%eth0",
	"[plain]:2222",
	"[other]:2222,other",
	"[::1]:2222",
	"[plain]:22",
	"*.example.org",
	"*.example.org,!bad.example.org",
	"!bad.example.org",
	"!bad.example.org,*",
	"web?",
	"web??,!web1?",
	"*.*.test",
	"[10.0.0.?]:*",
	"10.0.*.1",
	"*a*b*c*",
	"x,,y",
	",z",
	"[*]:2223",
	"UPPER*.Test",
	"plain",
	"a",
};
#define NAMES (sizeof names / sizeof *names)

static const struct place {
	const char *host;
	uint32_t port;
} places[] = {
	{ "plain", 0 },
	{ "plain", 22 },
	{ "PLAIN", 22 },
	{ "plain", 2222 },
	{ "plain", 2223 },
	{ "plain", 2224 },
	{ "upper", 22 },
	{ "a", 22 },
	{ "b", 22 },
	{ "c", 22 },
	{ "c", 2222 },
	{ "d", 22 },
	{ "10.0.0.1", 22 },
	{ "10.0.0.1", 2222 },
	{ "10.0.7.1", 22 },
	{ "10.0.7.1", 2222 },
	{ "::1", 22 },
	{ "::1", 2222 },
	{ "fe80::1%eth0", 22 },
	{ "fe80::1%ETH0", 22 },
	{ "other", 22 },
	{ "other", 2222 },
	{ "other", 2221 },
	{ "www.example.org", 22 },
	{ "www.example.org", 2222 },
	{ "bad.example.org", 22 },
	{ "Bad.Example.org", 2222 },
	{ "example.org", 22 },
	{ "web1", 22 },
	{ "web12", 22 },
	{ "web22", 22 },
	{ "web222", 22 },
	{ "a.b.test", 22 },
	{ "b.test", 22 },
	{ "xaybzc", 22 },
	{ "aabbccaabbccd", 22 },
	{ "x", 22 },
	{ "y", 22 },
	{ "z", 22 },
	{ "upperhost.test", 22 },
	{ "nowhere", 22 },
};
#define PLACES (sizeof places / sizeof *places)

/* Which of the keys ssh-keygen finds for a name, as bits; its own words. */
static uint64_t oracle(const char *file, const char *name,
		       const struct key *keys)
{
	int status = 0;
	char *text = run(&status, "ssh-keygen -F '%s' -f %s 2>/dev/null", name,
			 file);
	uint64_t found = 0;
	for (size_t i = 0; i < NAMES; i++)
		if (strstr(text, keys[i].text))
			found |= UINT64_C(1) << i;
	free(text);
	return found;
}

static void ask_oracle(const char *file, const struct place *place,
		       const struct key *keys, uint64_t *found, uint64_t *bare)
{
	char name[128];
	char lower[64];
	size_t n = 0;
	for (; place->host[n]; n++)
		lower[n] = place->host[n] >= 'A' && place->host[n] <= 'Z' ?
				   (char)(place->host[n] + 32) :
				   place->host[n];
	lower[n] = '\0';
	bool is_standard = place->port == 0 || place->port == 22;
	(void)snprintf(name, sizeof name, is_standard ? "%s" : "[%s]:%u", lower,
		       (unsigned)place->port);
	*found = oracle(file, name, keys);
	*bare = is_standard ? 0 : oracle(file, lower, keys);
}

static void compare_with_oracle(const char *file, const struct key *keys)
{
	struct trust *trust = load(file);
	size_t found_count = 0;
	for (size_t p = 0; p < PLACES; p++) {
		uint64_t found = 0;
		uint64_t bare = 0;
		ask_oracle(file, &places[p], keys, &found, &bare);
		for (size_t i = 0; i < NAMES; i++) {
			int expected = found >> i & 1 ? 0 :
				       found         ? SSHOAL_EHOSTKEY_CHANGED :
				       bare >> i & 1 ? 0 :
						       SSHOAL_EHOSTKEY_UNKNOWN;
			int got = check(trust, places[p].host, places[p].port,
					&keys[i], STRICT);
			found_count += expected == 0;
			if (got != expected)
				fail_msg("%s port %u with the key of \"%s\": "
					 "%s, not %s",
					 places[p].host,
					 (unsigned)places[p].port, names[i],
					 sshoal_error_name(got),
					 sshoal_error_name(expected));
		}
		uint32_t kinds = found ? TRUST_ED25519 :
				 bare  ? TRUST_ED25519 | TRUST_BARE :
					 0;
		assert_int_equal(sshoal__trust_kinds(trust, places[p].host,
						     places[p].port),
				 kinds);
	}
	/* The oracle has answered at all. */
	assert_true(found_count > PLACES);
	sshoal__trust_free(trust);
}

static void every_name_is_found_as_ssh_keygen_finds_it(void **state)
{
	const struct folder *folder = *state;
	struct key keys[NAMES];
	put(folder->file, "w", "# a comment\n\n   \n");
	for (uint32_t i = 0; i < NAMES; i++) {
		keys[i] = ed25519(i);
		put(folder->file, "a", "%s%s%s%s%s", i % 3 ? "" : " \t",
		    names[i], i % 2 ? " " : "\t ", keys[i].text,
		    i % 4 ? " a comment\n" : "\n");
	}
	compare_with_oracle(folder->file, keys);
	int status = 0;
	free(run(&status, "ssh-keygen -H -f %s 2>&1", folder->file));
	assert_int_equal(status, 0);
	char *text = contents(folder->file);
	assert_true(count_of(text, "|1|") > 10);
	free(text);
	compare_with_oracle(folder->file, keys);
}

static void line_ends_and_blanks_do_not_matter(void **state)
{
	static const char *const formats[] = {
		"host %s",        "host %s\n",
		"host %s\r\n",    "host %s comment\r\n",
		"\thost\t\t%s\t", "\r\n\n#\n# x\n  host   %s  x y z\r\n",
		"host %s\n\r",    "\n\n\nhost %s\n\n\n",
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(text, sizeof text, formats[i], key.text);
#pragma GCC diagnostic pop
		put(folder->file, "w", "%s", text);
		struct trust *trust = load(folder->file);
		int rc = check(trust, "host", 22, &key, STRICT);
		sshoal__trust_free(trust);
		if (rc)
			fail_msg("\"%s\": %s", text, sshoal_error_name(rc));
	}
}

struct warnings {
	char text[8192];
};

static void collect(const char *text, void *data)
{
	struct warnings *warnings = data;
	size_t n = strlen(warnings->text);
	(void)snprintf(warnings->text + n, sizeof warnings->text - n, "%s\n",
		       text);
}

static struct trust *load_warned(const char *path, struct warnings *warnings)
{
	struct trust *trust = NULL;
	warnings->text[0] = '\0';
	assert_int_equal(
		sshoal__trust_load(&trust, &path, 1, collect, warnings, NULL),
		0);
	return trust;
}

static void a_bad_line_is_skipped_with_a_warning(void **state)
{
	static const struct row {
		const char *before; /* "%" is the key's base64 */
		const char *why;
	} rows[] = {
		{ "bad", "no key type" },
		{ "bad ssh-ed25519", "no key" },
		{ "bad # comment", "the key is not base64" },
		{ "bad ssh-ed25519 !!!!", "the key is not base64" },
		{ "bad ssh-ed25519 AAAA=AAA", "the key is not base64" },
		{ "bad ssh-ed25519 AAAAC3", "the key is not base64" },
		{ "bad ssh-ed25519 AAAAC3Nz",
		  "the key is not of the type before it" },
		{ "bad ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", "damaged key" },
		{ "bad ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAWEA",
		  "damaged key" },
		{ "bad ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAA=", "damaged key" },
		{ "bad ssh-rsa %", "the key is not of the type before it" },
		{ "bad % ssh-ed25519", "the key is not base64" },
		{ "bad 1024 35 1234567890123", "a key of SSH protocol 1" },
		{ "@unknown bad ssh-ed25519 %", "unknown marker" },
		{ "@ bad ssh-ed25519 %", "unknown marker" },
		{ "@REVOKED bad ssh-ed25519 %", "unknown marker" },
		{ "@revoked", "no host names" },
		{ "@revoked @revoked bad ssh-ed25519 %",
		  "more than one marker" },
		{ "|1|bad|bad ssh-ed25519 %", "damaged hashed host name" },
		{ "|2|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 %",
		  "damaged hashed host name" },
		{ "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA=,bad ssh-ed25519 %",
		  "damaged hashed host name" },
		{ "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAAA|"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 %",
		  "damaged hashed host name" },
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const char *base64 = strchr(key.text, ' ') + 1;
	struct warnings warnings;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *line = rows[i].before;
		int n = (int)strcspn(line, "%");
		put(folder->file, "w", "# first\n%.*s%s%s\ngood %s\n", n, line,
		    line[n] ? base64 : "", line[n] ? line + n + 1 : "",
		    key.text);
		char expected[512];
		(void)snprintf(expected, sizeof expected, "%s:2: %s\n",
			       folder->file, rows[i].why);
		struct trust *trust = load_warned(folder->file, &warnings);
		assert_string_equal(warnings.text, expected);
		int rc = check(trust, "good", 22, &key, STRICT);
		int bad = check(trust, "bad", 22, &key, STRICT);
		sshoal__trust_free(trust);
		if (rc || bad != SSHOAL_EHOSTKEY_UNKNOWN)
			fail_msg("\"%s\": %s, %s", line, sshoal_error_name(rc),
				 sshoal_error_name(bad));
	}
}

static void a_nul_byte_spoils_only_its_line(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct warnings warnings;
	put(folder->file, "w", "bad");
	put_bytes(folder->file, "a", "\0", 1);
	put(folder->file, "a", " %s\ngood %s\n", key.text, key.text);
	struct trust *trust = load_warned(folder->file, &warnings);
	assert_non_null(strstr(warnings.text, ":1: a NUL byte\n"));
	assert_int_equal(check(trust, "good", 22, &key, STRICT), 0);
	assert_int_equal(check(trust, "bad", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	sshoal__trust_free(trust);
}

/* Writes a line of n bytes, without its newline, that ends in "host KEY". */
static void put_long_line(const char *path, size_t n, const struct key *key)
{
	char *line = malloc(n + 1);
	if (!line)
		fail_msg("out of memory");
	memset(line, 'x', n);
	char end[256];
	size_t end_size =
		(size_t)snprintf(end, sizeof end, ",long %s", key->text);
	memcpy(line + n - end_size, end, end_size);
	line[n] = '\n';
	put_bytes(path, "a", line, n + 1);
	free(line);
}

static void a_line_may_have_64_KiB(void **state)
{
	static const struct row {
		size_t size;
		bool good;
	} rows[] = {
		{ 4096, true },   { 65535, true },   { 65536, true },
		{ 65537, false }, { 65538, false },  { 65539, false },
		{ 65540, false }, { 131073, false }, { 1000000, false },
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key last = ed25519(2);
	struct key rsa;
	key_make(&rsa, "ssh-rsa", 4); /* of 16384 bits */
	struct warnings warnings;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(folder->file, "w", "rsa %s\n", rsa.text);
		put_long_line(folder->file, rows[i].size, &key);
		put(folder->file, "a", "last %s", last.text);
		struct trust *trust = load_warned(folder->file, &warnings);
		if (!strstr(warnings.text, ":2: longer than 64 KiB\n") !=
		    rows[i].good)
			fail_msg("%zu: \"%s\"", rows[i].size, warnings.text);
		assert_int_equal(check(trust, "long", 22, &key, STRICT),
				 rows[i].good ? 0 : SSHOAL_EHOSTKEY_UNKNOWN);
		assert_int_equal(check(trust, "rsa", 22, &rsa, STRICT), 0);
		assert_int_equal(check(trust, "last", 22, &last, STRICT), 0);
		sshoal__trust_free(trust);
	}
	/* The last line may be the long one, and have no newline. */
	put_bytes(folder->file, "w", "", 0);
	put_long_line(folder->file, 70000, &key);
	assert_int_equal(truncate(folder->file, 70000), 0);
	struct trust *trust = load_warned(folder->file, &warnings);
	assert_non_null(strstr(warnings.text, ":1: longer than 64 KiB\n"));
	sshoal__trust_free(trust);
}

static void a_revoked_key_is_refused_under_every_policy(void **state)
{
	static const uint32_t policies[] = { SSHOAL_HOST_KEY_DEFAULT, STRICT,
					     ACCEPT_NEW, OFF };
	static const char *const revoked[] = { "host", "*", "other,h*",
					       "[host]:2222,host" };
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key good = ed25519(2);
	for (size_t i = 0; i < sizeof revoked / sizeof *revoked; i++) {
		put(folder->file, "w",
		    "host,[host]:2222 %s\nhost %s\n@revoked %s %s\n", key.text,
		    good.text, revoked[i], key.text);
		struct trust *trust = load(folder->file);
		for (size_t p = 0; p < 4; p++) {
			bool added = false;
			sshoal_error error;
			assert_int_equal(sshoal__trust_check(trust, "host",
							     p % 2 ? 22 : 2222,
							     key.blob, key.size,
							     policies[p],
							     &added, &error),
					 SSHOAL_EHOSTKEY_REVOKED);
			char place[256];
			(void)snprintf(place, sizeof place, "(%s:3)",
				       folder->file);
			assert_non_null(strstr(error.text, place));
			assert_non_null(strstr(error.text, "REVOKED"));
			assert_non_null(strstr(error.text, "SHA256:"));
		}
		assert_int_equal(check(trust, "host", 22, &good, STRICT), 0);
		sshoal__trust_free(trust);
	}
}

static void a_key_revoked_for_others_is_not_revoked(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w",
	    "host %s\n@revoked other,[host]:22 %s\n@revoked *,!host %s\n",
	    key.text, key.text, key.text);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 22, &key, STRICT), 0);
	assert_int_equal(check(trust, "other", 22, &key, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	sshoal__trust_free(trust);
}

static void a_revoked_line_can_be_hashed(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	int status = 0;
	put(folder->file, "w", "host %s\n", key.text);
	free(run(&status, "ssh-keygen -H -f %s 2>&1", folder->file));
	char *hashed = contents(folder->file);
	assert_int_equal(strncmp(hashed, "|1|", 3), 0);
	put(folder->file, "w", "@revoked %s", hashed);
	free(hashed);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "HOST", 22, &key, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	assert_int_equal(check(trust, "other", 22, &key, OFF), 0);
	sshoal__trust_free(trust);
}

static void a_cert_authority_is_no_host_key(void **state)
{
	const struct folder *folder = *state;
	const struct key authority = ed25519(1);
	const struct key key = ed25519(2);
	put(folder->file, "w", "@cert-authority *.test %s\n", authority.text);
	struct warnings warnings;
	struct trust *trust = load_warned(folder->file, &warnings);
	assert_string_equal(warnings.text, "");
	assert_int_equal(sshoal__trust_kinds(trust, "a.test", 22), 0);
	bool added = false;
	sshoal_error error;
	assert_int_equal(sshoal__trust_check(trust, "a.test", 22,
					     authority.blob, authority.size,
					     STRICT, &added, &error),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_non_null(strstr(error.text, "@cert-authority"));
	assert_non_null(strstr(error.text, "/known_hosts:1"));
	assert_int_equal(check(trust, "a.test", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(check(trust, "a.test", 22, &key, ACCEPT_NEW), 0);
	sshoal__trust_free(trust);
}

static void another_type_than_on_file_is_a_changed_key(void **state)
{
	const struct folder *folder = *state;
	struct key rsa;
	struct key ecdsa;
	const struct key key = ed25519(1);
	key_make(&rsa, "ssh-rsa", 1);
	key_make(&ecdsa, "ecdsa-sha2-nistp256", 1);
	put(folder->file, "w", "host %s\nhost %s\n", rsa.text, ecdsa.text);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 22, &rsa, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &ecdsa, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 22, &key, ACCEPT_NEW),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 22, &key, OFF), 0);
	sshoal__trust_free(trust);
}

static void kinds_are_those_on_file_and_not_revoked(void **state)
{
	static const struct row {
		const char *host;
		uint32_t port;
		uint32_t kinds;
	} rows[] = {
		{ "all", 22,
		  TRUST_ED25519 | TRUST_ECDSA_256 | TRUST_ECDSA_384 |
			  TRUST_ECDSA_521 | TRUST_RSA | TRUST_OTHER },
		{ "all", 0,
		  TRUST_ED25519 | TRUST_ECDSA_256 | TRUST_ECDSA_384 |
			  TRUST_ECDSA_521 | TRUST_RSA | TRUST_OTHER },
		{ "all", 2222, TRUST_RSA },
		{ "all", 2223,
		  TRUST_ED25519 | TRUST_ECDSA_256 | TRUST_ECDSA_384 |
			  TRUST_ECDSA_521 | TRUST_RSA | TRUST_OTHER |
			  TRUST_BARE },
		{ "revoked", 22, TRUST_RSA },
		{ "revoked", 2222, TRUST_RSA | TRUST_BARE },
		{ "none", 22, 0 },
		{ "", 22, 0 },
	};
	static const char *const types[] = {
		"ssh-ed25519",
		"ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521",
		"ssh-rsa",
		"ssh-dss",
	};
	const struct folder *folder = *state;
	struct key key;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		key_make(&key, types[i], 1);
		put(folder->file, "a", "all %s\n", key.text);
	}
	key_make(&key, "ssh-rsa", 1);
	put(folder->file, "a", "[all]:2222 %s\nrevoked %s\n", key.text,
	    key.text);
	key = ed25519(7);
	put(folder->file, "a", "revoked %s\n@revoked *d %s\n", key.text,
	    key.text);
	struct trust *trust = load(folder->file);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
			sshoal__trust_kinds(trust, rows[i].host, rows[i].port),
			rows[i].kinds);
	sshoal__trust_free(trust);
}

static void the_bare_name_vouches_for_a_key_but_not_against_one(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	put(folder->file, "w", "host %s\n", key.text);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 2222, &key, STRICT), 0);
	assert_int_equal(check(trust, "host", 2222, &key, ACCEPT_NEW), 0);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "\n"), 1);
	free(text);
	sshoal__trust_free(trust);
	/* What is on file for the port counts alone. */
	put(folder->file, "w", "host %s\n[host]:2222 %s\n", key.text,
	    other.text);
	trust = load(folder->file);
	assert_int_equal(check(trust, "host", 2222, &key, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &other, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	sshoal__trust_free(trust);
}

static void off_accepts_what_is_not_revoked_and_writes_nothing(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	put(folder->file, "w", "host %s\n", key.text);
	struct trust *trust = load(folder->file);
	bool added = true;
	assert_int_equal(sshoal__trust_check(trust, "host", 22, other.blob,
					     other.size, OFF, &added, NULL),
			 0);
	assert_false(added);
	assert_int_equal(check(trust, "new", 22, &other, OFF), 0);
	assert_int_equal(
		check(trust, "new", 22, &other, SSHOAL_HOST_KEY_DEFAULT),
		SSHOAL_EHOSTKEY_UNKNOWN);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "\n"), 1);
	free(text);
	sshoal__trust_free(trust);
}

static void a_changed_key_is_told_with_both_fingerprints(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	struct key rsa;
	key_make(&rsa, "ssh-rsa", 1);
	put(folder->file, "w", "\n[host]:2222 %s\n[host]:2222 %s\n", rsa.text,
	    key.text);
	struct trust *trust = load(folder->file);
	char got[TRUST_FINGERPRINT_SIZE];
	char expected[TRUST_FINGERPRINT_SIZE];
	(void)sshoal__trust_fingerprint(got, other.blob, other.size);
	(void)sshoal__trust_fingerprint(expected, key.blob, key.size);
	bool added = false;
	sshoal_error error = { .code = 0 };
	assert_int_equal(sshoal__trust_check(trust, "host", 2222, other.blob,
					     other.size, ACCEPT_NEW, &added,
					     &error),
			 SSHOAL_EHOSTKEY_CHANGED);
	char text[600];
	(void)snprintf(text, sizeof text,
		       "HOST KEY CHANGED for host:2222: got ED25519 %s, "
		       "expected ED25519 %s (%s:3); somebody may be listening "
		       "in; if the change is right remove the line with: "
		       "ssh-keygen -R '[host]:2222' -f %s",
		       got, expected, folder->file, folder->file);
	assert_string_equal(error.text, text);
	assert_int_equal(error.code, SSHOAL_EHOSTKEY_CHANGED);
	sshoal__trust_free(trust);
	/* The command does what the text says. */
	int status = 0;
	free(run(&status, "%s 2>&1", strstr(text, "ssh-keygen -R")));
	assert_int_equal(status, 0);
	trust = load(folder->file);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	sshoal__trust_free(trust);
}

static void an_unknown_key_is_told_with_the_way_out(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	char print[TRUST_FINGERPRINT_SIZE];
	(void)sshoal__trust_fingerprint(print, key.blob, key.size);
	bool added = false;
	sshoal_error error = { .code = 0 };
	assert_int_equal(sshoal__trust_check(trust, "fe80::1", 2222, key.blob,
					     key.size, STRICT, &added, &error),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	char text[600];
	(void)snprintf(text, sizeof text,
		       "host key of [fe80::1]:2222 is not known: ED25519 %s; "
		       "add it with: ssh-keyscan -p 2222 fe80::1 >> %s "
		       "(compare the fingerprint first), or use "
		       "--host-key-policy accept-new",
		       print, folder->file);
	assert_string_equal(error.text, text);
	sshoal__trust_free(trust);
}

/* No text is cut inside a command: without room it has none. */
static void long_names_leave_no_half_commands(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	char host[512];
	for (size_t n = 1; n < sizeof host; n += 10) {
		memset(host, 'h', n);
		host[n] = '\0';
		put(folder->file, "w", "%s %s\n", host, key.text);
		struct trust *trust = load(folder->file);
		bool added = false;
		sshoal_error error;
		assert_int_equal(sshoal__trust_check(trust, host, 22,
						     other.blob, other.size,
						     STRICT, &added, &error),
				 SSHOAL_EHOSTKEY_CHANGED);
		const char *command = strstr(error.text, "ssh-keygen");
		size_t end = strlen(error.text) - strlen(folder->file);
		if (command)
			assert_string_equal(error.text + end, folder->file);
		assert_true(command ? n < 150 : n > 80);
		host[0] = 'x';
		assert_int_equal(sshoal__trust_check(trust, host, 22,
						     other.blob, other.size,
						     STRICT, &added, &error),
				 SSHOAL_EHOSTKEY_UNKNOWN);
		command = strstr(error.text, "ssh-keyscan");
		end = strlen(error.text) - strlen(" accept-new");
		if (command || n < 350)
			assert_string_equal(error.text + end, " accept-new");
		assert_true(command ? n < 200 : n > 100);
		sshoal__trust_free(trust);
	}
}

static void words_in_commands_are_quoted(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	char path[256];
	(void)snprintf(path, sizeof path, "%s/it's a file", folder->path);
	struct trust *trust = load(path);
	bool added = false;
	sshoal_error error;
	assert_int_equal(sshoal__trust_check(trust, "a$(reboot)\n", 22,
					     key.blob, key.size, STRICT, &added,
					     &error),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	char text[300];
	(void)snprintf(text, sizeof text,
		       "ssh-keyscan -p 22 'a$(reboot) ' >> "
		       "'%s/it'\\''s a file' ",
		       folder->path);
	if (!strstr(error.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error.text);
	sshoal__trust_free(trust);
}

static void a_damaged_key_is_accepted_by_no_policy(void **state)
{
	const struct folder *folder = *state;
	struct trust *trust = load(folder->file);
	struct key key = ed25519(1);
	for (size_t size = 0; size < key.size; size++) {
		key.size = size;
		assert_int_equal(check(trust, "host", 22, &key, OFF),
				 SSHOAL_EHOSTKEY_UNKNOWN);
		assert_int_equal(check(trust, "host", 22, &key, ACCEPT_NEW),
				 SSHOAL_EHOSTKEY_UNKNOWN);
		key = ed25519(1);
	}
	key.size++;
	assert_int_equal(check(trust, "host", 22, &key, OFF),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(access(folder->file, F_OK), -1);
	sshoal__trust_free(trust);
}

static void a_wrong_host_or_port_is_an_invalid_argument(void **state)
{
	const struct folder *folder = *state;
	struct trust *trust = load(folder->file);
	const struct key key = ed25519(1);
	char host[600];
	memset(host, 'h', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	assert_int_equal(check(trust, "", 22, &key, OFF), SSHOAL_EINVAL);
	assert_int_equal(check(trust, host, 22, &key, OFF), SSHOAL_EINVAL);
	assert_int_equal(check(trust, "host", 65536, &key, OFF), SSHOAL_EINVAL);
	assert_int_equal(check(trust, "host", 65535, &key, OFF), 0);
	assert_int_equal(sshoal__trust_kinds(trust, host, 22), 0);
	sshoal__trust_free(trust);
}

static void several_files_count_together(void **state)
{
	const struct folder *folder = *state;
	char second[256];
	char missing[256];
	(void)snprintf(second, sizeof second, "%s/second", folder->path);
	(void)snprintf(missing, sizeof missing, "%s/missing", folder->path);
	const struct key one = ed25519(1);
	const struct key two = ed25519(2);
	const struct key three = ed25519(3);
	put(folder->file, "w", "host %s\n", one.text);
	put(second, "w", "\nhost %s\n@revoked * %s\n", two.text, three.text);
	const char *const files[] = { folder->file, missing, second };
	struct trust *trust = NULL;
	assert_int_equal(sshoal__trust_load(&trust, files, 3, NULL, NULL, NULL),
			 0);
	assert_int_equal(check(trust, "host", 22, &one, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &two, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &three, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	assert_int_equal(access(missing, F_OK), -1);
	sshoal__trust_free(trust);
}

static void without_files_nothing_is_known_or_added(void **state)
{
	(void)state;
	const struct key key = ed25519(1);
	struct trust *trust = NULL;
	assert_int_equal(sshoal__trust_load(&trust, NULL, 0, NULL, NULL, NULL),
			 0);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(check(trust, "host", 22, &key, ACCEPT_NEW),
			 SSHOAL_EIO);
	sshoal__trust_free(trust);
	sshoal__trust_free(NULL);
}

static int load_code(const char *path, sshoal_error *error)
{
	struct trust *const untouched = (struct trust *)&path;
	struct trust *trust = untouched;
	int rc = sshoal__trust_load(&trust, &path, 1, NULL, NULL, error);
	if (rc == 0)
		sshoal__trust_free(trust);
	else
		assert_ptr_equal(trust, untouched);
	return rc;
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	const struct folder *folder = *state;
	sshoal_error error;
	assert_int_equal(load_code(folder->path, &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, folder->path));
	put(folder->file, "w", "x");
	char below[256];
	(void)snprintf(below, sizeof below, "%s/below", folder->file);
	assert_int_equal(load_code(below, &error), SSHOAL_EIO);
	assert_int_equal(truncate(folder->file, (off_t)257 << 20), 0);
	assert_int_equal(load_code(folder->file, &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, "larger than 256 MiB"));
	assert_int_equal(load_code("/proc/self/mem", &error), SSHOAL_EIO);
	assert_int_equal(load_code("/dev/null", &error), 0);
}

static void a_file_of_somebody_else_is_not_permitted(void **state)
{
	const struct folder *folder = *state;
	sshoal_error error;
	put(folder->file, "w", "x");
	assert_int_equal(chmod(folder->path, 0755), 0);
	assert_int_equal(chmod(folder->file, 0), 0);
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	int rc = load_code(folder->file, &error);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc, SSHOAL_EACCESS);
}

static void a_tilde_is_the_home(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w", "host %s\n", key.text);
	char *old = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	assert_int_equal(setenv("HOME", folder->path, 1), 0);
	struct trust *trust = load("~/known_hosts");
	if (old)
		(void)setenv("HOME", old, 1);
	free(old);
	assert_int_equal(check(trust, "host", 22, &key, STRICT), 0);
	sshoal_error error;
	bool added = false;
	assert_int_equal(sshoal__trust_check(trust, "host", 22, ed25519(2).blob,
					     key.size, STRICT, &added, &error),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_non_null(strstr(error.text, folder->file));
	sshoal__trust_free(trust);
}

#define MANY 100000

static void a_file_of_100000_lines_is_quick(void **state)
{
	const struct folder *folder = *state;
	FILE *file = fopen(folder->file, "we");
	assert_non_null(file);
	for (uint32_t i = 0; i < MANY; i++)
		(void)fprintf(file, "host%u.example.org,10.%u.%u.%u %s\n",
			      (unsigned)i, (unsigned)(i >> 16),
			      (unsigned)(i >> 8 & 255), (unsigned)(i & 255),
			      ed25519(i).text);
	assert_int_equal(fclose(file), 0);
	int64_t start_us = sshoal__clock_now_us();
	struct trust *trust = load(folder->file);
	int64_t loaded_us = sshoal__clock_now_us();
	for (uint32_t i = 0; i < MANY; i++) {
		char host[64];
		struct key key = ed25519(i);
		(void)snprintf(host, sizeof host, "host%u.example.org",
			       (unsigned)i);
		if (check(trust, host, 22, &key, STRICT) != 0)
			fail_msg("%s is not found", host);
	}
	int64_t found_us = sshoal__clock_now_us();
	sshoal__trust_free(trust);
	print_message("100,000 lines: read in %.0f ms, looked up in %.1f us "
		      "each (making the test's key included)\n",
		      (double)(loaded_us - start_us) / 1000,
		      (double)(found_us - loaded_us) / MANY);
	/* Generous: sanitizers and valgrind are allowed ten times and more. */
	assert_true(loaded_us - start_us < 20 * 1000000);
	assert_true(found_us - loaded_us < 60 * 1000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fingerprints_and_types_are_those_of_ssh_keygen),
		TEST(a_blob_without_a_printable_type_has_none),
		TEST(every_name_is_found_as_ssh_keygen_finds_it),
		TEST(line_ends_and_blanks_do_not_matter),
		TEST(a_bad_line_is_skipped_with_a_warning),
		TEST(a_nul_byte_spoils_only_its_line),
		TEST(a_line_may_have_64_KiB),
		TEST(a_revoked_key_is_refused_under_every_policy),
		TEST(a_key_revoked_for_others_is_not_revoked),
		TEST(a_revoked_line_can_be_hashed),
		TEST(a_cert_authority_is_no_host_key),
		TEST(another_type_than_on_file_is_a_changed_key),
		TEST(kinds_are_those_on_file_and_not_revoked),
		TEST(the_bare_name_vouches_for_a_key_but_not_against_one),
		TEST(off_accepts_what_is_not_revoked_and_writes_nothing),
		TEST(a_changed_key_is_told_with_both_fingerprints),
		TEST(an_unknown_key_is_told_with_the_way_out),
		TEST(long_names_leave_no_half_commands),
		TEST(words_in_commands_are_quoted),
		TEST(a_damaged_key_is_accepted_by_no_policy),
		TEST(a_wrong_host_or_port_is_an_invalid_argument),
		TEST(several_files_count_together),
		TEST(without_files_nothing_is_known_or_added),
		TEST(a_file_that_cannot_be_read_is_an_error),
		TEST(a_file_of_somebody_else_is_not_permitted),
		TEST(a_tilde_is_the_home),
		TEST(a_file_of_100000_lines_is_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
