/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_EXPRESSION_H
#define SSHOAL_INVENTORY_EXPRESSION_H

#include "inventory/selection.h"

/*
 * Chooses what a host expression names: addresses, patterns and @groups, with
 * ranges in brackets, joined by "," (more), "!" (less), "&" (both) and "^" (one
 * of them). The selection is over then. 0, SSHOAL_EINVAL, SSHOAL_ENOENT or
 * SSHOAL_ENOMEM; the text says at which column.
 */
int sshoal__expression_select(struct selection *selection,
			      const char *expression, sshoal_error *error);

#endif
