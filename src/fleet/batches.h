/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_BATCHES_H
#define SSHOAL_FLEET_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/fleet.h>

/*
 * A run's targets in their order, cut into batches that go one after the other,
 * and how many of them may fail. Without batches all are one. The scheduler's.
 */
struct batches {
	size_t count;    /* of all targets */
	size_t canary;   /* how many go alone, first; 0: none */
	size_t size;     /* of each other batch, 1 at least */
	size_t most;     /* how many may end other than ok */
	size_t failed;   /* how many did */
	uint32_t number; /* of the one whose turn it is, from 1 */
	bool many;       /* batches were asked for */
	int64_t pause_ms;
	int64_t due_ms; /* when the next one begins; 0: nobody asked yet */
};

void sshoal__batches_init(struct batches *batches,
			  const sshoal_fleet_options *options, size_t count);

/* The number of the batch of the index-th target, from 1; 0 where there are no
 * batches. */
uint32_t sshoal__batches_of(const struct batches *batches, size_t index);

/* How many targets are in the batches up to the one whose turn it is. */
size_t sshoal__batches_end(const struct batches *batches);

/* A target ended. */
void sshoal__batches_note(struct batches *batches, int status);

/* Whether more ended other than ok than may. */
bool sshoal__batches_have_failed(const struct batches *batches);

/* Every target up to sshoal__batches_end() has ended: whether the next batch
 * may begin, which is its turn then. */
bool sshoal__batches_next(struct batches *batches, int64_t now_ms);

#endif
