"""Known bytes, which client writes: the numbers 0, 1, 2... of 8 bytes each. Any prefix shows what is missing."""
import array
import sys


def data(size):
    numbers = array.array("Q", range((size + 7) // 8))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()[:size]
