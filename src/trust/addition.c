/* SPDX-License-Identifier: MIT */
#include "trust/addition.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "trust/hashed.h"
#include "trust/host_key.h"
#include "trust/trust.h"

/* Nothing is written that would be read as something else: a host name with a
 * newline would be a line of its own, one with a star would be many hosts. */

/* Whether the line, when it is read, says of its host that it has the key, and
 * says nothing else. */
static bool is_faithful(struct addition *addition, const struct query *query,
			const char *name)
{
	if (strpbrk(query->host, ",[]"))
		return false;
	for (const char *at = query->host; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return false;
	const char *why = NULL;
	const struct line *line = &addition->line;
	return sshoal__line_parse(&addition->line, addition->text,
				  addition->size - 1, &why) > 0 &&
	       line->marker == LINE_KEY &&
	       line->form == (name == query->name ? LINE_PLAIN : LINE_HASHED) &&
	       line->names_size == strlen(name) &&
	       line->key_size == query->key_size &&
	       memcmp(line->key, query->key, query->key_size) == 0;
}

int sshoal__addition_new(struct addition **addition, const struct query *query,
			 bool is_hashed)
{
	char type[HOST_KEY_TYPE_SIZE];
	char hashed[HASHED_TEXT_SIZE];
	const char *name = is_hashed ? hashed : query->name;
	if (is_hashed && sshoal__hashed_write(hashed, query->name) != 0)
		return SSHOAL_ENOMEM;
	if (query->key_size > LINE_KEY_MAX ||
	    !sshoal__trust_key_type(type, sizeof type, query->key,
				    query->key_size))
		return SSHOAL_EINVAL;
	size_t head = strlen(name) + strlen(type) + 2;
	size_t base64 = (query->key_size + 2) / 3 * 4;
	struct addition *made = malloc(sizeof *made + head + base64 + 2);
	if (!made)
		return SSHOAL_ENOMEM;
	made->text = made->bytes + 1;
	made->size = head + base64 + 1;
	(void)snprintf(made->text, head + 1, "%s %s ", name, type);
	(void)EVP_EncodeBlock((unsigned char *)made->text + head, query->key,
			      (int)query->key_size);
	made->text[head + base64] = '\n';
	if (!is_faithful(made, query, name)) {
		free(made);
		return SSHOAL_EINVAL;
	}
	*addition = made;
	return 0;
}

void sshoal__addition_free(struct addition *addition)
{
	free(addition);
}
