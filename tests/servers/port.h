/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_PORT_H
#define SERVERS_PORT_H

#include <stdint.h>

/* How often a server is started on another port when its port was taken by
 * somebody else between our choice and its bind(2). */
#define PORT_ATTEMPTS 20

/* A TCP port free on all of 127.0.0.0/8 at this moment; 0 on failure. */
uint16_t port_choose(void);

/* A socket that listens on 127.0.0.1 and a port of the system's choice; -1
 * on failure. */
int port_listen(uint16_t *port, int backlog);

/* A socket that is bound but does not listen: as long as it is open,
 * connections to its port on 127.0.0.1 are refused. */
int port_closed(uint16_t *port);

/* Whether a connection to 127.0.0.1 and the port succeeds at this moment. */
int port_answers(uint16_t port);

#endif
