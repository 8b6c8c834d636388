/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a failure means. The one place where text of other programs is matched: after a failure, to
 * choose the kind (and so the exit status) and a hint; never to decide what to do.
 */
#ifndef GATEWAY_DIAGNOSE_H
#define GATEWAY_DIAGNOSE_H

#include "base/error.h"

/* Looks at an error of kind ERROR_SYSTEM or ERROR_UNREACHABLE and mends its kind, hint and retriable. */
void diagnose(struct error *err);

#endif
