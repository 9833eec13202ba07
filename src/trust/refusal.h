/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_REFUSAL_H
#define SSHOAL_TRUST_REFUSAL_H

#include <sshoal/error.h>

#include "trust/lookup.h"

/*
 * The texts of refused host keys, each with the way out. They return their
 * code; error may be NULL.
 */

/* file: where keys are added, or NULL. */
int sshoal__refuse_unknown(const struct query *query,
			   const struct findings *findings, const char *file,
			   sshoal_error *error);
int sshoal__refuse_changed(const struct query *query,
			   const struct findings *findings,
			   sshoal_error *error);
int sshoal__refuse_revoked(const struct query *query,
			   const struct findings *findings,
			   sshoal_error *error);

#endif
