/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

struct options;

/* Makes sure that descriptors 0, 1 and 2 are open (on /dev/null), and closes all others. */
int confine_descriptors(void);

/*
 * Gives up for good what the command must not have: new privileges through exec, the capability
 * bounding set as far as that is permitted, the identity that options replaces, and every
 * capability. Then goes to the working directory with the new identity's own rights.
 * The supplementary groups are given up with a new identity; who already has the identity asked
 * for and may not change groups keeps them, as in a pod with runAsUser and fsGroup.
 * Returns 0, or -1 after one line on stderr; the process is then in no state to run anything.
 */
int confine_process(const struct options *options);

#endif
