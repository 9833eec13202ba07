/* SPDX-License-Identifier: MIT */
#include "inventory/target.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"

/* A target owns each of its texts. */

static bool copy_text(char **copy, const char *text)
{
	*copy = text ? strdup(text) : NULL;
	return *copy || !text;
}

static bool copy_key_files(struct sshoal_target *made,
			   const struct sshoal_target *target)
{
	if (target->key_file_count == 0)
		return true;
	made->key_files = calloc(target->key_file_count, sizeof(char *));
	if (!made->key_files)
		return false;
	for (size_t i = 0; i < target->key_file_count; i++) {
		if (!copy_text(&made->key_files[i], target->key_files[i]))
			return false;
		made->key_file_count++;
	}
	return true;
}

static bool copy_texts(struct sshoal_target *made,
		       const struct sshoal_target *target)
{
	return copy_text(&made->name, target->name) &&
	       copy_text(&made->label, target->label) &&
	       copy_text(&made->host, target->host) &&
	       copy_text(&made->user, target->user) &&
	       copy_text(&made->password, target->password) &&
	       copy_text(&made->password_file, target->password_file) &&
	       copy_text(&made->passphrase_file, target->passphrase_file) &&
	       copy_text(&made->known_hosts_file, target->known_hosts_file) &&
	       copy_text(&made->jump, target->jump) &&
	       copy_text(&made->proxy_command, target->proxy_command) &&
	       copy_key_files(made, target);
}

int sshoal__target_copy(struct sshoal_target **copy,
			const struct sshoal_target *target)
{
	struct sshoal_target *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->index = target->index;
	made->timeout_ms = target->timeout_ms;
	made->connect_timeout_ms = target->connect_timeout_ms;
	made->login_timeout_ms = target->login_timeout_ms;
	made->port = target->port;
	made->host_key_policy = target->host_key_policy;
	made->user_is_written = target->user_is_written;
	made->port_is_written = target->port_is_written;
	if (!copy_texts(made, target)) {
		sshoal__target_free(made);
		return SSHOAL_ENOMEM;
	}
	*copy = made;
	return 0;
}

void sshoal__target_free(struct sshoal_target *target)
{
	if (!target)
		return;
	for (size_t i = 0; i < target->key_file_count; i++)
		free(target->key_files[i]);
	free(target->key_files);
	free(target->proxy_command);
	free(target->jump);
	free(target->known_hosts_file);
	free(target->passphrase_file);
	free(target->password_file);
	if (target->password)
		OPENSSL_cleanse(target->password, strlen(target->password));
	free(target->password);
	free(target->user);
	free(target->host);
	free(target->label);
	free(target->name);
	free(target);
}

const char *sshoal_target_label(const sshoal_target *target)
{
	if (!target)
		return "";
	return target->label ? target->label : sshoal_target_name(target);
}

const char *sshoal_target_name(const sshoal_target *target)
{
	return target && target->name ? target->name : "";
}

const char *sshoal_target_host(const sshoal_target *target)
{
	return target && target->host ? target->host :
					sshoal_target_name(target);
}

const char *sshoal_target_user(const sshoal_target *target)
{
	return target ? target->user : NULL;
}

uint32_t sshoal_target_port(const sshoal_target *target)
{
	return target ? target->port : 0;
}

size_t sshoal_target_index(const sshoal_target *target)
{
	return target ? target->index : 0;
}
