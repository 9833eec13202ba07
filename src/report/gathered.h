/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_GATHERED_H
#define SSHOAL_REPORT_GATHERED_H

#include "report/groups.h"
#include "report/mask.h"
#include "report/replay.h"

/* Both show sorted groups, each under the names of its hosts, and return 0,
 * SSHOAL_EIO, SSHOAL_ENOMEM, or SSHOAL_ELOCAL, which has been told. */

/* Shows all that was said. */
int sshoal__gathered_print(const struct replay *replay,
			   const struct groups *groups);

/* Shows the largest group whose command came to its end, and of the others what
 * differs from it, but for what is masked. */
int sshoal__gathered_diff(const struct replay *replay,
			  const struct groups *groups, struct mask *mask);

#endif
