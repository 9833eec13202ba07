/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PROXY_COMMAND_H
#define SSHOAL_SSH_PROXY_COMMAND_H

#include <sshoal/error.h>

/*
 * The command that connects in our place (ProxyCommand of ssh_config(5)): a
 * child with a session of its own, whose standard input and output are the
 * connection. One thread.
 */
struct proxy_command;

/*
 * Has the user's shell begin a command. *fd: our end, non-blocking and
 * close-on-exec, the caller's. 0, SSHOAL_ELOCAL, SSHOAL_ENOMEM, or SSHOAL_EIO:
 * there is no such shell.
 */
int sshoal__proxy_command_start(struct proxy_command **proxy, int *fd,
				const char *command, sshoal_error *error);

/* Takes in what it has said on standard error, of which the end is kept. */
void sshoal__proxy_command_listen(struct proxy_command *proxy);

/* The connection has failed with a code and a text, and our end is closed: adds
 * what the command has to do with it. Returns what the code is then. */
int sshoal__proxy_command_blame(struct proxy_command *proxy, int code,
				sshoal_error *error);

/* The same for one that has done its work so far. */
void sshoal__proxy_command_add_text(struct proxy_command *proxy,
				    sshoal_error *error);

/* Ends it (TERM, after half a second KILL, to all that came of it as far as it
 * kept its process group), waits for its end, and frees it. Close our end
 * before. NULL is ignored. */
void sshoal__proxy_command_end(struct proxy_command *proxy);

#endif
