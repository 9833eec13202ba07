/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_BLOWFISH_H
#define SSHOAL_AUTH_BLOWFISH_H

#include <stddef.h>
#include <stdint.h>

/* The key schedule of Blowfish. It is as secret as what was mixed into it. */
struct blowfish {
	uint32_t p[18];
	uint32_t s[4][256];
};

/* Keys and salts here are always 64 bytes, taken as 16 big-endian words. */
#define BLOWFISH_WORDS 16

extern const struct blowfish sshoal__blowfish_start;

/* Mixes key and salt into the schedule: bcrypt's ExpandKey. */
void sshoal__blowfish_expand(struct blowfish *state,
			     const uint32_t salt[BLOWFISH_WORDS],
			     const uint32_t key[BLOWFISH_WORDS]);

/* The same with a salt of zeros. */
void sshoal__blowfish_expand_key(struct blowfish *state,
				 const uint32_t key[BLOWFISH_WORDS]);

/* Encrypts an even number of words in place, two at a time. */
void sshoal__blowfish_encrypt(const struct blowfish *state, uint32_t *words,
			      size_t count);

#endif
