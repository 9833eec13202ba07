/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_GATE_H
#define SSHOAL_WORK_GATE_H

#include <sshoal/gate.h>

/* Takes one more reference, given up by sshoal_gate_free(). Returns the gate;
 * NULL for NULL. Any thread. */
sshoal_gate *sshoal__gate_ref(sshoal_gate *gate);

/* A descriptor that is readable while the gate is open, for a wait. It belongs
 * to the gate: neither read it nor close it. */
int sshoal__gate_fd(const sshoal_gate *gate);

#endif
