/* SPDX-License-Identifier: Apache-2.0 */
/* The distance between words: how many letters were missed, added, mistaken or exchanged with their neighbour. */
#include "cli/near.h"

#include <ctype.h>
#include <strings.h>

#include "base/buf.h"

#define LONGEST 64 /* a name has no more, and nobody means a longer word */
#define COST_NONE SIZE_MAX

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char letter(const char *text, size_t i)
{
	return (char)tolower((unsigned char)text[i]);
}

/* Damerau-Levenshtein, where no place is edited twice. Both are at most LONGEST. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = letter(a, i - 1) == letter(b, j - 1);
			bool exchanged = i > 1 && j > 1 && letter(a, i - 1) == letter(b, j - 2) &&
					 letter(a, i - 2) == letter(b, j - 1);

			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
			if (exchanged)
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

/* One slip in three letters is a slip; more is another word. The beginning of a word is as good as the word. */
static size_t cost_of(const char *wrong, const char *right)
{
	size_t wrong_len = strlen(wrong), right_len = strlen(right), cost;

	if (wrong_len > LONGEST || right_len > LONGEST)
		return COST_NONE;
	if (wrong_len >= 3 && strncasecmp(wrong, right, wrong_len) == 0)
		return 0;
	cost = distance(wrong, wrong_len, right, right_len);
	return cost * 3 <= (wrong_len > right_len ? wrong_len : right_len) ? cost : COST_NONE;
}

void near_offer(struct near *near, const char *right, const char *shown)
{
	size_t cost = cost_of(near->word, right), at;

	if (cost == COST_NONE)
		return;
	for (at = 0; at < near->n && near->cost[at] <= cost; at++)
		;
	if (at == NEAR_MOST)
		return;
	if (near->n < NEAR_MOST)
		near->n++;
	for (size_t i = near->n - 1; i > at; i--) {
		near->shown[i] = near->shown[i - 1];
		near->cost[i] = near->cost[i - 1];
	}
	near->shown[at] = shown;
	near->cost[at] = cost;
}

char *near_text(const struct near *near, const char *prefix)
{
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < near->n; i++)
		buf_addf(&text, "%s'%s%s'", i == 0 ? " (did you mean " : " or ", prefix, near->shown[i]);
	if (near->n > 0)
		buf_adds(&text, "?)");
	return buf_steal(&text);
}
