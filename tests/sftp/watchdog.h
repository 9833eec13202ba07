/* SPDX-License-Identifier: MIT */
#ifndef SFTP_WATCHDOG_H
#define SFTP_WATCHDOG_H

#include <pthread.h>

#include <sshoal/cancel.h>

/* Cancels a client that hangs, so that its test fails and others go on. */
struct watchdog {
	sshoal_cancel *cancel; /* for the client's options */
	int pipe[2];
	int limit_ms;
	pthread_t thread;
};

void watchdog_start(struct watchdog *watchdog, int limit_ms);
/* Once the client is closed. */
void watchdog_end(struct watchdog *watchdog);

#endif
