/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_H
#define SSHOAL_H

#include <sshoal/agent.h>
#include <sshoal/attributes.h>
#include <sshoal/bastion.h>
#include <sshoal/cancel.h>
#include <sshoal/certificate.h>
#include <sshoal/client.h>
#include <sshoal/command.h>
#include <sshoal/config.h>
#include <sshoal/error.h>
#include <sshoal/export.h>
#include <sshoal/file.h>
#include <sshoal/fleet.h>
#include <sshoal/gate.h>
#include <sshoal/inventory.h>
#include <sshoal/journal.h>
#include <sshoal/key.h>
#include <sshoal/known_hosts.h>
#include <sshoal/pool.h>
#include <sshoal/queue.h>
#include <sshoal/result.h>
#include <sshoal/secret.h>
#include <sshoal/semaphore.h>
#include <sshoal/sftp.h>
#include <sshoal/text.h>
#include <sshoal/timer.h>
#include <sshoal/transfer.h>
#include <sshoal/tunnel.h>
#include <sshoal/version.h>

#endif
