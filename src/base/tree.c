/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and YAML. Knows nothing of what the documents mean. */
#include "base/tree.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/log.h"
#include "base/plain.h"

void tree_free(cJSON **root)
{
	cJSON_Delete(*root);
}

cJSON *tree_json(const char *text, size_t len, const char *origin, struct error **err)
{
	const char *end = NULL;
	cJSON *root;

	if (memchr(text, '\0', len) != NULL) {
		error_set(err, ERROR_SYSTEM, "%s: not JSON (it holds a NUL byte)", origin);
		return NULL;
	}
	root = cJSON_ParseWithLengthOpts(text, len, &end, false);
	while (root != NULL && end < text + len && strchr(" \t\r\n", *end) != NULL)
		end++;
	if (root == NULL || end < text + len) {
		size_t at = end >= text && end <= text + len ? (size_t)(end - text) : 0;

		cJSON_Delete(root);
		error_set(err, ERROR_SYSTEM, "%s: not JSON (at byte %zu of %zu)", origin, at, len);
		return NULL;
	}
	return root;
}

const cJSON *tree_json_once(const char *text, size_t len, const char *origin, struct error **err)
{
	static struct plain plain;
	static struct buf copy;
	static cJSON *last;
	const cJSON *root;

	cJSON_Delete(STEAL(last));
	copy.len = 0;
	buf_add(&copy, text, len);
	root = plain_read(&plain, copy.data, len);
	if (root == NULL)
		root = last = tree_json(text, len, origin, err);
	return root;
}

/* Whether the len bytes of path name the key. */
static bool is_key(const char *key, const char *path, size_t len)
{
	for (size_t i = 0; i < len; i++, key++) {
		bool slash = path[i] == '~' && i + 1 < len && path[i + 1] == '1';

		if (*key != (slash ? '/' : path[i]))
			return false;
		i += slash;
	}
	return *key == '\0';
}

static const cJSON *object_item(const cJSON *object, const char *path, size_t len)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, object)
		if (item->string != NULL && is_key(item->string, path, len))
			return item;
	return NULL;
}

static const cJSON *array_item(const cJSON *array, const char *path, size_t len)
{
	autofree char *index = xstrndup(path, len);
	const char *wrong = NULL;
	long long i = strtonum(index, 0, INT_MAX, &wrong);

	return wrong ? NULL : cJSON_GetArrayItem(array, (int)i);
}

const cJSON *tree_at(const cJSON *root, const char *path)
{
	while (root != NULL && *path != '\0') {
		size_t len = strcspn(path, "/");

		root = cJSON_IsArray(root) ? array_item(root, path, len) : object_item(root, path, len);
		path += len;
		path += *path == '/';
	}
	return root;
}

const cJSON *tree_pick(const cJSON *object, const char *const *keys, size_t count, const cJSON **items)
{
	const cJSON *item, *repeated = NULL;

	for (size_t i = 0; i < count; i++)
		items[i] = NULL;
	cJSON_ArrayForEach(item, object) {
		size_t i = 0;

		while (i < count && (item->string == NULL || *item->string != *keys[i] || !streq(item->string, keys[i])))
			i++;
		if (i < count && items[i] == NULL)
			items[i] = item;
		else if (i < count)
			repeated = item;
	}
	return repeated;
}

const char *tree_str(const cJSON *root, const char *path)
{
	return cJSON_GetStringValue(tree_at(root, path));
}

bool tree_bool(const cJSON *root, const char *path, bool fallback)
{
	const cJSON *item = tree_at(root, path);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

int64_t tree_int(const cJSON *root, const char *path, int64_t fallback)
{
	const cJSON *item = tree_at(root, path);
	double number;

	if (!cJSON_IsNumber(item))
		return fallback;
	number = item->valuedouble;
	if (number < -9007199254740991.0 || number > 9007199254740991.0 ||
	    number != (double)(int64_t)number)
		return fallback;
	return (int64_t)number;
}

static void print_escaped(struct buf *out, char c)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = strchr(special, c);

	if (found != NULL)
		buf_addf(out, "\\%c", letters[found - special]);
	else
		buf_addf(out, "\\u%04x", c);
}

/* cJSON would take memory for each. */
static void print_string(struct buf *out, const char *text)
{
	size_t left = strlen(text);

	buf_add(out, "\"", 1);
	for (;;) {
		size_t run = plain_len(text, left);

		buf_add(out, text, run);
		if (run == left)
			break;
		print_escaped(out, text[run]);
		text += run + 1;
		left -= run + 1;
	}
	buf_add(out, "\"", 1);
}

static void print_number(struct buf *out, int number)
{
	char digits[3 * sizeof(number) + 1];
	size_t at = sizeof(digits);
	unsigned left = number < 0 ? 0 - (unsigned)number : (unsigned)number;

	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	buf_add(out, digits + at, sizeof(digits) - at);
}

static void print_scalar(struct buf *out, const cJSON *item)
{
	char *text;

	if (cJSON_IsString(item)) {
		print_string(out, item->valuestring);
	} else if (cJSON_IsBool(item)) {
		buf_adds(out, cJSON_IsTrue(item) ? "true" : "false");
	} else if (cJSON_IsNumber(item) && item->valuedouble == (double)item->valueint) {
		print_number(out, item->valueint);
	} else {
		text = cJSON_PrintUnformatted(item);
		buf_adds(out, text ? text : "null");
		cJSON_free(text);
	}
}

static void print_indent(struct buf *out, int depth)
{
	for (int i = 0; i < depth; i++)
		buf_add(out, "  ", 2);
}

/* cJSON indents with tabs and writes "key":<tab>value; people and jq's readers expect two spaces. */
static void print_value(struct buf *out, const cJSON *item, int depth)
{
	const cJSON *child;
	bool object = cJSON_IsObject(item);

	if ((!object && !cJSON_IsArray(item)) || item->child == NULL) {
		print_scalar(out, item);
		return;
	}
	buf_adds(out, object ? "{\n" : "[\n");
	cJSON_ArrayForEach(child, item) {
		print_indent(out, depth + 1);
		if (object) {
			print_string(out, child->string);
			buf_adds(out, ": ");
		}
		print_value(out, child, depth + 1);
		buf_adds(out, child->next ? ",\n" : "\n");
	}
	print_indent(out, depth);
	buf_adds(out, object ? "}" : "]");
}

char *tree_print(const cJSON *root)
{
	AUTO(buf) out = BUF_INIT;

	print_value(&out, root, 0);
	buf_adds(&out, "\n");
	return buf_steal(&out);
}

/* libyaml (0.2.5) takes surrogates and what is beyond U+10FFFF, and writes escapes that no reader takes. */
static bool is_beyond_unicode(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		if ((c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xf4 && c[1] >= 0x90) || c[0] >= 0xf5)
			return true;
	return false;
}

static int add_scalar(yaml_document_t *doc, const char *text, bool quoted)
{
	yaml_scalar_style_t style = quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
	autofree char *safe = NULL;
	int node = 0;

	if (!is_beyond_unicode(text))
		node = yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)text, (int)strlen(text), style);
	if (node != 0)
		return node;
	/* not UTF-8: libyaml refuses it, and ends the process when a missing node is used */
	safe = log_safe_text(text, strlen(text));
	return yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)safe, (int)strlen(safe), style);
}

/* A plain scalar must not be read back as another type: quote all that is not plainly a word. */
static bool needs_quotes(const char *text)
{
	static const char *const special[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
	bool word = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || *text == '/';

	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (strcasecmp(text, special[i]) == 0)
			return true;
	return !word || strpbrk(text, "#\n\"'{}[],&*?|<>=!%@`\\") != NULL || strstr(text, ": ") != NULL ||
	       str_ends(text, ":");
}

static int add_node(yaml_document_t *doc, const cJSON *item)
{
	const cJSON *child;
	int node;

	if (cJSON_IsString(item))
		return add_scalar(doc, item->valuestring, needs_quotes(item->valuestring));
	if (!cJSON_IsObject(item) && !cJSON_IsArray(item)) {
		char *text = cJSON_PrintUnformatted(item);

		node = add_scalar(doc, text ? text : "null", false);
		cJSON_free(text);
		return node;
	}
	node = cJSON_IsObject(item) ? yaml_document_add_mapping(doc, NULL, YAML_ANY_MAPPING_STYLE)
				    : yaml_document_add_sequence(doc, NULL, YAML_ANY_SEQUENCE_STYLE);
	cJSON_ArrayForEach(child, item) {
		if (cJSON_IsObject(item)) {
			int key = add_scalar(doc, child->string, needs_quotes(child->string));

			yaml_document_append_mapping_pair(doc, node, key, add_node(doc, child));
		} else {
			yaml_document_append_sequence_item(doc, node, add_node(doc, child));
		}
	}
	return node;
}

static int append_yaml(void *out, unsigned char *bytes, size_t len)
{
	buf_add(out, bytes, len);
	return 1;
}

char *tree_print_yaml(const cJSON *root)
{
	AUTO(buf) out = BUF_INIT;
	yaml_emitter_t emitter;
	yaml_document_t doc;

	yaml_emitter_initialize(&emitter);
	yaml_emitter_set_output(&emitter, append_yaml, &out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	yaml_emitter_open(&emitter);
	yaml_document_initialize(&doc, NULL, NULL, NULL, 1, 1);
	add_node(&doc, root);
	yaml_emitter_dump(&emitter, &doc); /* takes the document over */
	yaml_emitter_close(&emitter);
	yaml_emitter_delete(&emitter);
	return buf_steal(&out);
}

void tree_add_str(cJSON *object, const char *key, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(object, key, text);
	else
		cJSON_AddNullToObject(object, key);
}

void tree_add_fields(cJSON *object, const struct tree_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct tree_field *field = &fields[i];

		if (field->kind == FIELD_TEXT)
			tree_add_str(object, field->key, field->text);
		else if (field->kind == FIELD_FLAG)
			cJSON_AddBoolToObject(object, field->key, field->number);
		else
			cJSON_AddNumberToObject(object, field->key, field->number);
	}
}

static void print_field(struct buf *out, const struct tree_field *field)
{
	if (field->kind == FIELD_NUMBER)
		print_number(out, field->number);
	else if (field->kind == FIELD_FLAG)
		buf_adds(out, field->number ? "true" : "false");
	else if (field->text != NULL)
		print_string(out, field->text);
	else
		buf_adds(out, "null");
}

void tree_print_fields_at(struct buf *out, const struct tree_field *fields, size_t count, int depth)
{
	AUTO(buf) between = BUF_INIT;

	buf_adds(&between, ",\n");
	print_indent(&between, depth + 1);
	buf_adds(&between, "\"");
	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			buf_adds(out, "{");
		buf_add(out, between.data + (i == 0), between.len - (i == 0));
		buf_adds(out, fields[i].key);
		buf_adds(out, "\": ");
		print_field(out, &fields[i]);
	}
	buf_adds(out, "\n");
	print_indent(out, depth);
	buf_adds(out, "}");
}
