/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_TARGET_H
#define SSHOAL_INVENTORY_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/inventory.h>

/*
 * One host to work on with what the hosts files say of it. Immutable once it
 * is in a list. NULL and 0 mean that nothing sets a member.
 */
struct sshoal_target {
	char *name;  /* as written, without user and port */
	char *label; /* name, or user@name:port where a name occurs twice */
	char *host;  /* what would be typed after ssh */
	char *user;
	char **key_files;
	char *password; /* wiped when freed */
	char *password_file;
	char *passphrase_file;
	char *sudo_password_file;
	char *known_hosts_file;
	char *jump;          /* as written: the hosts before it, or "none" */
	char *proxy_command; /* of a program's target, with tokens */
	char **variables; /* "env.NAME=VALUE" and "var.NAME=VALUE", in no order;
			     nothing that is secret */
	size_t key_file_count;
	size_t variable_count;
	size_t index;
	int64_t timeout_ms;         /* the command; -1: none */
	int64_t connect_timeout_ms; /* -1: none */
	int64_t login_timeout_ms;   /* -1: none */
	uint32_t port;
	uint32_t host_key_policy; /* enum sshoal_host_key_policy */
	bool user_is_written;     /* in the expression: stronger than -l */
	bool port_is_written;     /* in the expression: stronger than -p */
	char port_text[8];        /* the port, if it is written */
	bool is_user_named;       /* beside the name in the hosts file */
	bool is_port_named;
	bool is_one_piece; /* the texts but the label are no memory of their own */
	size_t source_host; /* the index of the host of the inventory it was
			       made from + 1, or 0 */
};

/* A copy of all members. 0 or SSHOAL_ENOMEM. */
int sshoal__target_copy(struct sshoal_target **copy,
			const struct sshoal_target *target);

void sshoal__target_free(struct sshoal_target *target);

/* Sets every target's index and label; labels are unique afterwards. Used by
 * lists and by fleets that join several. 0 or SSHOAL_ENOMEM. */
int sshoal__target_label_all(struct sshoal_target **targets, size_t count);

#endif
