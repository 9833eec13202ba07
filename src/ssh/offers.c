/* SPDX-License-Identifier: MIT */
#include "ssh/offers.h"

#include <string.h>

#include <sshoal/certificate.h>

#include "auth/key.h"

/* The server counts what it refuses, so nothing is offered that cannot be
 * taken: no host certificate, no algorithm that is not wanted, nothing twice.
 */

static bool is_equal(const unsigned char *a, size_t a_size,
		     const unsigned char *b, size_t b_size)
{
	return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static bool is_there(const struct offers *offers,
		     const struct identity *identity)
{
	size_t size;
	const unsigned char *blob = sshoal__identity_blob(identity, &size);
	for (size_t i = 0; i < offers->count; i++) {
		size_t other_size;
		const unsigned char *other =
			sshoal__identity_blob(&offers->list[i], &other_size);
		if (is_equal(blob, size, other, other_size))
			return true;
	}
	return false;
}

static void offer(struct offers *offers, const struct login *login,
		  const struct identity *identity)
{
	if (offers->count < LOGIN_KEYS_MAX && !is_there(offers, identity) &&
	    sshoal__identity_is_accepted(identity, login->ways.algorithms))
		offers->list[offers->count++] = *identity;
}

static void offer_certified(struct offers *offers, const struct login *login,
			    const struct identity *identity,
			    const sshoal_key *certified)
{
	struct identity with = *identity;
	with.certified = certified;
	if (sshoal_key_certificate_kind(certified) == SSHOAL_CERTIFICATE_USER)
		offer(offers, login, &with);
}

/* A key with everything that is certified of it. */
static void offer_all(struct offers *offers, const struct login *login,
		      const struct identity *identity)
{
	size_t size;
	const unsigned char *blob = sshoal__identity_blob(identity, &size);
	if (identity->key)
		offer_certified(offers, login, identity, identity->key);
	for (size_t i = 0; i < login->certificate_count; i++) {
		const sshoal_key *certified = login->certificates[i];
		size_t plain_size;
		const unsigned char *plain =
			sshoal__key_blob(certified, &plain_size);
		if (is_equal(blob, size, plain, plain_size))
			offer_certified(offers, login, identity, certified);
	}
	offer(offers, login, identity);
}

static const struct agent_key *find_in_agent(const struct login *login,
					     const sshoal_key *key)
{
	size_t size;
	const unsigned char *blob = sshoal__key_blob(key, &size);
	for (size_t i = 0; login->agent && i < login->agent->count; i++) {
		const struct agent_key *each = &login->agent->keys[i];
		if (is_equal(blob, size, each->blob, each->blob_size))
			return each;
	}
	return NULL;
}

/* A key of ours; the agent signs for one of which we have the public part
 * alone. */
static void offer_key(struct offers *offers, const struct login *login,
		      const sshoal_key *key)
{
	struct identity identity = { .key = key };
	if (sshoal_key_is_private(key)) {
		offer_all(offers, login, &identity);
		return;
	}
	identity.agent_key = find_in_agent(login, key);
	identity.agent = login->agent;
	if (!identity.agent_key) {
		offers->wants_agent = true;
		return;
	}
	if (sshoal_key_certificate_kind(key)) {
		struct identity signer = identity;
		signer.key = NULL;
		offer_certified(offers, login, &signer, key);
	}
	identity.key = NULL;
	offer_all(offers, login, &identity);
}

void sshoal__offers_make(struct offers *offers, const struct login *login)
{
	*offers = (struct offers){ .count = 0 };
	for (size_t i = 0; i < login->key_count; i++)
		offer_key(offers, login, login->keys[i]);
	size_t agent_count = login->agent && !login->ways.identities_only ?
				     login->agent->count :
				     0;
	for (size_t i = 0; i < agent_count; i++) {
		const struct identity identity = {
			.agent_key = &login->agent->keys[i],
			.agent = login->agent,
		};
		offer_all(offers, login, &identity);
	}
	for (size_t i = 0; i < login->default_key_count; i++)
		offer_key(offers, login, login->default_keys[i]);
}
