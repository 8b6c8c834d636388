/* SPDX-License-Identifier: Apache-2.0 */
/* The curl program: its arguments, exit statuses and output format live here. */
#ifndef TOOLS_CURL_H
#define TOOLS_CURL_H

#include "base/error.h"
#include "base/proc.h"
#include "tools/https.h"

/* ERROR_UNREACHABLE when curl is not here; how the request ended is the answer. */
int curl_get(const struct runner *runner, const struct https_question *question, struct https_answer *answer,
	     struct error **err) MUST_CHECK;

#endif
