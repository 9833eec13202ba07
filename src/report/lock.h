/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_LOCK_H
#define SSHOAL_REPORT_LOCK_H

#include <sys/types.h>

/* A lock on an open file, as flock(1) takes it. Closing the file gives it back,
 * and so does the end of the process, however it ends. */

/* Takes the lock at once or not at all. 0, EWOULDBLOCK where another process
 * has it, or what else is wrong as an errno. */
int sshoal__lock_try(int fd);

/* Which process has it, as far as the system tells; 0: it does not. */
pid_t sshoal__lock_holder(int fd);

#endif
