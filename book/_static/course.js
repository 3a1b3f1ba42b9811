"use strict";

/* What scrolls sideways can be scrolled with the keyboard: it becomes a tab stop while it is
   wider than its box, and only then. */
const scrollers = document.querySelectorAll(
  ".formula__scroll, .table-scroll, div.highlight pre, .cell_output pre",
);
const update = (box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
};
const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => update(target)));
for (const box of scrollers) observer.observe(box);
// A font that arrives late widens a formula and not its box.
document.fonts.addEventListener("loadingdone", () => scrollers.forEach(update));

/* Sphinx leaves the words of a search in localStorage for the page that a result opens. Chromium may
   open that page in a process which has not heard of them yet (most often a site read from a folder),
   and nothing is marked. So the result's address carries them too: Sphinx reads them there as well. */
const carryWords = ({ target }) => {
  const result = target.closest("#search-results a[href]");
  if (!result) return;
  const address = new URL(result.href);
  address.searchParams.set("highlight", localStorage.getItem("sphinx_highlight_terms") ?? "");
  result.href = address;
};
for (const press of ["click", "auxclick"]) document.addEventListener(press, carryWords);
