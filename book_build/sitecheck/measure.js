// Runs in every page before the page's own scripts; visit.py and player.py call window.courseCheck.
"use strict";
(() => {
  const shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      shifts.push({ value: entry.value, nodes: entry.sources.map(moved) });
    }
  }).observe({ type: "layout-shift", buffered: true });

  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const limit = (promise, ms) => Promise.race([promise, new Promise((done) => setTimeout(done, ms))]);

  function describe(node) {
    if (!node) return "an element that is gone";
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    if (!element) return node.nodeName;
    const name = element.localName + (element.id ? "#" + element.id : "");
    const classes = [...element.classList].slice(0, 3).map((c) => "." + c).join("");
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
    return name + classes + (text ? ` “${text}”` : "");
  }

  function moved({ node, previousRect, currentRect }) {
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
    return `${describe(node)}, from ${place(previousRect)} to ${place(currentRect)}`;
  }

  // Lazy pictures load only when they come near the window, so go past all of them.
  async function walk() {
    const step = Math.max(200, innerHeight * 0.8);
    for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
      scrollTo({ top: y, behavior: "instant" });
      await frame();
    }
    const waiting = [...document.images].filter((i) => !i.complete && i.checkVisibility());
    await limit(Promise.all(waiting.map((i) => i.decode().catch(() => {}))), 3000);
    await frame();
    scrollTo({ top: 0, behavior: "instant" });
  }

  // What is folded away must be right as well. It is looked at when it has faded in.
  async function unfold() {
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const box of document.querySelectorAll(".toggle-hidden")) {
      box.classList.remove("toggle-hidden");
    }
    await frame();
    for (const animation of document.getAnimations()) {
      try { animation.finish(); } catch { animation.cancel(); } // one without an end
    }
    await frame();
  }

  // In a box that scrolls; part of a drawing; or in a box of one pixel, which hides its content
  // from the eye and keeps it for a screen reader.
  function excused(element) {
    if (element.ownerSVGElement) return true;
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
      const overflow = getComputedStyle(box).overflowX;
      if (["auto", "scroll"].includes(overflow)) return true;
      if (["hidden", "clip"].includes(overflow) && box.clientWidth <= 1) return true;
    }
    return false;
  }

  // Wider than the window: the page scrolls sideways, or its text is cut where nobody can reach it.
  function tooWide() {
    const root = document.scrollingElement;
    const sideways = root.scrollWidth - root.clientWidth;
    const seen = document.querySelectorAll(sideways > 0 ? "body *" : "main *");
    const wide = [...seen].filter((element) => {
      const box = element.getBoundingClientRect();
      return (
        box.width > 1 && box.height > 1 && box.right > innerWidth + 1 && box.left < innerWidth &&
        element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
        getComputedStyle(element).position !== "fixed" && !excused(element)
      );
    });
    const inner = wide.filter((e) => !wide.some((other) => other !== e && e.contains(other)));
    return {
      sideways,
      offenders: inner.slice(0, 6).map(
        (e) => `${describe(e)} ends at ${Math.round(e.getBoundingClientRect().right)} px`),
    };
  }

  function pictures() {
    return [...document.images].map((image) => ({
      what: describe(image),
      file: decodeURI((image.currentSrc || image.src).split("/").pop()).slice(0, 80),
      alt: image.getAttribute("alt"),
      hidden: image.closest("[aria-hidden=true], [role=presentation]") !== null,
      content: image.closest("article, main") !== null,
      sized: (image.hasAttribute("width") && image.hasAttribute("height")) ||
        getComputedStyle(image).aspectRatio.includes("/"),
      broken: image.complete && image.naturalWidth === 0,
    }));
  }

  function paint() {
    const entry = performance.getEntriesByName("first-contentful-paint")[0];
    return entry ? entry.startTime : null;
  }

  async function axe(tags) {
    const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] };
    const found = await window.axe.run(document, options);
    return found.violations.flatMap((rule) =>
      rule.nodes.slice(0, 4).map((node) => {
        const why = [...node.any, ...node.all, ...node.none].map((c) => c.message).join("; ");
        return `${rule.id} (${rule.nodes.length}): ${node.target.join(" ")}: ${why}`;
      }));
  }

  // The time from the reader's input to the new picture being ready to paint. The clock starts in
  // the capture phase, before the player's own listener, and stops when the picture is decoded.
  function timeMoves(figure) {
    const moves = [];
    const image = figure.querySelector("img");
    let begun = null;
    figure.addEventListener("input", () => { begun = performance.now(); }, true);
    new MutationObserver(async () => {
      const start = begun;
      try { await image.decode(); } catch { return; } // overtaken by the next picture
      moves.push(performance.now() - start);
    }).observe(image, { attributeFilter: ["src", "srcset"] });
    return moves;
  }

  window.courseCheck = {
    shifts, walk, unfold, tooWide, pictures, paint, axe, timeMoves, describe, frame,
  };
})();
