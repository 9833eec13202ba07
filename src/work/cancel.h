/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_CANCEL_H
#define SSHOAL_WORK_CANCEL_H

#include <sshoal/cancel.h>

/* Takes one more reference, given up by sshoal_cancel_free(). Returns the
 * flag; NULL for NULL. Any thread. */
sshoal_cancel *sshoal__cancel_ref(sshoal_cancel *cancel);

#endif
