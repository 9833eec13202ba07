/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/*
 * Open addressing with linear probing, at most three quarters full. FNV-1a is
 * enough: the keys come from the user's own files, not from a peer.
 */

static size_t hash_of(const char *key)
{
	uint64_t hash = 14695981039346656037u;
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

static struct map_slot *slot_of(struct map_slot *slots, size_t capacity,
				const char *key, size_t hash)
{
	size_t i = hash & (capacity - 1);
	while (slots[i].key &&
	       (slots[i].hash != hash || strcmp(slots[i].key, key) != 0))
		i = (i + 1) & (capacity - 1);
	return &slots[i];
}

static int grow(struct map *map, size_t capacity)
{
	struct map_slot *slots = calloc(capacity, sizeof *slots);
	if (!slots)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < map->capacity; i++) {
		const struct map_slot *old = &map->slots[i];
		if (old->key)
			*slot_of(slots, capacity, old->key, old->hash) = *old;
	}
	free(map->slots);
	map->slots = slots;
	map->capacity = capacity;
	return 0;
}

void *sshoal__map_get(const struct map *map, const char *key)
{
	if (map->capacity == 0)
		return NULL;
	return slot_of(map->slots, map->capacity, key, hash_of(key))->value;
}

int sshoal__map_put(struct map *map, const char *key, void *value)
{
	if (map->count >= map->capacity / 4 * 3) {
		int rc = grow(map, map->capacity ? map->capacity * 2 : 16);
		if (rc)
			return rc;
	}
	size_t hash = hash_of(key);
	struct map_slot *slot = slot_of(map->slots, map->capacity, key, hash);
	if (!slot->key)
		map->count++;
	*slot = (struct map_slot){ .key = key, .value = value, .hash = hash };
	return 0;
}

int sshoal__map_reserve(struct map *map, size_t count)
{
	size_t capacity = map->capacity ? map->capacity : 16;
	while (map->count + count >= capacity / 4 * 3) {
		if (capacity > SIZE_MAX / 4)
			return SSHOAL_ENOMEM;
		capacity *= 2;
	}
	return capacity == map->capacity ? 0 : grow(map, capacity);
}

void *sshoal__map_next(const struct map *map, size_t *at)
{
	while (*at < map->capacity) {
		const struct map_slot *slot = &map->slots[(*at)++];
		if (slot->key)
			return slot->value;
	}
	return NULL;
}

void sshoal__map_fini(struct map *map)
{
	free(map->slots);
	*map = (struct map)MAP_INIT;
}
