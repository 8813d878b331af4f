#include "init/guard.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/limits.h"
#include "init/tracee.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/syscalls.h"
#include "src/fuse/view.h"
#include "src/proc/procfs.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128 /* linux/ptrace.h; musl has no name for it */
#endif

void
guard_tell(struct guardian *g, struct view *v, const char *what,
    const char *why)
{
	if (g->told)
		return;
	g->told = true;
	log_line(&v->log, LOG_WARNING, "SIGKILL of init is not covered: %s: %s",
	    what, why);
}

int
guard_pause_ms(int pause_ms, int most_ms)
{
	if (pause_ms == 0)
		return GUARDIAN_PAUSE_MS;
	return 2 * pause_ms < most_ms ? 2 * pause_ms : most_ms;
}

bool
guard_is_pestered(const struct guardian *g)
{
	return g->stopped_at != 0 &&
	    now_ms() - g->stopped_at < GUARDIAN_QUIET_MS;
}

/*
 * One that is stopped again and again must not hold an init that was killed.
 * The timer is not always there: it would end a guardian that is frozen too, at
 * once (cgroup v2) or at the thaw (v1), and docker kills what it has paused.
 */
static void
beat(struct guardian *g)
{
	bool pestered = guard_is_pestered(g);

	endure_most(&g->endurance, pestered ? GUARDIAN_HELD_MS : 0,
	    pestered ? GUARDIAN_HURRY_MS : GUARDIAN_WAKE_MS);
}

static void
act(struct guardian *g)
{
	if (g->dismissed)
		return;
	endure_most(&g->endurance, g->budget_ms + KILL_SPARE_MS,
	    guard_is_pestered(g) ? GUARDIAN_WORK_MS : GUARDIAN_WAKE_MS);
	endure_quietly();
	g->act(g->context);
}

static bool
is_fault(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL ||
	    number == SIGFPE || number == SIGTRAP || number == SIGSYS;
}

/*
 * Init blocks every signal, so what is about to be delivered is SIGSTOP, or
 * the kernel's own for a fault. A traced PID 1 would fault for ever: the kernel
 * keeps SIGNAL_UNKILLABLE for it (force_sig_info_to_task()). Let go, it faults
 * once more and dies.
 */
static void
deliver(struct guardian *g, pid_t init, int number)
{
	if (is_fault(number)) {
		act(g);
		(void)tracee_ask(PTRACE_DETACH, init, 0);
	} else
		tracee_resume(init, tracee_ignores(init, number) ? 0 : number);
}

static void
attend_init(struct guardian *g, pid_t init, const siginfo_t *info)
{
	int number = info->si_status & 0xff;
	int event = info->si_status >> 8;

	if (event == PTRACE_EVENT_EXIT) {
		act(g);
		(void)tracee_ask(PTRACE_CONT, init, 0);
	} else if (event == PTRACE_EVENT_STOP && number != SIGTRAP)
		(void)tracee_ask(PTRACE_LISTEN, init, 0);
	else if (event == 0)
		deliver(g, init, number);
	else
		tracee_resume(init, 0);
}

/* A PID 1 that is another ----------------------------------------------------- */

/*
 * One thread of several may end alone, or because another one calls execve(2)
 * (de_thread(), fs/exec.c): not if a signal has ended it.
 */
static bool
ends(int proc)
{
	struct proc_dir tasks;
	unsigned long status = 0;
	int threads = 0, tid;

	(void)tracee_ask(PTRACE_GETEVENTMSG, 1, (uintptr_t)&status);
	proc_dir_open(&tasks, proc, "1/task");
	while (proc_dir_next(&tasks, &tid))
		threads++;
	return WIFSIGNALED((int)status) || threads == 1;
}

/*
 * It stays in its exit until we are gone. Init is killed as the kernel would
 * kill it now, and stops in its own: there we act.
 */
static void
take_along(struct guardian *g, pid_t init)
{
	endure_most(&g->endurance, g->budget_ms + KILL_SPARE_MS,
	    GUARDIAN_WAKE_MS);
	(void)kill(init, SIGKILL);
}

/* It takes its signals, and being traced could change how: never again. */
static void
let_go(struct guardian *g, int number)
{
	(void)tracee_ask(PTRACE_DETACH, 1, (unsigned)number);
	g->pid1 = (struct pid1){ .looked = true, .foreign = true };
}

static void
attend_pid1(struct guardian *g, int proc, pid_t init, const siginfo_t *info)
{
	int number = info->si_status & 0xff;
	int event = info->si_status >> 8;

	if (event == PTRACE_EVENT_EXIT && ends(proc))
		take_along(g, init);
	else if (event == PTRACE_EVENT_EXIT)
		(void)tracee_ask(PTRACE_CONT, 1, 0);
	else if (event == PTRACE_EVENT_STOP && number != SIGTRAP)
		(void)tracee_ask(PTRACE_LISTEN, 1, 0);
	else if (event == 0 && number != SIGSTOP)
		let_go(g, number);
	else
		tracee_resume(1,
		    event != 0 || tracee_ignores(1, number) ? 0 : number);
}

static void
hold_pid1(struct guardian *g)
{
	g->pid1.held = g->pid1.reads && tracee_seize(1) == 0;
}

/* Both ------------------------------------------------------------------------ */

static bool
has_ended(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
	    info->si_code == CLD_DUMPED;
}

static void
watch(struct guardian *g, int proc, pid_t init)
{
	siginfo_t info;

	while (tracee_next_stop(g->pid1.held ? 0 : init, &info)) {
		if (info.si_pid == 0)
			beat(g);
		else if (info.si_pid == init && has_ended(&info))
			break;
		else if (info.si_pid == init)
			attend_init(g, init, &info);
		else if (info.si_pid == 1 && !has_ended(&info))
			attend_pid1(g, proc, init, &info);
	}
}

/* Until SIGUSR1 says that init has given its leave, or so long. */
static void
await_leave(int most_ms)
{
	uint64_t leave = UINT64_C(1) << (SIGUSR1 - 1);
	struct timespec most = {
		.tv_sec = most_ms / 1000,
		.tv_nsec = most_ms % 1000 * 1000000L,
	};

	(void)syscall(SYS_rt_sigtimedwait, &leave, NULL, &most, sizeof(leave));
}

/*
 * Init cannot be traced before it has said that it may, where Yama asks for
 * that, and as long as somebody else traces it: both may take long, and nothing
 * tells that it is over.
 */
static int
seize(struct guardian *g, struct view *v, pid_t init)
{
	for (int pause_ms = 0;;) {
		beat(g);
		if (tracee_seize(init) == 0)
			return 0;
		if (errno != EPERM)
			return errno;
		if (pause_ms > GUARDIAN_TOLD_MS)
			guard_tell(g, v, "it may not be traced",
			    error_text(EPERM));
		pause_ms = guard_pause_ms(pause_ms, GUARDIAN_WAKE_MS);
		await_leave(pause_ms);
	}
}

void
guard_init(struct guardian *g, struct view *v, pid_t init)
{
	int error;

	endure(&g->endurance, v->people.proc, GUARDIAN_WAKE_MS);
	error = seize(g, v, init);
	if (error != 0)
		_exit(error);
	g->attached = true;
	if (g->told)
		log_line(&v->log, LOG_WARNING, "SIGKILL of init is covered");
	g->told = false;
	hold_pid1(g);
	watch(g, v->people.proc, init);
	_exit(0);
}
