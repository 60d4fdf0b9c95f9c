"""Compiled counting on masks, straight from the text of their RLEs (Numba).

COCO RLE is column-major, so a run fills bits of whole columns: a mask becomes a bit plane of
64-bit words, column after column, an empty word between them. Intersections are population counts,
the boundary map is shifts and exclusive ors; to match boundaries, one map grows row by row and is
taken away from the other at the column distances that the disk of the tolerance allows. All results
are whole numbers.

Everything but the reader of RLE counts is in this one file because Numba's cache notices changes of
the file it compiles, not of files that it calls (what is kept depends on the reader, see
``media.rle.compiling``). Callers import it only where Numba is there (see ``backend``); texts are
checked while they are read.
"""

# Numba infers the types of these functions; their docstrings say what they take.
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numpy as np

from sama_bench.media.rle.compiled import read_edges
from sama_bench.media.rle.compiling import compiled

MAX_RADIUS = 63
"""The largest boundary tolerance in pixels: a neighbourhood reaches one word up and down."""

_MANY_RUNS = 4096
_ONE = np.uint64(1)
_NONE = np.uint64(0)
_ALL = ~np.uint64(0)


@compiled
def popcount(word):
    """Count the bits of a uint64."""
    word = word - ((word >> _ONE) & np.uint64(0x5555555555555555))
    two = np.uint64(2)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> two) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def extend(edges, count, height, extent):
    """Grow ``extent`` (first column, past the last, first row, past the last) to hold the runs."""
    if count > _MANY_RUNS:  # noise; it fills its columns
        extent[0] = min(extent[0], edges[0] // height)
        extent[1] = max(extent[1], (edges[count - 1] - 1) // height + 1)
        extent[2], extent[3] = 0, height
        return
    for run in range(1, count, 2):
        begin, end = edges[run - 1], edges[run]
        if begin == end:
            continue
        column = begin // height
        extent[0] = min(extent[0], column)
        if end > (column + 1) * height:
            extent[2], extent[3] = 0, height
            column = (end - 1) // height
        else:
            extent[2] = min(extent[2], begin - column * height)
            extent[3] = max(extent[3], end - column * height)
        extent[1] = max(extent[1], column + 1)


@compiled
def draw(edges, count, height, grid, plane, several, seen, alone):
    """Draw runs into a bit plane; return how many of their pixels ``seen`` has.

    Bits that were set already are set in ``several`` too. A mask that is ``alone`` in its plane
    needs neither; 0 is returned then.
    """
    left, low, _, words, start = grid
    covered = column = base = 0
    origin = start - left * (words + 1) - low
    for run in range(1, count, 2):
        begin, end = edges[run - 1], edges[run]
        if begin - base >= 4 * height:
            column = begin // height
            base = column * height
        while begin < end:
            while begin - base >= height:
                column += 1
                base += height
            row = begin - base
            stop = min(height, end - base)
            begin = base + stop
            first = origin + column * (words + 1)
            for word in range(row >> 6, ((stop - 1) >> 6) + 1):
                bits = _ALL
                if row > word << 6:
                    bits &= _ALL << np.uint64(row - (word << 6))
                if stop < (word + 1) << 6:
                    bits &= _ALL >> np.uint64(((word + 1) << 6) - stop)
                before = plane[first + word]
                plane[first + word] = before | bits
                if not alone:
                    several[first + word] |= before & bits
                    covered += popcount(bits & seen[first + word])
    return covered


@compiled
def copy(source, target):
    """Copy an array to one as long; assigning slices would take seconds to compile."""
    for index in range(len(source)):  # from 0, so that the loop is vectorised
        target[index] = source[index]


@compiled
def repeat_last(plane, grid, height, width):
    """Write the frame's last row and column once more, into the margin of a plane."""
    left, low, columns, words, start = grid
    stride = words + 1
    stop = start + columns * stride
    if left + columns == width:
        copy(plane[stop - stride : stop], plane[stop:])
    last = height - 1 - (low << 6)
    if last >> 6 < words:
        for first in range(start, stop + stride, stride):
            bit = (plane[first + (last >> 6)] >> np.uint64(last & 63)) & _ONE
            plane[first + ((last + 1) >> 6)] |= bit << np.uint64((last + 1) & 63)


@compiled
def trace(plane, edge, grid, height, width):
    """Write the boundary map of a bit plane into ``edge``; return its number of pixels.

    A pixel is boundary where it differs from its right, lower or lower right neighbour; the last
    row and column repeat themselves, and stay in the margin of ``plane``.
    """
    _, low, columns, words, start = grid
    stride = words + 1
    stop = start + columns * stride
    repeat_last(plane, grid, height, width)
    here, down = plane[start:stop], plane[start + 1 : stop + 1]
    east, beneath = plane[start + stride : stop + stride], plane[start + stride + 1 :]
    out = edge[start:stop]
    for index in range(len(out)):
        word, beside = here[index], east[index]
        south = (word >> _ONE) | (down[index] << np.uint64(63))
        diagonal = (beside >> _ONE) | (beneath[index] << np.uint64(63))
        out[index] = (word ^ beside) | (word ^ south) | (word ^ diagonal)
    beyond = height - (low << 6)
    for first in range(start, stop, stride):
        edge[first + words] = _NONE
        if beyond >> 6 < words:  # the row that was repeated
            edge[first + (beyond >> 6)] &= ~(_ONE << np.uint64(beyond & 63))
    count = 0
    for index in range(len(out)):
        count += popcount(out[index])
    return count


@compiled
def grow(words, grown, begin, end, step):
    """Set the bits ``step`` (< 64) rows above and below every bit of ``words[begin:end]``.

    Columns follow one another with an empty word between them, which takes what leaves a column.
    """
    above, here, below = words[begin - 1 : end - 1], words[begin:end], words[begin + 1 : end + 1]
    out = grown[begin:end]
    by, rest = np.uint64(step), np.uint64(64 - step)
    for index in range(len(out)):
        word = here[index]
        apart = (below[index] << rest) | (above[index] >> rest)
        out[index] = word | (word >> by) | (word << by) | apart


@compiled
def take_away(alone, grown, begin, end, apart):
    """Clear the bits of ``alone[begin:end]`` that ``grown`` has at a distance on either side."""
    out = alone[begin:end]
    before, after = grown[begin - apart : end - apart], grown[begin + apart : end + apart]
    for index in range(len(out)):
        out[index] &= ~(before[index] | after[index])


@compiled
def sweep(alone, grown, spare, reaches, grid):
    """Count the bits of ``alone`` that have no bit of ``grown`` within the disk.

    ``grown`` grows row by row; at each height the columns at the distances that the disk allows
    are taken away, in a time that does not depend on the masks. Only the columns in which
    something is alone are looked at.
    """
    _, _, columns, words, start = grid
    stride = words + 1
    first, last = start, start + columns * stride
    while first < last and not alone[first]:
        first += 1
    while first < last and not alone[last - 1]:
        last -= 1
    if first == last:
        return 0
    begin = start + (first - start) // stride * stride
    end = start + ((last - 1 - start) // stride + 1) * stride
    around = (len(reaches) - 1) * stride
    reached = 0
    for distance in range(len(reaches) - 1, -1, -1):
        while reached < reaches[distance]:
            # Growing by more than the height so far, plus one, would leave gaps.
            step = min(reaches[distance] - reached, 2 * reached + 1)
            grow(grown, spare, begin - around, end + around, step)
            grown, spare = spare, grown
            reached += step
        take_away(alone, grown, begin, end, distance * stride)
    count = 0
    for index in range(begin, end):
        count += popcount(alone[index])
    return count


@compiled
def unmatched(edge, other, room, reaches, grid):
    """Count the bits of ``edge`` that have no bit of ``other`` within the disk of ``reaches``.

    Neighbouring pixels settle almost everything in good masks; the rest is swept. ``room``
    (3, n) is zero outside the grid.
    """
    _, _, columns, words, start = grid
    stride = words + 1
    stop = start + columns * stride
    alone, grown, spare = room[0], room[1], room[2]
    copy(edge[start:stop], alone[start:stop])
    grown[start - 1] = spare[start - 1] = _NONE  # what left the first column of another map
    if len(reaches) > 2:  # from a radius of 2 on, all eight neighbours are near enough
        grow(other, spare, start, stop, 1)
        take_away(alone, spare, start, stop, 0)
        take_away(alone, spare, start, stop, stride)
    copy(other[start:stop], grown[start:stop])
    return sweep(alone, grown, spare, reaches, grid)


@compiled
def lay_out(extent, height, width, radius):
    """Return the grid in which a frame's masks are drawn: one box around all of them.

    The grid is (first column, first word, columns, words a column, where the first word lies).
    One column and row of margin at the left and top hold boundary; ``radius`` columns of zeros
    before and behind it are looked at too.
    """
    left, low = max(extent[0] - 1, 0), max(extent[2] - 1, 0) >> 6
    words = ((extent[3] - 1) >> 6) + 1 - low
    return (left, low, extent[1] - left, words, (radius + 1) * (words + 1) + 1)


@compiled
def count_frame(planes, edges, counts, height, width, reaches, extent, row):
    """Draw the masks of a frame (the last is the prediction) and write its counts into ``row``."""
    grid = lay_out(extent, height, width, len(reaches) - 1)
    start, stop = grid[4], grid[4] + grid[2] * (grid[3] + 1)
    planes[:, : stop + start] = _NONE
    target, several, predicted = planes[0], planes[1], planes[2]
    last = len(counts) - 1
    alone = last == 1
    draw(edges[last], counts[last], height, grid, predicted, several, several, True)
    covered = 0
    for mask in range(last):
        covered += draw(edges[mask], counts[mask], height, grid, target, several, predicted, alone)
    single = 0
    for index in range(start, stop):
        t, p = target[index], predicted[index]
        row[0] += popcount(t)
        row[1] += popcount(p)
        row[2] += popcount(t & p)
        single += popcount(t & p & ~several[index])
    row[3], row[4] = single, 0 if alone else covered - single
    target_edge, predicted_edge = planes[3], planes[4]
    row[5] = trace(target, target_edge, grid, height, width)
    row[6] = trace(predicted, predicted_edge, grid, height, width)
    if row[5] and row[6]:
        room = planes[5:]
        row[7] = row[5] - unmatched(target_edge, predicted_edge, room, reaches, grid)
        row[8] = row[6] - unmatched(predicted_edge, target_edge, room, reaches, grid)


@compiled
def count_masklet(text, offsets, frames, height, width, reaches, table):
    """Count every frame of a masklet.

    Args:
        text: uint8, the counts of all masks one after the other: the annotated tracks frame by
            frame, then the predicted one.
        offsets: int64 (tracks x frames + 1), where each mask's text begins; empty is absent.
        frames: T.
        height: pixels.
        width: pixels.
        reaches: int64 (radius + 1), rows that the disk of the tolerance reaches at each column.
        table: int64 (T, 9) of zeros, filled with the counts in the order of ``FrameCounts``.

    Returns:
        -1, or the number of the first mask whose text is no RLE of the size.
    """
    tracks = (len(offsets) - 1) // frames
    edges = np.empty((tracks, np.max(offsets[1:] - offsets[:-1])), np.int64)
    counts = np.empty(tracks, np.int64)
    stride = ((height + 63) >> 6) + 1
    planes = np.empty((8, (width + 2 * len(reaches) + 2) * stride + 2), np.uint64)
    extent = np.empty(4, np.int64)
    for frame in range(frames):
        extent[0], extent[1], extent[2], extent[3] = width, 0, height, 0
        for track in range(tracks):
            mask = track * frames + frame
            counts[track] = 0
            if offsets[mask] == offsets[mask + 1]:
                continue
            found = read_edges(text, offsets[mask], offsets[mask + 1], height * width, edges[track])
            if found < 0:
                return mask
            counts[track] = found
            extend(edges[track], found, height, extent)
        if extent[1]:
            count_frame(planes, edges, counts, height, width, reaches, extent, table[frame])
    return -1


@compiled
def shared_pixels(a, a_count, b, b_count):
    """Count the pixels that are foreground in both lists of cumulative run ends."""
    shared = 0
    i = j = 1
    while i < a_count and j < b_count:
        begin, end = max(a[i - 1], b[j - 1]), min(a[i], b[j])
        if end > begin:
            shared += end - begin
        if a[i] < b[j]:
            i += 2
        else:
            j += 2
    return shared


@compiled
def count_overlap(text, offsets, frames, rows, pixels, shared, areas):
    """Count the pixels that tracks share, and their areas.

    Args:
        text: uint8, the counts of all masks: row tracks frame by frame, then column tracks.
        offsets: int64 (tracks x frames + 1), where each mask's text begins; empty is absent.
        frames: T.
        rows: how many of the tracks are rows.
        pixels: height x width.
        shared: int64 (rows, columns) of zeros, filled.
        areas: int64 (tracks) of zeros, filled.

    Returns:
        -1, or the number of the first mask whose text is no RLE of the size.
    """
    tracks = len(areas)
    edges = np.empty((tracks, np.max(offsets[1:] - offsets[:-1])), np.int64)
    counts = np.zeros(tracks, np.int64)
    for frame in range(frames):
        for track in range(tracks):
            mask = track * frames + frame
            counts[track] = 0
            if offsets[mask] == offsets[mask + 1]:
                continue
            found = read_edges(text, offsets[mask], offsets[mask + 1], pixels, edges[track])
            if found < 0:
                return mask
            counts[track] = found
            for run in range(1, found, 2):
                areas[track] += edges[track, run] - edges[track, run - 1]
        for i in range(rows):
            for j in range(rows, tracks):
                shared[i, j - rows] += shared_pixels(edges[i], counts[i], edges[j], counts[j])
    return -1
