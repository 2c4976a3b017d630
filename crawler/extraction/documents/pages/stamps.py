"""Round stamps whose text is text of the page: found by the arc that their characters stand on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from crawler.extraction.documents.pages.model import Glyph

UPRIGHT = frozenset((0, 90, 180, 270))
LEAST = 3  # characters that stand neither level nor upright
MOST = 400  # such characters on a page; more are no stamps
RING = 0.25  # of the radius: how far the characters of an arc may stand off it, and their axes off its centre
SAME_INK = 0.03  # of luminance
Point = tuple[float, float]


def drop_stamps(glyphs: list[Glyph]) -> list[Glyph]:
    """The glyphs without those of round stamps: the characters on their arcs, and what is printed within them in their
    ink, if nothing else on the page has that ink."""
    slanted = [g for g in glyphs if g.direction not in UPRIGHT and g.visible]
    if not LEAST <= len(slanted) <= MOST:
        return glyphs
    arcs = _find_arcs(slanted)
    outside = [g.ink for g in glyphs if not any(arc.encloses(g) for arc in arcs)]
    for arc in arcs:
        inks = sorted(g.ink for g in slanted if arc.carries(g))
        ink = inks[len(inks) // 2]
        own_ink = not any(abs(other - ink) <= SAME_INK for other in outside)
        glyphs = [
            g
            for g in glyphs
            if not (
                arc.encloses(g) and abs(g.ink - ink) <= SAME_INK and (own_ink or (g.direction != 0 and arc.carries(g)))
            )
        ]
    return glyphs


@dataclass(frozen=True, slots=True)
class _Arc:
    """A circle that characters stand on."""

    centre: Point
    radius: float

    def encloses(self, glyph: Glyph) -> bool:
        return math.dist(_middle(glyph), self.centre) <= self.radius * (1 + RING)

    def carries(self, glyph: Glyph) -> bool:
        """Whether a character stands on it, upright or upside down towards its centre."""
        (x, y), (cx, cy) = _middle(glyph), self.centre
        angle = math.radians(glyph.direction)
        aside = abs((cx - x) * math.cos(angle) + (cy - y) * math.sin(angle))
        return max(aside, abs(math.hypot(cx - x, cy - y) - self.radius)) <= RING * self.radius


def _find_arcs(slanted: Sequence[Glyph]) -> list[_Arc]:
    """The circles that characters stand on whose axes meet in one point."""
    guesses = [c for a, b in pairwise(slanted) if a.direction != b.direction and (c := _meet(a, b)) is not None]
    found: list[_Arc] = []
    for guess in guesses:
        spread = sorted(math.dist(_middle(g), guess) for g in slanted)
        radius = spread[LEAST // 2]
        close = [c for c in guesses if math.dist(c, guess) <= RING * radius]
        arc = _Arc((median(x for x, _ in close), median(y for _, y in close)), radius)
        known = any(math.dist(arc.centre, other.centre) <= other.radius for other in found)
        if not known and sum(arc.carries(g) for g in slanted) >= LEAST:
            found.append(arc)
    return found


def _meet(a: Glyph, b: Glyph) -> Point | None:
    """Where the axes of two characters meet, each through its middle across its reading direction."""
    (ax, ay), (bx, by) = _middle(a), _middle(b)
    p, q = math.radians(a.direction), math.radians(b.direction)
    ux, uy, vx, vy = -math.sin(p), math.cos(p), -math.sin(q), math.cos(q)
    cross = ux * vy - uy * vx
    if abs(cross) < 0.05:
        return None
    t = ((bx - ax) * vy - (by - ay) * vx) / cross
    return ax + t * ux, ay + t * uy


def _middle(glyph: Glyph) -> Point:
    return (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
