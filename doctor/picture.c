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

bool
picture_sees_all(const struct picture *p)
{
	return p->sight.first && p->sight.reads_others;
}

void
keep(char *to, size_t size, const char *text)
{
	struct text t = text_over(to, size);

	text_format(&t, "%s", text);
}

int
picture_find_namespace(const struct picture *p, unsigned id)
{
	for (int i = 0; i < p->tasks.namespaces; i++)
		if (p->tasks.namespace[i].id == id)
			return i;
	return NONE;
}

const struct connection *
picture_connection(const struct picture *p, unsigned id)
{
	for (int i = 0; i < p->drives.connections; i++)
		if (p->drives.connection[i].id == id)
			return &p->drives.connection[i];
	return NULL;
}
