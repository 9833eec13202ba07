/* SPDX-License-Identifier: MIT */
#include "inventory/target.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"

/* A copy and its texts are one piece of memory, but for the label, which is
 * given to it later: there can be very many. A fleet makes its own targets
 * member by member. */

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t texts_size(const struct sshoal_target *target)
{
	size_t size = text_size(target->name) + text_size(target->host) +
		      text_size(target->user) + text_size(target->password) +
		      text_size(target->password_file) +
		      text_size(target->passphrase_file) +
		      text_size(target->sudo_password_file) +
		      text_size(target->known_hosts_file) +
		      text_size(target->jump) +
		      text_size(target->proxy_command);
	for (size_t i = 0; i < target->key_file_count; i++)
		size += text_size(target->key_files[i]);
	for (size_t i = 0; i < target->variable_count; i++)
		size += text_size(target->variables[i]);
	return size;
}

/* Moves a text to *to, which goes on behind it. */
static char *move_text(char **to, const char *text)
{
	if (!text)
		return NULL;
	char *moved = *to;
	*to = stpcpy(moved, text) + 1;
	return moved;
}

int sshoal__target_copy(struct sshoal_target **copy,
			const struct sshoal_target *target)
{
	size_t lists_size = (target->key_file_count + target->variable_count) *
			    sizeof(char *);
	struct sshoal_target *made =
		malloc(sizeof *made + lists_size + texts_size(target));
	if (!made)
		return SSHOAL_ENOMEM;
	*made = *target;
	made->is_one_piece = true;
	made->label = target->label ? strdup(target->label) : NULL;
	if (target->label && !made->label) {
		free(made);
		return SSHOAL_ENOMEM;
	}
	/* The arrays come first, for their alignment. */
	char *to = (char *)(made + 1) + lists_size;
	char **keys = (char **)(void *)(made + 1);
	char **variables = keys + target->key_file_count;
	made->key_files = target->key_file_count ? keys : NULL;
	made->variables = target->variable_count ? variables : NULL;
	made->name = move_text(&to, target->name);
	made->host = target->host == target->name ?
			     made->name :
			     move_text(&to, target->host);
	made->user = move_text(&to, target->user);
	made->password = move_text(&to, target->password);
	made->password_file = move_text(&to, target->password_file);
	made->passphrase_file = move_text(&to, target->passphrase_file);
	made->sudo_password_file = move_text(&to, target->sudo_password_file);
	made->known_hosts_file = move_text(&to, target->known_hosts_file);
	made->jump = move_text(&to, target->jump);
	made->proxy_command = move_text(&to, target->proxy_command);
	for (size_t i = 0; i < target->key_file_count; i++)
		keys[i] = move_text(&to, target->key_files[i]);
	for (size_t i = 0; i < target->variable_count; i++)
		variables[i] = move_text(&to, target->variables[i]);
	*copy = made;
	return 0;
}

static void free_texts(struct sshoal_target *target)
{
	for (size_t i = 0; i < target->key_file_count; i++)
		free(target->key_files[i]);
	free(target->key_files);
	for (size_t i = 0; i < target->variable_count; i++)
		free(target->variables[i]);
	free(target->variables);
	free(target->proxy_command);
	free(target->jump);
	free(target->known_hosts_file);
	free(target->passphrase_file);
	free(target->sudo_password_file);
	free(target->password_file);
	free(target->password);
	free(target->user);
	free(target->host);
	free(target->name);
}

void sshoal__target_free(struct sshoal_target *target)
{
	if (!target)
		return;
	if (target->password)
		OPENSSL_cleanse(target->password, strlen(target->password));
	if (!target->is_one_piece)
		free_texts(target);
	free(target->label);
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
