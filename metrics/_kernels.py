"""Compiled counting on masks, straight from the text of their RLEs (Numba).

COCO RLE is column-major, so a run fills bits of whole columns: a mask becomes a bit plane of
64-bit words, one row of words a column. Intersections are population counts, the boundary map is
shifts and exclusive ors; to match boundaries, one map grows row by row and is taken away from the
other at the column distances that the disk of the tolerance allows. All results are whole numbers.

Everything is in this one file because Numba's cache notices changes of the file it compiles, not
of files that it calls. Callers import it only where Numba is there (see ``backend``); texts are
checked while they are read.
"""

# Numba infers the types of these functions; their docstrings say what they take.
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numpy as np

from sama_bench.metrics._compiled import compiled

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
def read_edges(text, start, stop, pixels, edges):
    """Read the runs of ``text[start:stop]`` as cumulative ends into ``edges``.

    Returns the number of runs, or -1 where the text is not an RLE of ``pixels`` pixels.
    """
    count = position = before = last = 0
    place = start
    while place < stop:
        value = shift = 0
        more = True
        while more:
            if place >= stop or shift > 25:
                return -1
            code = np.int64(text[place]) - 48
            if code < 0 or code > 63:
                return -1
            value |= (code & 31) << shift
            shift += 5
            place += 1
            more = code > 31
            if not more and code & 16:
                value -= 1 << shift
        if count > 2:
            value += before
        if value < 0 or value > pixels - position:
            return -1
        before, last = last, value
        position += value
        edges[count] = position
        count += 1
    return count if position == pixels else -1


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
def draw(edges, count, height, plane, several, seen, alone):
    """Draw runs into a bit plane; return how many of their pixels ``seen`` has.

    Bits that were set already are set in ``several`` too. A mask that is ``alone`` in its plane
    needs neither; 0 is returned then.
    """
    covered = column = base = 0
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
            for word in range(row >> 6, ((stop - 1) >> 6) + 1):
                bits = _ALL
                if row > word << 6:
                    bits &= _ALL << np.uint64(row - (word << 6))
                if stop < (word + 1) << 6:
                    bits &= _ALL >> np.uint64(((word + 1) << 6) - stop)
                before = plane[column, word]
                plane[column, word] = before | bits
                if not alone:
                    several[column, word] |= before & bits
                    covered += popcount(bits & seen[column, word])
    return covered


@compiled
def trace(plane, edge, box, height):
    """Write the boundary map of a bit plane into ``edge``; return its number of pixels.

    A pixel is boundary where it differs from its right, lower or lower right neighbour; the last
    row and column repeat themselves.
    """
    left, right, low, high = box
    words = plane.shape[1]
    bottom = _ONE << np.uint64((height - 1) & 63)
    count = 0
    for column in range(left, right):
        beside = min(column + 1, right - 1)
        for word in range(low, high):
            here, east = plane[column, word], plane[beside, word]
            south, diagonal = here >> _ONE, east >> _ONE
            if word + 1 < high:
                south |= plane[column, word + 1] << np.uint64(63)
                diagonal |= plane[beside, word + 1] << np.uint64(63)
            elif high == words:
                south |= here & bottom
                diagonal |= east & bottom
            bits = (here ^ east) | (here ^ south) | (here ^ diagonal)
            edge[column, word] = bits
            count += popcount(bits)
    return count


@compiled
def grow(words, grown, step):
    """Set the bits ``step`` (< 64) rows above and below every bit of ``words``.

    Columns follow one another with an empty word between them, which takes what leaves a column.
    """
    above, here, below, out = words[:-2], words[1:-1], words[2:], grown[1:-1]
    by, rest = np.uint64(step), np.uint64(64 - step)
    for index in range(len(out)):
        word = here[index]
        apart = (below[index] << rest) | (above[index] >> rest)
        out[index] = word | (word >> by) | (word << by) | apart


@compiled
def take_away(alone, grown):
    """Clear the bits of ``alone`` that ``grown`` has."""
    for index in range(len(alone)):
        alone[index] &= ~grown[index]


@compiled
def sweep(left_over, other, room, reaches, box):
    """Count the bits of ``left_over`` in a box that have no bit of ``other`` within the disk.

    ``other`` grows row by row; at each height the columns at the distances that the disk allows
    are taken away from what is left over, in a time that does not depend on the masks. In
    ``room`` (3, n) the columns of the box follow one another, each after an empty word.
    """
    left, right, low, high = box
    stride = high - low + 1
    total = (right - left) * stride + 1
    alone, grown, spare = room[0, :total], room[1, :total], room[2, :total]
    room[:, :total] = _NONE
    for column in range(left, right):
        first = (column - left) * stride + 1
        for word in range(low, high):
            alone[first + word - low] = left_over[column, word]
            grown[first + word - low] = other[column, word]
    reached = 0
    for distance in range(len(reaches) - 1, -1, -1):
        while reached < reaches[distance]:
            # Growing by more than the height so far, plus one, would leave gaps.
            step = min(reaches[distance] - reached, 2 * reached + 1)
            grow(grown, spare, step)
            grown, spare = spare, grown
            reached += step
        apart = distance * stride
        if apart < total:
            take_away(alone[: total - apart], grown[apart:])
            take_away(alone[apart:], grown[: total - apart])
    count = 0
    for index in range(total):
        count += popcount(alone[index])
    return count


@compiled
def touching(other, column, word, box):
    """Return the bits of a word that have a bit of ``other`` among their eight neighbours."""
    left, right, low, high = box
    above = here = below = _NONE
    for beside in range(max(column - 1, left), min(column + 2, right)):
        here |= other[beside, word]
        if word > low:
            above |= other[beside, word - 1]
        if word + 1 < high:
            below |= other[beside, word + 1]
    apart = (above >> np.uint64(63)) | (below << np.uint64(63))
    return here | (here >> _ONE) | (here << _ONE) | apart


@compiled
def unmatched(edge, other, left_over, room, reaches, box):
    """Count the bits of ``edge`` that have no bit of ``other`` within the disk of ``reaches``.

    Neighbouring pixels settle almost everything in good masks; ``left_over`` takes the rest, and
    only its surroundings are swept.
    """
    left, right, low, high = box
    first, last, top, bottom = right, left, high, low
    for column in range(left, right):
        for word in range(low, high):
            bits = edge[column, word] & ~other[column, word]
            if bits and len(reaches) > 2:  # from a radius of 2 on, all eight are near enough
                bits &= ~touching(other, column, word, box)
            left_over[column, word] = bits
            if bits:
                first, last = min(first, column), column + 1
                top, bottom = min(top, word), max(bottom, word + 1)
    if last <= first:
        return 0
    radius = len(reaches) - 1
    first, last = max(first - radius, left), min(last + radius, right)
    around = (first, last, max(top - 1, low), min(bottom + 1, high))
    return sweep(left_over, other, room, reaches, around)


@compiled
def count_frame(planes, room, edges, counts, height, reaches, extent, row):
    """Draw the masks of a frame (the last is the prediction) and write its counts into ``row``."""
    width, words = planes.shape[1:]
    # One column and row of margin on every side: the boundary lies outside at the left and top,
    # and its map looks at the neighbours to the right and below.
    left, right = max(extent[0] - 1, 0), min(extent[1] + 1, width)
    low, high = max(extent[2] - 1, 0) >> 6, min((extent[3] >> 6) + 1, words)
    box = (left, right, low, high)
    planes[:3, left:right, low:high] = _NONE
    target, several, predicted, spare = planes[0], planes[1], planes[2], planes[3]
    last = len(counts) - 1
    draw(edges[last], counts[last], height, predicted, spare, spare, True)
    covered = 0
    for mask in range(last):
        alone = last == 1
        covered += draw(edges[mask], counts[mask], height, target, several, predicted, alone)
    single = 0
    for column in range(left, right):
        for word in range(low, high):
            t, p = target[column, word], predicted[column, word]
            if not t | p:
                continue
            row[0] += popcount(t)
            row[1] += popcount(p)
            row[2] += popcount(t & p)
            single += popcount(t & p & ~several[column, word])
    row[3], row[4] = single, covered - single if last > 1 else 0
    target_edge, predicted_edge = planes[3], planes[4]
    row[5] = trace(target, target_edge, box, height)
    row[6] = trace(predicted, predicted_edge, box, height)
    if row[5] and row[6]:
        row[7] = row[5] - unmatched(target_edge, predicted_edge, planes[0], room, reaches, box)
        row[8] = row[6] - unmatched(predicted_edge, target_edge, planes[0], room, reaches, box)


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
    words = (height + 63) >> 6
    planes = np.empty((5, width, words), np.uint64)
    room = np.empty((3, width * (words + 1) + 1), np.uint64)
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
            count_frame(planes, room, edges, counts, height, reaches, extent, table[frame])
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
