/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_NUMERAL_H
#define SSHOAL_INVENTORY_NUMERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Longer ones do not count as numbers: these fit into 64 bits. */
#define NUMERAL_DIGITS_MAX 18

/* A number as it is written in a name: "7", "07" and "007" are three. */
struct numeral {
	uint64_t value;
	size_t size; /* in digits */
};

/* The order in which ranges are made: shorter ones first. */
int sshoal__numeral_compare(const struct numeral *a, const struct numeral *b);

/* The order of the digits as text. */
int sshoal__numeral_compare_text(const struct numeral *a,
				 const struct numeral *b);

/*
 * Writes numerals that are in order, each once: "7" for one, "[1-3,08-11]" for
 * several. 0, SSHOAL_ENOMEM or SSHOAL_ELIMIT.
 */
int sshoal__numeral_write(struct buffer *buffer, const struct numeral *numerals,
			  size_t count);

#endif
