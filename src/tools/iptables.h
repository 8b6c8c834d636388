/* SPDX-License-Identifier: Apache-2.0 */
/* The iptables program, which docker and the node's network use. */
#ifndef TOOLS_IPTABLES_H
#define TOOLS_IPTABLES_H

#include "base/base.h"
#include "base/error.h"
#include "base/proc.h"

/* "iptables v1.8.9 (nf_tables)"; ERROR_UNREACHABLE when it is not here. The caller frees. */
char *iptables_version(const struct runner *runner, struct error **err) MUST_CHECK;

#endif
