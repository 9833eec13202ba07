/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_MAP_H
#define SSHOAL_BASE_MAP_H

#include <stddef.h>

/*
 * From strings to pointers. Keys are borrowed and must live as long as the
 * map; values belong to the caller and are not NULL. An entry stays for good.
 */
struct map {
	struct map_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

struct map_slot {
	const char *key;
	void *value;
	size_t hash;
};

#define MAP_INIT \
	{ \
		.slots = NULL \
	}

/* The value of a key, NULL where there is none. */
void *sshoal__map_get(const struct map *map, const char *key);

/* Adds a key or replaces its value. 0 or SSHOAL_ENOMEM. */
int sshoal__map_put(struct map *map, const char *key, void *value);

/* Makes room for so many more keys at once. 0 or SSHOAL_ENOMEM. */
int sshoal__map_reserve(struct map *map, size_t count);

/* Walks the map in no order: start with *at 0; NULL at the end. */
void *sshoal__map_next(const struct map *map, size_t *at);

void sshoal__map_fini(struct map *map);

#endif
