/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs that speak HTTPS have in common. */
#include "tools/https.h"

#include <stdlib.h>

void https_answer_release(struct https_answer *answer)
{
	free(answer->body);
	free(answer->words);
	*answer = (struct https_answer){ 0 };
}

enum https_end https_verification(long result)
{
	switch (result) {
	case 2:  /* the issuer's certificate is missing */
	case 7:  /* its signature is wrong */
	case 18: /* it is signed by itself */
	case 19: /* so is one of its chain */
	case 20: /* the issuer is not one of ours */
	case 21: /* nor can the first one be verified */
	case 24: /* what signed it is no authority */
	case 30: /* another key of an authority of that name */
		return HTTPS_WRONG_CA;
	case 9:  /* it is not valid yet */
	case 10: /* it has expired */
		return HTTPS_EXPIRED;
	case 62: /* another host name */
	case 64: /* another IP address */
		return HTTPS_WRONG_NAME;
	default:
		return HTTPS_FAILED;
	}
}
