/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_H
#define SSHOAL_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What one or more hosts files say: hosts, groups and their settings. */
typedef struct sshoal_inventory sshoal_inventory;

/** A list of targets made from an expression. */
typedef struct sshoal_hosts sshoal_hosts;

/** One host to work on. It never changes; any thread may read it. */
typedef struct sshoal_target sshoal_target;

/** Makes an empty inventory. @return 0 or SSHOAL_ENOMEM. */
SSHOAL_API int sshoal_inventory_new(sshoal_inventory **inventory);

/**
 * Reads one hosts file (sshoal_hosts(5)) and adds it to the inventory. "-" is
 * standard input. On failure the inventory may only be freed.
 * @return 0, SSHOAL_ENOENT, SSHOAL_EACCESS (a password others can read),
 *         SSHOAL_EFORMAT, SSHOAL_EIO or SSHOAL_ENOMEM. The text begins with
 *         "FILE:LINE:COLUMN: " where a line is to blame.
 */
SSHOAL_API int sshoal_inventory_load(sshoal_inventory *inventory,
				     const char *path, sshoal_error *error);

/** From now on names that are in no hosts file are errors in expressions. */
SSHOAL_API void sshoal_inventory_restrict(sshoal_inventory *inventory);

/** The name of the index-th host of the files, in order of appearance; one that
 * has several users or ports appears as often. Valid as long as the inventory.
 * NULL past the last. */
SSHOAL_API const char *sshoal_inventory_host(const sshoal_inventory *inventory,
					     size_t index);

/** The name of the index-th group of the files, of which "all" is the first,
 * likewise. */
SSHOAL_API const char *sshoal_inventory_group(const sshoal_inventory *inventory,
					      size_t index);

/** Frees an inventory; hosts made from it stay valid. NULL is ignored. */
SSHOAL_API void sshoal_inventory_free(sshoal_inventory *inventory);

/**
 * Makes the list of targets that an expression names, in order of appearance,
 * each once (name, user and port as written).
 * @param inventory may be NULL: every name is taken as it stands
 * @param expression a host expression (sshoal_hosts(5)); NULL: every host of
 *        the inventory
 * @return 0, SSHOAL_EINVAL (the text names the column and the reason),
 *         SSHOAL_ENOENT (a name in no hosts file), or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_hosts_expand(sshoal_hosts **hosts,
				   const sshoal_inventory *inventory,
				   const char *expression, sshoal_error *error);

/*
 * The calls below change a list. What they take out of it is freed; labels and
 * indexes are made anew. They return 0, SSHOAL_EINVAL, SSHOAL_ENOMEM, and what
 * is said there; the list is unchanged unless they return 0.
 */

/**
 * Takes out the targets that an expression names: by their names, whatever
 * their user and port, and with those where the expression has them. A name
 * that is in no hosts file is no error, a group is. Patterns match the names of
 * the list as well.
 * @param inventory may be NULL
 * @return also SSHOAL_ENOENT
 */
SSHOAL_API int sshoal_hosts_exclude(sshoal_hosts *hosts,
				    const sshoal_inventory *inventory,
				    const char *expression,
				    sshoal_error *error);

/** Leaves every count-th target, beginning with the shard-th, counted from 1:
 * all shards together are the list. */
SSHOAL_API int sshoal_hosts_shard(sshoal_hosts *hosts, size_t shard,
				  size_t count, sshoal_error *error);

/** Leaves so many targets, chosen by chance, in their order; all if there are
 * no more. @return also SSHOAL_ELOCAL: the system has no random bytes */
SSHOAL_API int sshoal_hosts_pick(sshoal_hosts *hosts, size_t count,
				 sshoal_error *error);

/** Puts the targets into an order made by chance. @return also SSHOAL_ELOCAL */
SSHOAL_API int sshoal_hosts_shuffle(sshoal_hosts *hosts, sshoal_error *error);

/** Puts the targets into the order of their names, numbers in these by value. */
SSHOAL_API int sshoal_hosts_sort(sshoal_hosts *hosts, sshoal_error *error);

/**
 * Writes a list shortly, with ranges: "db1,web[01-20]". Given to
 * sshoal_hosts_expand() with the same inventory it names the same targets.
 * @param folded receives a string for free(3)
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM
 */
SSHOAL_API int sshoal_hosts_fold(char **folded, const sshoal_hosts *hosts,
				 sshoal_error *error);

/**
 * The same for any names, or labels of targets: each once, as "nodeset --fold"
 * of ClusterShell writes them. IPv6 addresses, users and ports stay as they
 * are.
 * @param folded receives a string for free(3)
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM
 */
SSHOAL_API int sshoal_names_fold(char **folded, const char *const *names,
				 size_t count, sshoal_error *error);

/** One setting of a target, and where the hosts files have it. */
typedef struct sshoal_setting {
	const char *name;  /* the key, such as "user" or "var.rack" */
	const char *value; /* as written, of a file its whole path; NULL for a
			      secret */
	const char *file;  /* and, where line is 0, where in it; NULL: the
			      expression */
	uint32_t line;
	uint32_t column;
	uint32_t is_secret; /* there is a value, and it is not shown */
	uint32_t zero;
	void *reserved[2];
} sshoal_setting;

/**
 * Tells which settings of the files and the expression count for a target, one at a time:
 * those about logging in, a key that adds once for each value, then variables.
 * @param inventory what the list was made from
 * @param number from 0 on
 * @param setting its strings live as long as the inventory and the list
 * @return 0, SSHOAL_ENOENT past the last one, SSHOAL_EINVAL or SSHOAL_ENOMEM
 */
SSHOAL_API int sshoal_hosts_setting(const sshoal_hosts *hosts, size_t index,
				    const sshoal_inventory *inventory,
				    size_t number, sshoal_setting *setting);

/** How many targets a list has; 0 for NULL. */
SSHOAL_API size_t sshoal_hosts_count(const sshoal_hosts *hosts);

/** A target of a list, valid as long as the list; NULL past its end. */
SSHOAL_API const sshoal_target *sshoal_hosts_target(const sshoal_hosts *hosts,
						    size_t index);

/** The label of a target of a list, as sshoal_target_label(); NULL past its
 * end. */
SSHOAL_API const char *sshoal_hosts_name(const sshoal_hosts *hosts,
					 size_t index);

/** Frees a list. NULL is ignored. */
SSHOAL_API void sshoal_hosts_free(sshoal_hosts *hosts);

/** What stands before a target's output: its name, or user@name:port where
 * one name occurs twice. Never NULL. */
SSHOAL_API const char *sshoal_target_label(const sshoal_target *target);

/** A target's name as written in the expression or the hosts file. */
SSHOAL_API const char *sshoal_target_name(const sshoal_target *target);

/**
 * Writes what names a target, and no other one of its list, in an expression:
 * [user@]name[:port]. Like snprintf(3).
 * @param out may be NULL where size_bytes is 0
 * @return how many bytes there are, without the NUL; at most 550
 */
SSHOAL_API size_t sshoal_target_expression(const sshoal_target *target,
					   char *out, size_t size_bytes);

/** What would be typed after "ssh": the name or the setting host. */
SSHOAL_API const char *sshoal_target_host(const sshoal_target *target);

/** The user to log in as, NULL when nothing sets one. */
SSHOAL_API const char *sshoal_target_user(const sshoal_target *target);

/** The port, 0 when nothing sets one. */
SSHOAL_API uint32_t sshoal_target_port(const sshoal_target *target);

/** A target's place in its list or fleet, from 0. */
SSHOAL_API size_t sshoal_target_index(const sshoal_target *target);

#ifdef __cplusplus
}
#endif
#endif
