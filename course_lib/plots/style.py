"""The one palette and the one style of every figure.

The palette is the only place where a colour is written: the site's stylesheet and the explorers'
player take theirs from it while the book is built.
"""

from __future__ import annotations

import functools
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from course_lib.words import in_english, translated

PALETTE = {
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
    "vermillion": "#d55e00",
    "yellow": "#f0e442",
    "black": "#1a1a1a",
    "grey": "#767676",
    "mist": "#e6e6e6",
}
"""Eight colours that colour-blind readers can tell apart (Okabe and Ito, 2008) and two greys.

In the order of use: class 0 is blue and class 1 orange on every page. Yellow is for areas only,
since a yellow line on white has too little contrast.
"""

CYCLE = [PALETTE[name] for name in ("blue", "orange", "green", "purple", "sky", "vermillion")]

STYLE = {
    "figure.figsize": (5.6, 3.7),  # inches; 560 CSS pixels, so 13 pt stays legible at 360
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "font.size": 13,
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "cm",  # the shapes of the mathematics in the text (Computer Modern)
    "axes.titlesize": 13,
    "axes.titley": 1.0,  # fixed: to look for a free place takes a sixth of a drawing's time
    "axes.labelsize": 13,
    "axes.edgecolor": PALETTE["grey"],
    "axes.labelcolor": PALETTE["black"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.unicode_minus": True,
    "text.color": PALETTE["black"],
    "xtick.color": PALETTE["black"],
    "ytick.color": PALETTE["black"],
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "lines.linewidth": 2.0,
    "lines.markersize": 6.0,
    "scatter.edgecolors": "none",
    "image.cmap": "cividis",
}


# Where a Chinese figure takes its letters from: what is installed of these, in this order.
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)


def _translate_figures() -> None:
    """Put every text of every figure through the catalogue of words, once and for all.

    A text is translated as it is set and not before the figure is drawn: some, as the words at an
    axis's ticks, are only set while it is drawn.
    """
    installed = set(fontManager.get_font_names())
    fonts = [STYLE["font.family"], *(font for font in CHINESE_FONTS if font in installed)]
    mpl.rcParams["font.family"] = fonts
    if hasattr(Text.set_text, "__wrapped__"):
        return
    plain = Text.set_text

    @functools.wraps(plain)
    def set_text(self: Text, s: Any) -> None:
        plain(self, translated(s) if isinstance(s, str) else s)

    Text.set_text = set_text


def use_style() -> None:
    """Give every figure from here on the book's look, sharp on screens of high density."""
    mpl.rcParams.update(STYLE)
    if not in_english():
        _translate_figures()
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # a plain Python session has no notebook to sharpen
        return
    if get_ipython() is not None:
        set_matplotlib_formats("retina")
