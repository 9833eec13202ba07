/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_NAME_H
#define SSHOAL_INVENTORY_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* The longest name of a host or a user, in bytes. */
#define NAME_MAX_BYTES 255

/*
 * Whether text may be a name. NULL, or a constant text "what: what to do" and
 * in *at the byte that is wrong. The rules are OpenSSH's valid_hostname and
 * valid_ruser, and narrower where a name becomes a file name or part of a host
 * expression.
 */
const char *sshoal__name_fault_host(const char *text, size_t *at);
const char *sshoal__name_fault_user(const char *text, size_t *at);

/* A group's; the rules of a host's. */
const char *sshoal__name_fault_group(const char *text, size_t *at);

/*
 * Whether a name may be put into commands and file names in place of a token of
 * ssh_config: the rules of OpenSSH 9.6's valid_hostname and valid_ruser, and
 * not empty.
 */
bool sshoal__name_is_safe_host(const char *text);
bool sshoal__name_is_safe_user(const char *text);

/* Whether text is an IPv6 address, with a scope after "%" or without. */
bool sshoal__name_is_ipv6(const char *text);

#endif
