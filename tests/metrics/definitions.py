"""The metrics straight from their definitions, slow and plain, to compare the fast ones with."""

from __future__ import annotations

import math

import cv2
import numpy as np


def boundary(mask):
    m = mask.astype(bool)
    east, south, diagonal = np.zeros_like(m), np.zeros_like(m), np.zeros_like(m)
    east[:, :-1] = m[:, 1:]
    south[:-1] = m[1:]
    diagonal[:-1, :-1] = m[1:, 1:]
    edge = (m ^ east) | (m ^ south) | (m ^ diagonal)
    edge[-1] = m[-1] ^ east[-1]
    edge[:, -1] = m[:, -1] ^ south[:, -1]
    edge[-1, -1] = False
    return edge


def disk(radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)


def edge_counts(target, predicted):
    """(target edge, predicted edge, target matched, predicted matched)"""
    radius = math.ceil(0.008 * math.hypot(*target.shape))
    t, p = boundary(target).astype(np.uint8), boundary(predicted).astype(np.uint8)
    near_t, near_p = cv2.dilate(t, disk(radius)), cv2.dilate(p, disk(radius))
    return int(t.sum()), int(p.sum()), int((t & near_p).sum()), int((p & near_t).sum())


def j(target, predicted):
    a, s = target != 0, predicted != 0
    union = np.sum(a | s)
    return 1.0 if union == 0 else np.sum(a & s) / union


def f(target, predicted):
    n_t, n_p, hit_t, hit_p = edge_counts(target != 0, predicted != 0)
    if n_p == 0 and n_t > 0:
        precision, recall = 1, 0
    elif n_p > 0 and n_t == 0:
        precision, recall = 0, 1
    elif n_p == 0 and n_t == 0:
        precision, recall = 1, 1
    else:
        precision, recall = hit_p / n_p, hit_t / n_t
    return 0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def accuracy(target, predicted):
    return float(np.mean(target == predicted))


def robustness(target, predicted, foreground):
    one = np.uint8(1)
    neg = np.sum((one - target) * predicted)
    return max(1 - neg / (np.sum(foreground) + 1e-6), 0)


def iou(a, b, empty=0.0):
    union = np.sum((a != 0) | (b != 0))
    return empty if union == 0 else np.sum((a != 0) & (b != 0)) / union
