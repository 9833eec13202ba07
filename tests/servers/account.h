/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_ACCOUNT_H
#define SERVERS_ACCOUNT_H

/* A user of this machine with a password, gone when the test is. Needs
 * root. */
struct account;

/* 0 or -1 with a line on standard error. */
int account_new(struct account **account, const char *password);

/* The user's name. */
const char *account_name(const struct account *account);

/* Removes the user; end the servers it may be logged in to first. NULL is
 * ignored. */
void account_free(struct account *account);

#endif
