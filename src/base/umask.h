/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_UMASK_H
#define SSHOAL_BASE_UMASK_H

/* The process's umask, without setting it for a moment as umask(2) does, when
 * another thread may be making a file. 022 where the system does not tell. */
unsigned int sshoal__umask(void);

#endif
