import os

from sama_bench.launch.ended_pipe import EndedPipe


def test_what_was_written_is_read_and_nothing_is_waited_for():
    """Somebody holds the pipe open, and goes on writing."""
    read, write = os.pipe()
    over, gone = os.pipe()
    with EndedPipe(read, over) as pipe:
        os.write(write, b"before ")
        assert pipe.read(7) == b"before "
        os.write(write, b"the end")
        os.close(gone)
        assert pipe.read(4) == b"the "
        os.write(write, b" and after")
        assert pipe.read(100) == b"end"
        assert pipe.read(1) == b""
    os.close(write)


def test_without_an_end_it_is_an_ordinary_pipe():
    read, write = os.pipe()
    over, gone = os.pipe()
    with EndedPipe(read, over) as pipe:
        os.write(write, b"all")
        os.close(write)
        assert pipe.read() == b"all"
    os.close(gone)
