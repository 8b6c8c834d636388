/* SPDX-License-Identifier: Apache-2.0 */
/* What readers of YAML by libyaml have in common. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <yaml.h>

#include "base/base.h"

/* It has an anchor or a tag, or is an alias: what our files have no use for. */
bool yaml_is_marked(const yaml_event_t *event);

#endif
