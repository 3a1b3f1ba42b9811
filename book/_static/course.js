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
   open that page in a process which has not heard of them yet, or carry out late what another page
   did there (most often with a site read from a folder), and nothing is marked. So the address of a
   result carries the words of its query, Sphinx reads them there as well, and they go first. */
const carryWords = ({ target }) => {
  const result = target.closest("#search-results a[href]");
  const query = new URLSearchParams(location.search).get("q");
  if (!result || !query) return;
  const [, , , marked] = Search._parseQuery(query);
  const address = new URL(result.href);
  address.searchParams.set("highlight", [...marked].join(" "));
  result.href = address;
};
for (const press of ["click", "auxclick"]) document.addEventListener(press, carryWords);
if (new URLSearchParams(location.search).has("highlight")) {
  localStorage.removeItem("sphinx_highlight_terms");
}
