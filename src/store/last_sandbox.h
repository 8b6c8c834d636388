/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox of a gateway that was used last, which commands on sandboxes take when none is named. It is the user's
 * own also where the gateway's entry is the system's, and makes no entry that would hide that one. It goes with the
 * user's entry, and when the cluster begins anew.
 */
#ifndef STORE_LAST_SANDBOX_H
#define STORE_LAST_SANDBOX_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "store/paths.h"

/* NULL when there is none; a file that cannot be used is none, and a warning. The caller frees. */
char *last_sandbox_load(const struct paths *paths, const char *name, struct argv *warnings);

/* Absent is fine. The gateway's lock is the caller's. */
int last_sandbox_forget(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;

#endif
