# SPDX-License-Identifier: Apache-2.0
#
# OPENSHELL_COMPLETION_DIR(SHELL, DEFAULT): the option --with-SHELL-completion-dir, the variable SHELL_completion_dir,
# and the conditional SHELL_COMPLETION, which is false for "no".
AC_DEFUN([OPENSHELL_COMPLETION_DIR], [
AC_ARG_WITH([$1-completion-dir],
	[AS_HELP_STRING([--with-$1-completion-dir=DIR], [install the completion for $1 there, or not at all with "no"
		(default: $2)])],
	[], [with_$1_completion_dir=yes])
AS_CASE([$with_$1_completion_dir],
	[yes], [$1_completion_dir='$2'],
	[$1_completion_dir=$with_$1_completion_dir])
AC_SUBST([$1_completion_dir])
AM_CONDITIONAL(m4_toupper([$1])[_COMPLETION], [test "$with_$1_completion_dir" != no])
])
