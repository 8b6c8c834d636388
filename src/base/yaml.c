/* SPDX-License-Identifier: Apache-2.0 */
/* Events of libyaml. */
#include "base/yaml.h"

bool yaml_is_marked(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
	default:
		return false;
	}
}
