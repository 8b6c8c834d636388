/* SPDX-License-Identifier: Apache-2.0 */
/* One way through the text, no memory. */
#include "base/plain.h"

#include "base/word.h"

static uint64_t special_bytes(const char *text)
{
	uint64_t word = word_at(text);

	return word_below(word, 0x20) | word_equal(word, '"') | word_equal(word, '\\');
}

size_t plain_len(const char *text, size_t len)
{
	size_t i = 0;

	for (; len - i >= WORD_BYTES; i += WORD_BYTES) {
		uint64_t found = special_bytes(text + i);

		if (found != 0)
			return i + word_first(found);
	}
	while (i < len && (unsigned char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\')
		i++;
	return i;
}

/* A function that reads something returns what follows it, or NULL. */

static char *skip_blanks(char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* The NUL takes the place of the closing quote. */
static char *read_string(char *at, const char *end, char **text)
{
	if (*at != '"')
		return NULL;
	*text = ++at;
	at += plain_len(at, (size_t)(end - at));
	if (*at != '"')
		return NULL;
	*at = '\0';
	return at + 1;
}

static char *read_number(char *at, cJSON *item)
{
	bool negative = *at == '-';
	char *first = at += negative;
	int value = 0;

	while (*at >= '0' && *at <= '9' && at - first < 9)
		value = value * 10 + (*at++ - '0');
	if (at == first || (*first == '0' && at - first > 1) || (negative && value == 0))
		return NULL;
	item->type = cJSON_Number;
	item->valueint = negative ? -value : value;
	item->valuedouble = item->valueint;
	return at;
}

static char *read_word(char *at, const char *word, cJSON *item, int type)
{
	size_t len = strlen(word);

	if (strncmp(at, word, len) != 0)
		return NULL;
	item->type = type;
	return at + len;
}

static char *read_value(char *at, const char *end, cJSON *item)
{
	switch (*at) {
	case '"':
		item->type = cJSON_String;
		return read_string(at, end, &item->valuestring);
	case 't':
		return read_word(at, "true", item, cJSON_True);
	case 'f':
		return read_word(at, "false", item, cJSON_False);
	case 'n':
		return read_word(at, "null", item, cJSON_NULL);
	default:
		return read_number(at, item);
	}
}

/* "key": value, and the blanks after it. */
static char *read_item(char *at, const char *end, cJSON *item)
{
	*item = (cJSON){ 0 };
	at = read_string(skip_blanks(at), end, &item->string);
	if (at == NULL)
		return NULL;
	at = skip_blanks(at);
	if (*at != ':')
		return NULL;
	at = read_value(skip_blanks(at + 1), end, item);
	return at == NULL ? NULL : skip_blanks(at);
}

/* As cJSON links them: the first knows the last. */
static void link_items(struct plain *plain, size_t count)
{
	plain->nodes[0] = (cJSON){ .type = cJSON_Object, .child = &plain->nodes[1] };
	for (size_t i = 1; i < count; i++) {
		plain->nodes[i].next = &plain->nodes[i + 1];
		plain->nodes[i + 1].prev = &plain->nodes[i];
	}
	plain->nodes[1].prev = &plain->nodes[count];
}

const cJSON *plain_read(struct plain *plain, char *text, size_t len)
{
	char *at = skip_blanks(text);
	size_t count = 0;

	if (*at != '{')
		return NULL;
	do {
		if (count == PLAIN_ITEMS)
			return NULL;
		at = read_item(at + 1, text + len, &plain->nodes[++count]);
	} while (at != NULL && *at == ',');
	if (at == NULL || *at != '}' || skip_blanks(at + 1) != text + len)
		return NULL;
	link_items(plain, count);
	return plain->nodes;
}
