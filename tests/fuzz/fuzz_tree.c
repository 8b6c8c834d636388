/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in, JSON and YAML out.
 *
 * Rules: the reader of plain texts and cJSON see the same tree; what is printed as JSON is read back as the same; the YAML of a tree has its values in its order,
 * texts in a form that no YAML reader takes for another type, and texts that are not UTF-8 escaped.
 */
#include "fuzz.h"

#include <float.h>
#include <math.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/tree.h"

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : streq(a, b);
}

static bool same_number(double a, double b)
{
	return a == b || fabs(a - b) <= DBL_EPSILON * fmax(fabs(a), fabs(b));
}

/* Number for number and member for member: cJSON_Compare() finds objects that have a key twice unequal. */
static bool same(const cJSON *a, const cJSON *b)
{
	const cJSON *x = a->child, *y = b->child;

	/* cJSON reads 1e999 as infinite, which JSON cannot say: it prints null */
	if (cJSON_IsNumber(a) && isinf(a->valuedouble))
		return cJSON_IsNull(b);
	if (a->type != b->type || !same_text(a->string, b->string) || !same_text(a->valuestring, b->valuestring) ||
	    (cJSON_IsNumber(a) && !same_number(a->valuedouble, b->valuedouble)))
		return false;
	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!same(x, y))
			return false;
	return x == NULL && y == NULL;
}

static void json(const cJSON *root)
{
	autofree char *text = tree_print(root), *twice = NULL;
	autoerror struct error *err = NULL;
	autotree cJSON *again = tree_json(text, strlen(text), "printed", &err);

	RULE(again != NULL && str_ends(text, "\n"));
	twice = tree_print(again);
	RULE(streq(text, twice));
	RULE(same(root, again));
}

/* What the core schemas of YAML 1.1 and 1.2 read as null, a truth or a number. */
static bool looks_typed(const char *text)
{
	static const char *const words[] = { "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n",
					     "<<", "=", ".inf", "+.inf", "-.inf", ".nan" };
	const char *digits = text + (*text == '-' || *text == '+');
	char *end;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	(void)strtod(text, &end);
	return *end == '\0' || (*digits >= '0' && *digits <= '9');
}

static void check_scalar(const yaml_event_t *event, const char *want)
{
	const char *got = (const char *)event->data.scalar.value;
	autofree char *safe = log_safe_text(want, strlen(want));

	RULE(strlen(got) == event->data.scalar.length);
	RULE(streq(got, want) || streq(got, safe));
	RULE(event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || !looks_typed(got));
}

static void next(yaml_parser_t *parser, yaml_event_t *event, yaml_event_type_t type)
{
	RULE(yaml_parser_parse(parser, event));
	RULE(event->type == type);
}

static void skip(yaml_parser_t *parser, yaml_event_type_t type)
{
	yaml_event_t event;

	next(parser, &event, type);
	yaml_event_delete(&event);
}

static void read_text(yaml_parser_t *parser, const char *want)
{
	yaml_event_t event;

	next(parser, &event, YAML_SCALAR_EVENT);
	check_scalar(&event, want);
	yaml_event_delete(&event);
}

static void read_node(yaml_parser_t *parser, const cJSON *item)
{
	bool object = cJSON_IsObject(item);
	const cJSON *child;

	if (cJSON_IsString(item)) {
		read_text(parser, item->valuestring);
		return;
	}
	if (!object && !cJSON_IsArray(item)) {
		skip(parser, YAML_SCALAR_EVENT);
		return;
	}
	skip(parser, object ? YAML_MAPPING_START_EVENT : YAML_SEQUENCE_START_EVENT);
	cJSON_ArrayForEach(child, item) {
		if (object)
			read_text(parser, child->string);
		read_node(parser, child);
	}
	skip(parser, object ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
}

static void yaml(const cJSON *root)
{
	autofree char *text = tree_print_yaml(root);
	yaml_parser_t parser;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	skip(&parser, YAML_STREAM_START_EVENT);
	skip(&parser, YAML_DOCUMENT_START_EVENT);
	read_node(&parser, root);
	skip(&parser, YAML_DOCUMENT_END_EVENT);
	skip(&parser, YAML_STREAM_END_EVENT);
	yaml_parser_delete(&parser);
}

static void once(const cJSON *root, const struct buf *text)
{
	autoerror struct error *err = NULL;
	const cJSON *other = tree_json_once(buf_str(text), text->len, "input", &err);

	RULE((root == NULL) == (other == NULL) && (other == NULL) == (err != NULL));
	if (root != NULL) {
		autofree char *wanted = tree_print(root), *got = tree_print(other);

		RULE(streq(wanted, got));
	}
}

/* The first line is a path, what follows the document. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t path_len = newline ? (size_t)(newline - data) : 0;
	autofree char *path = fuzz_text(data, path_len);
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *err = NULL;
	autotree cJSON *root = NULL;

	buf_add(&text, data + path_len, size - path_len);
	root = tree_json(buf_str(&text), text.len, "input", &err);
	RULE((root == NULL) == (err != NULL));
	once(root, &text);
	if (root == NULL)
		return 0;
	(void)tree_str(root, path);
	(void)tree_int(root, path, 0);
	json(root);
	yaml(root);
	return 0;
}
