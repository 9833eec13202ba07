/* SPDX-License-Identifier: MIT */
#ifndef UNIT_INVENTORY_FIXTURE_H
#define UNIT_INVENTORY_FIXTURE_H

#include <stddef.h>

#include <sshoal/inventory.h>

/* A literal with its length, so that it can hold NUL bytes. */
#define TEXT(literal) (literal), sizeof(literal) - 1

/* An inventory of one hosts file FOLDER/hosts with these contents and mode
 * 0600. Fails the test unless it loads. */
sshoal_inventory *inventory_of(void *const *state, const char *contents);

/* The list of an expression, which may be NULL. Fails the test unless there is
 * one. */
sshoal_hosts *hosts_of(const sshoal_inventory *inventory,
		       const char *expression);

/*
 * A line for each target: its label, then NAME=VALUE for what is set, and name
 * and host where they differ from the label and the name. Paths in the folder
 * begin with "./". For free(3).
 */
char *hosts_describe(const sshoal_hosts *hosts, void *const *state);

/* Compares the description with what it should be. */
void hosts_expect(const sshoal_hosts *hosts, void *const *state,
		  const char *expected);

/* The labels of an expression's targets must be these, with blanks between. */
void labels_expect(const sshoal_inventory *inventory, const char *expression,
		   const char *expected);

#endif
