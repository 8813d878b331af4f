"""A client that has something to write at its end, for scenes: `sh last & read -r _ <in_place`.

Told to stop, it takes 0.3 s, and then writes back/a/last by way of mnt/a.
"""
LAST = """
cat >last <<'END'
trap 'sleep 0.3; echo last words >mnt/a/last; exit' TERM
echo >in_place
while :; do sleep 1 & wait $!; done
END
mkfifo in_place
"""


def assert_arrived(container):
    assert container.read("back/a/last") == b"last words\n"
