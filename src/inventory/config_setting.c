/* SPDX-License-Identifier: MIT */
#include "inventory/config.h"

#include "base/error.h"

/* What a config says of a host, one value at a time, with its place. */

int sshoal_config_setting(sshoal_config *config,
			  const sshoal_client_options *options, size_t number,
			  sshoal_setting *setting, sshoal_error *error)
{
	if (!config || !options || !options->host || !setting)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	const struct config_query query = {
		.host = options->host,
		.user = options->user,
		.port = options->port,
		.cancel_fd = options->cancel ?
				     sshoal_cancel_fd(options->cancel,
						      SSHOAL_CANCEL_END) :
				     -1,
	};
	const struct config_values *values = NULL;
	int rc = sshoal__config_values(&values, config, &query, error);
	if (rc)
		return rc;
	for (size_t i = 0; i < values->count; i++) {
		const struct config_value *value = &values->list[i];
		/* The others are what was asked with. */
		if (!value->line || number-- > 0)
			continue;
		*setting = (sshoal_setting){
			.name = value->keyword->name,
			.value = value->text,
			.file = value->line->place.file,
			.line = value->line->place.line,
			.column = value->line->place.column,
		};
		return 0;
	}
	return sshoal__error_code(error, SSHOAL_ENOENT);
}
