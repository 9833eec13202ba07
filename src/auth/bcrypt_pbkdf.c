/* SPDX-License-Identifier: MIT */
#include "auth/bcrypt_pbkdf.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <sshoal/error.h>

#include "auth/blowfish.h"
#include "base/wire.h"

/*
 * PBKDF2's shape with bcrypt in the place of HMAC: the blocks of 32 bytes are
 * spread over the key, not joined, so that each block is needed for it.
 * Whatever the passphrase went into is wiped.
 */

#define BLOCK_SIZE 32

/* What one derivation works with. */
struct work {
	struct blowfish state;
	unsigned char pass_hash[SHA512_DIGEST_LENGTH];
	unsigned char salt_hash[SHA512_DIGEST_LENGTH];
	uint32_t pass[BLOWFISH_WORDS];
	uint32_t salt[BLOWFISH_WORDS];
	uint32_t words[BLOCK_SIZE / 4];
	unsigned char block[BLOCK_SIZE]; /* of the round */
	unsigned char sum[BLOCK_SIZE];   /* of all rounds so far */
};

static int hash(unsigned char out[SHA512_DIGEST_LENGTH], const void *data,
		size_t n)
{
	return EVP_Digest(data, n, out, NULL, EVP_sha512(), NULL) == 1 ?
		       0 :
		       SSHOAL_EIO;
}

static void load_words(uint32_t words[BLOWFISH_WORDS],
		       const unsigned char bytes[SHA512_DIGEST_LENGTH])
{
	for (size_t i = 0; i < BLOWFISH_WORDS; i++)
		words[i] = sshoal__wire_load_u32(bytes + 4 * i);
}

/* bcrypt of the two hashes, with the cost fixed at 2^6. */
static void bcrypt_block(struct work *work)
{
	static const unsigned char text[] = "OxychromaticBlowfish"
					    "SwatDynamite";
	load_words(work->pass, work->pass_hash);
	load_words(work->salt, work->salt_hash);
	work->state = sshoal__blowfish_start;
	sshoal__blowfish_expand(&work->state, work->salt, work->pass);
	for (int i = 0; i < 64; i++) {
		sshoal__blowfish_expand_key(&work->state, work->salt);
		sshoal__blowfish_expand_key(&work->state, work->pass);
	}
	for (size_t i = 0; i < BLOCK_SIZE / 4; i++)
		work->words[i] = sshoal__wire_load_u32(text + 4 * i);
	for (int i = 0; i < 64; i++)
		sshoal__blowfish_encrypt(&work->state, work->words,
					 BLOCK_SIZE / 4);
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		work->block[i] =
			(unsigned char)(work->words[i / 4] >> (8 * (i % 4)));
}

/* All rounds of the block with the given number, into work->sum. */
static int derive_block(struct work *work, const struct bcrypt_input *input,
			uint32_t number)
{
	unsigned char salt[BCRYPT_SALT_MAX + 4];
	memcpy(salt, input->salt, input->salt_size);
	sshoal__wire_store_u32(salt + input->salt_size, number);
	int rc = hash(work->salt_hash, salt, input->salt_size + 4);
	if (rc)
		return rc;
	bcrypt_block(work);
	memcpy(work->sum, work->block, BLOCK_SIZE);
	for (uint32_t round = 1; round < input->rounds; round++) {
		rc = hash(work->salt_hash, work->block, BLOCK_SIZE);
		if (rc)
			return rc;
		bcrypt_block(work);
		for (size_t i = 0; i < BLOCK_SIZE; i++)
			work->sum[i] ^= work->block[i];
	}
	return 0;
}

static int derive(struct work *work, const struct bcrypt_input *input,
		  unsigned char *key, size_t key_size)
{
	size_t blocks = (key_size + BLOCK_SIZE - 1) / BLOCK_SIZE;
	size_t share = (key_size + blocks - 1) / blocks;
	int rc = hash(work->pass_hash, input->passphrase,
		      input->passphrase_size);
	for (size_t block = 0; block < blocks && rc == 0; block++) {
		rc = derive_block(work, input, (uint32_t)block + 1);
		for (size_t i = 0; i < share && rc == 0; i++)
			if (i * blocks + block < key_size)
				key[i * blocks + block] = work->sum[i];
	}
	return rc;
}

int sshoal__bcrypt_pbkdf(const struct bcrypt_input *input, unsigned char *key,
			 size_t key_size)
{
	if (input->rounds == 0 || input->passphrase_size == 0 ||
	    input->salt_size == 0 || input->salt_size > BCRYPT_SALT_MAX ||
	    key_size == 0 || key_size > BCRYPT_KEY_MAX)
		return SSHOAL_EINVAL;
	struct work work;
	int rc = derive(&work, input, key, key_size);
	OPENSSL_cleanse(&work, sizeof work);
	if (rc)
		OPENSSL_cleanse(key, key_size);
	return rc;
}
