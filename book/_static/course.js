/* What scrolls sideways can be scrolled with the keyboard: it becomes a tab stop while it is
   wider than its box, and only then. */
"use strict";

const scrollers = document.querySelectorAll(
  ".formula__scroll, .table-scroll, div.highlight pre, .cell_output pre",
);
const update = (box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
};
const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => update(target)));
for (const box of scrollers) observer.observe(box);
