"""Draws the wordmark, the icon and the tabular figures from Be Vietnam Pro (SIL Open Font License 1.1).

Run at design time only, after `npm ci` in assets/; its output is checked in:
    pip install fonttools brotli && python assets/brand/draw.py

Be Vietnam Pro has proportional digits and no `tnum` feature, so columns of money would not line up.
`figures-*.woff2` holds the same ten digits, each set in the middle of one common width.
"""

from pathlib import Path

from fontTools import subset
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
FILES = HERE.parent / "node_modules/@fontsource/be-vietnam-pro/files"
INK, ACCENT = "#14213a", "#8c1d18"
FIGURE_WIDTH = 680  # units of 1000 to the em; the widest digit but "4" is 680 wide
RING_OUTER, RING_STROKE = 142, 60  # larger than the dot, so that the opening stays open at 24 px


def font(subset_name: str, weight: int) -> TTFont:
    return TTFont(FILES / f"be-vietnam-pro-{subset_name}-{weight}-normal.woff2")


def bounds(glyphs, name):
    pen = BoundsPen(glyphs)
    glyphs[name].draw(pen)
    return pen.bounds


def wordmark() -> str:
    latin, viet = font("latin", 700), font("vietnamese", 700)
    glyphs, names = latin.getGlyphSet(), latin.getBestCmap()
    x, paths, ring = 0, [], None
    for char in "Minh Bạch":
        name = names[ord("a" if char == "ạ" else char)]
        if char == "ạ":
            with_dot = bounds(viet.getGlyphSet(), viet.getBestCmap()[0x1EA1])
            left, _, right, _ = bounds(glyphs, name)
            ring = (x + (left + right) / 2, with_dot[1] + 56)
        pen = SVGPathPen(glyphs, ntos=lambda v: f"{v:.0f}")
        glyphs[name].draw(TransformPen(pen, (1, 0, 0, -1, x, 0)))
        paths.append(pen.getCommands())
        x += glyphs[name].width
    top, bottom = -770, 350
    left, right = 50, x - 40
    radius = RING_OUTER - RING_STROKE / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mb-wordmark" viewBox="{left} {top} {right - left:.0f} '
        f'{bottom - top}" color="{INK}" role="img" aria-label="Minh Bạch">'
        f'<path fill="currentColor" d="{"".join(paths)}"/>'
        f'<circle class="mb-wordmark__ring" cx="{ring[0]:.0f}" cy="{-ring[1]:.0f}" r="{radius:.0f}" fill="none" '
        f'stroke="{ACCENT}" stroke-width="{RING_STROKE}"/></svg>\n'
    )


def icon() -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" role="img" aria-label="Minh Bạch">'
        f'<circle cx="16" cy="16" r="11" fill="#fff" stroke="{ACCENT}" stroke-width="6.5"/></svg>\n'
    )


def figures(weight: int) -> None:
    file = font("latin", weight)
    glyphs, names = file.getGlyphSet(), file.getBestCmap()
    for digit in "0123456789":
        name = names[ord(digit)]
        left, _, right, _ = bounds(glyphs, name)
        scale = min(1, (FIGURE_WIDTH - 40) / (right - left))
        shift = (FIGURE_WIDTH - (right - left) * scale) / 2 - left * scale
        pen = TTGlyphPen(None)
        glyphs[name].draw(TransformPen(pen, (scale, 0, 0, 1, shift, 0)))
        file["glyf"][name] = pen.glyph()
        file["hmtx"][name] = (FIGURE_WIDTH, round(left * scale + shift))
    options = subset.Options(layout_features=[], flavor="woff2", hinting=False, drop_tables=["GSUB", "GPOS", "GDEF"])
    cut = subset.Subsetter(options)
    cut.populate(text="0123456789")
    cut.subset(file)
    file.flavor = "woff2"
    file["head"].modified = file["head"].created
    file.recalcTimestamp = False
    file.save(HERE / f"figures-{weight}.woff2")


if __name__ == "__main__":
    (HERE / "wordmark.svg").write_text(wordmark())
    (HERE / "icon.svg").write_text(icon())
    for weight in (400, 600, 700):
        figures(weight)
