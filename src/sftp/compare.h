/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_COMPARE_H
#define SSHOAL_SFTP_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sftp/source.h"
#include "sftp/transfer.h"

/*
 * Reads what a server has of a file and compares it with a source, byte by
 * byte: from the beginning up to a length.
 */
struct compare {
	struct transfer *transfer;
	struct source *source;
	size_t entry;
	const unsigned char *handle; /* borrowed */
	size_t handle_size;
	uint64_t next; /* what is asked for next */
	uint64_t end;
	uint32_t pending; /* requests without an answer */
	bool differs;
	int failed; /* 0, or why it could not be compared */
	sshoal_error error;
};

/* Asks for as much as may be moved. False: there is nothing left to ask for;
 * once nothing is pending it is over. */
bool sshoal__compare_feed(struct compare *compare);

#endif
