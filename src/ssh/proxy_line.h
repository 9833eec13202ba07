/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PROXY_LINE_H
#define SSHOAL_SSH_PROXY_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "inventory/config_values.h"

/*
 * A proxy command with its tokens replaced: %h the host, %n what was typed, %p
 * the port, %r the user. *line is to be freed. 0, SSHOAL_EFORMAT (another
 * token), SSHOAL_EINVAL (a name that could mean something to a shell),
 * SSHOAL_ELIMIT or SSHOAL_ENOMEM.
 */
int sshoal__proxy_line(char **line, const char *command, const char *host,
		       const char *typed, uint32_t port, const char *user,
		       sshoal_error *error);

/* Whether ssh_config says that the command passes a descriptor (ProxyUseFdpass),
 * and the SSHOAL_EUNSUPPORTED that a host with such a command gets. */
bool sshoal__proxy_passes_fd(const struct config_values *values);
int sshoal__proxy_refuse_fd(sshoal_error *error);

#endif
