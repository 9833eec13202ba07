/* SPDX-License-Identifier: MIT */
#include "inventory/config_exec.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/shell.h"

int sshoal__config_exec(bool *is_true, const char *command, int cancel_fd,
			sshoal_error *error)
{
	int status = 0;
	int rc = sshoal__shell_run(&status, command,
				   sshoal__deadline_in(CONFIG_EXEC_MS),
				   cancel_fd, error);
	if (rc == SSHOAL_ETIMEOUT)
		return sshoal__error_set(error, rc,
					 "the command took longer than %d s",
					 CONFIG_EXEC_MS / 1000);
	if (rc)
		return rc;
	if (status < 0)
		return sshoal__error_set(error, SSHOAL_EIO,
					 "the command was killed");
	*is_true = status == 0;
	return 0;
}
