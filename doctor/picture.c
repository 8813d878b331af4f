#include "doctor/picture.h"

#include <stddef.h>
#include <sys/mman.h>

#include "src/base/text.h"

struct picture *
picture_new(void)
{
	void *memory =
	    mmap(NULL, sizeof(struct picture), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void
keep(char *to, size_t size, const char *text)
{
	struct text t = text_over(to, size);

	text_format(&t, "%s", text);
}

/* They are in order, as /proc lists them. */
int
picture_find_process(const struct picture *p, pid_t pid)
{
	int low = 0, high = p->processes;

	while (low < high) {
		int middle = (low + high) / 2;

		if (p->process[middle].pid == pid)
			return middle;
		if (p->process[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NONE;
}

int
picture_find_namespace(const struct picture *p, unsigned id)
{
	for (int i = 0; i < p->namespaces; i++)
		if (p->namespace[i].id == id)
			return i;
	return NONE;
}

const struct connection *
picture_connection(const struct picture *p, unsigned id)
{
	for (int i = 0; i < p->connections; i++)
		if (p->connection[i].id == id)
			return &p->connection[i];
	return NULL;
}
