#include "init/sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp_filter.h"
#include "src/base/error.h"
#include "src/base/log.h"

static const cap_value_t needed[] = {
	CAP_SETUID, /* only without the next */
	CAP_KILL,
	CAP_SYS_PTRACE,
	CAP_SYS_ADMIN,
	CAP_SYS_CHROOT,
	CAP_SYS_RESOURCE,
	CAP_DAC_OVERRIDE,
	CAP_DAC_READ_SEARCH,
};

#define NEEDED ((int)(sizeof(needed) / sizeof(needed[0])))

static bool
has(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_PERMITTED, &value) == 0 &&
	    value == CAP_SET;
}

static int
keep_needed(cap_t now, cap_t kept)
{
	/* Who is not ours to signal is signalled with its own ids. */
	bool setuid = !has(now, CAP_KILL);

	for (int i = setuid ? 0 : 1; i < NEEDED; i++)
		if (has(now, needed[i]) &&
		    (cap_set_flag(kept, CAP_PERMITTED, 1, &needed[i], CAP_SET) <
			    0 ||
			cap_set_flag(kept, CAP_EFFECTIVE, 1, &needed[i],
			    CAP_SET) < 0))
			return -1;
	return cap_set_proc(kept);
}

static void
drop_capabilities(struct log *log)
{
	cap_t now = cap_get_proc(), kept = cap_init();

	if (!now || !kept)
		log_line(log, LOG_WARNING, "capabilities: %s",
		    error_text(errno));
	else if (!has(now, CAP_SYS_PTRACE))
		log_line(log, LOG_DEBUG,
		    "capabilities: all kept, to see what "
		    "servers hold without SYS_PTRACE");
	else if (keep_needed(now, kept) < 0)
		log_line(log, LOG_WARNING, "capabilities: %s",
		    error_text(errno));
	cap_free(now);
	cap_free(kept);
}

static void
filter_system_calls(struct log *log)
{
	static const struct sock_fprog program = {
		.len = sizeof(seccomp_filter) / sizeof(seccomp_filter[0]),
		.filter = (struct sock_filter *)(void *)seccomp_filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		log_line(log, LOG_DEBUG, "system call filter: %s",
		    error_text(errno));
}

void
sandbox_enter(struct log *log)
{
	drop_capabilities(log);
	filter_system_calls(log);
}
