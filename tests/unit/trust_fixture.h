/* SPDX-License-Identifier: MIT */
#ifndef UNIT_TRUST_FIXTURE_H
#define UNIT_TRUST_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/trust.h"

/* The folder of a test. */
struct folder {
	char path[64];
	char file[128]; /* its known_hosts */
};

/* cmocka's fixtures: *state becomes a folder of its own, which is removed
 * with all that is in it. */
int folder_setup(void **state);
int folder_teardown(void **state);

#define TRUST_TEST(name) \
	cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

/* Writes, or adds to, a file; bytes may hold NULs. */
void put_bytes(const char *path, const char *mode, const void *bytes, size_t n);
__attribute__((format(printf, 3, 4))) void
put(const char *path, const char *mode, const char *format, ...);

/* The contents of a file, to be freed; "" where there is none. */
char *contents(const char *path);
__attribute__((format(printf, 2, 3))) void
expect_contents(const struct folder *folder, const char *format, ...);

size_t count_of(const char *text, const char *what);

/* The output of a command, to be freed; its status is in *status. */
__attribute__((format(printf, 2, 3))) char *run(int *status, const char *format,
						...);

struct key {
	unsigned char blob[4200];
	size_t size;
	char text[5700]; /* "type base64" */
};

/* A key that is well-formed, and another for each number. */
void key_make(struct key *key, const char *type, uint32_t number);
struct key ed25519(uint32_t number);

struct trust *load(const char *path);

struct warnings {
	char text[8192]; /* a line for each */
};

struct trust *load_warned(const char *path, struct warnings *warnings);

#define STRICT SSHOAL_HOST_KEY_STRICT
#define ACCEPT_NEW SSHOAL_HOST_KEY_ACCEPT_NEW
#define OFF SSHOAL_HOST_KEY_OFF

/* A check whose text and report are not looked at. */
int check(struct trust *trust, const char *host, uint32_t port,
	  const struct key *key, uint32_t policy);

/* Checks with accept-new; the result must be rc, and a key be added or not. */
void expect(struct trust *trust, const char *host, const struct key *key,
	    int rc, bool is_added);

#endif
