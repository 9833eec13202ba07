/* SPDX-License-Identifier: MIT */
#include "auth/blowfish.h"

/*
 * Blowfish (B. Schneier, Fast Software Encryption 1993) with the expensive key
 * schedule of bcrypt (N. Provos, D. Mazieres, USENIX 1999). Nearly all the
 * time of opening a key with a passphrase is spent in this file.
 */

static inline uint32_t feistel(const struct blowfish *state, uint32_t x)
{
	return ((state->s[0][x >> 24] + state->s[1][x >> 16 & 0xff]) ^
		state->s[2][x >> 8 & 0xff]) +
	       state->s[3][x & 0xff];
}

static inline void encrypt_pair(const struct blowfish *state, uint32_t *left,
				uint32_t *right)
{
	uint32_t l = *left ^ state->p[0];
	uint32_t r = *right;
	for (size_t i = 1; i <= 16; i += 2) {
		r ^= feistel(state, l) ^ state->p[i];
		l ^= feistel(state, r) ^ state->p[i + 1];
	}
	*left = r ^ state->p[17];
	*right = l;
}

static void mix_key(struct blowfish *state, const uint32_t key[BLOWFISH_WORDS])
{
	for (size_t i = 0; i < 18; i++)
		state->p[i] ^= key[i % BLOWFISH_WORDS];
}

/* The pair of the schedule that is written n-th: p first, then s. */
static inline uint32_t *pair_at(struct blowfish *state, size_t n)
{
	if (n < 9)
		return state->p + 2 * n;
	size_t word = 2 * (n - 9);
	return &state->s[word >> 8][word & 0xff];
}

#define PAIRS (9 + 4 * 128)

void sshoal__blowfish_expand(struct blowfish *state,
			     const uint32_t salt[BLOWFISH_WORDS],
			     const uint32_t key[BLOWFISH_WORDS])
{
	mix_key(state, key);
	uint32_t left = 0;
	uint32_t right = 0;
	for (size_t i = 0; i < PAIRS; i++) {
		left ^= salt[2 * i % BLOWFISH_WORDS];
		right ^= salt[(2 * i + 1) % BLOWFISH_WORDS];
		encrypt_pair(state, &left, &right);
		uint32_t *pair = pair_at(state, i);
		pair[0] = left;
		pair[1] = right;
	}
}

void sshoal__blowfish_expand_key(struct blowfish *state,
				 const uint32_t key[BLOWFISH_WORDS])
{
	mix_key(state, key);
	uint32_t left = 0;
	uint32_t right = 0;
	for (size_t i = 0; i < PAIRS; i++) {
		encrypt_pair(state, &left, &right);
		uint32_t *pair = pair_at(state, i);
		pair[0] = left;
		pair[1] = right;
	}
}

void sshoal__blowfish_encrypt(const struct blowfish *state, uint32_t *words,
			      size_t count)
{
	for (size_t i = 0; i + 1 < count; i += 2)
		encrypt_pair(state, &words[i], &words[i + 1]);
}
