// Runs in every page before the page's own scripts; visit.py and player.py call window.courseCheck.
"use strict";
(() => {
  // The page's own clock may be stopped later (player.py); ours goes on.
  const now = performance.now.bind(performance);
  const later = setTimeout.bind(window);
  const nextFrame = requestAnimationFrame.bind(window);

  const shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      shifts.push({ value: entry.value, nodes: entry.sources.map(whatMoved) });
    }
  }).observe({ type: "layout-shift", buffered: true });

  const frame = () => new Promise((done) => nextFrame(() => later(done, 0)));
  const limit = (promise, ms) => Promise.race([promise, new Promise((done) => later(done, ms))]);

  function describe(node) {
    if (!node) return "an element that is gone";
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    if (!element) return node.nodeName;
    const name = element.localName + (element.id ? "#" + element.id : "");
    const classes = [...element.classList].slice(0, 3).map((c) => "." + c).join("");
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
    return name + classes + (text ? ` “${text}”` : "");
  }

  function whatMoved({ node, previousRect, currentRect }) {
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
    await limit(Promise.all(waiting.map((i) => decode.call(i).catch(() => {}))), 3000);
    await frame();
    scrollTo({ top: 0, behavior: "instant" });
  }

  // What is folded away must be right as well. It is looked at when it has faded in.
  async function unfold() {
    // The answer to a question moves its explorer: keep what that began with.
    for (const figure of document.querySelectorAll("figure.course-explorer")) picture(figure);
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const box of document.querySelectorAll(".toggle-hidden")) {
      box.classList.remove("toggle-hidden");
    }
    await finishFading();
  }

  async function finishFading() {
    await frame();
    for (const animation of document.getAnimations()) {
      try { animation.finish(); } catch { animation.cancel(); } // one without an end
    }
    await frame();
  }

  // Wait until the page shows this theme, where it has themes, or until patience is at an end.
  async function shows(theme, patience) {
    const shown = () => document.documentElement.dataset.theme ?? theme;
    const end = now() + patience;
    while (shown() !== theme && now() < end) await frame();
    await finishFading();
  }

  // The layout shifts since the last call.
  const takeShifts = () => shifts.splice(0);

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

  // What an earlier call has looked at with every rule.
  const judged = new WeakSet();
  const isShown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // The violations of the rules with these tags: anywhere on the page, or, where `themed` is given,
  // of the rules with a tag of these and of the others in what was not shown before; the former
  // anywhere but in `elsewhere`, a selector of what another look judges in this theme.
  async function axe(tags, themed, elsewhere) {
    const shown = [...document.querySelectorAll("body *")].filter(isShown);
    const found = [];
    if (!themed) {
      found.push(await run(document, { type: "tag", values: tags }));
    } else {
      const colour = window.axe.getRules(themed).map((rule) => rule.ruleId);
      const wanted = window.axe.getRules(tags).map((rule) => rule.ruleId);
      const values = colour.filter((rule) => wanted.includes(rule));
      const where = elsewhere ? { exclude: [elsewhere] } : document;
      found.push(await run(where, { type: "rule", values }));
      const fresh = shown.filter((e) => !judged.has(e) && judged.has(e.parentElement));
      const rest = wanted.filter((rule) => !colour.includes(rule));
      if (fresh.length) found.push(await run({ include: fresh }, { type: "rule", values: rest }));
    }
    for (const element of [document.body, ...shown]) judged.add(element);
    return found.flat();
  }

  async function run(where, runOnly) {
    const found = await window.axe.run(where, { runOnly, resultTypes: ["violations"] });
    return found.violations.flatMap((rule) =>
      rule.nodes.slice(0, 4).map((node) => {
        const why = [...node.any, ...node.all, ...node.none].map((c) => c.message).join("; ");
        return `${rule.id} (${rule.nodes.length}): ${node.target.join(" ")}: ${why}`;
      }));
  }

  // ---- explorers

  const first = new WeakMap(); // an explorer -> the address of the picture that it began with
  const decoding = new Set(); // pictures on their way
  const decode = HTMLImageElement.prototype.decode;
  HTMLImageElement.prototype.decode = function () {
    const picture = decode.call(this);
    const arrived = () => decoding.delete(picture);
    decoding.add(picture);
    picture.then(arrived, arrived);
    return picture;
  };

  // Until no picture is on its way, and what arrived last has had its turn; a picture that neither
  // comes nor fails is waited for as long as a reader would, once.
  async function quiet() {
    for (const end = now() + 10_000; decoding.size && now() < end; )
      await limit(Promise.allSettled([...decoding]), end - now());
    decoding.clear();
    await frame();
  }

  function picture(figure) {
    const image = figure.querySelector("img");
    if (!first.has(figure)) first.set(figure, image.src);
    return image.complete && image.naturalWidth > 0 ? image.currentSrc : null;
  }

  // What an explorer shows.
  function state(figure) {
    const text = figure.querySelector("figcaption");
    return {
      picture: picture(figure),
      alt: figure.querySelector("img").alt.trim(),
      sentence: (text ? text.innerText : "").replace(/\s+/g, " ").trim(),
      values: [...figure.querySelectorAll("input, select")].map(
        (field) => (field.type === "radio" ? field.checked : field.value)),
    };
  }

  // What it shows once `ready` holds; null when patience is at an end before.
  async function once(figure, ready, patience) {
    picture(figure);
    for (const end = now() + patience; !ready(); await limit(new Promise(() => {}), 20)) {
      if (now() > end) return null; // looking at every frame would keep the page painting
    }
    return state(figure);
  }

  const moved = (figure, before, patience) =>
    once(figure, () => ![null, before].includes(picture(figure)), patience);

  const shown = (figure, { picture: wanted, sentence }, patience) =>
    once(figure, () => state(figure).picture === wanted && state(figure).sentence === sentence, patience);

  // Set every control as the page shows it first, and wait for the picture that belongs to it.
  async function reset(figure, patience) {
    picture(figure);
    for (const field of figure.querySelectorAll("input, select")) {
      if (field.type === "radio") field.checked = field.defaultChecked;
      else if (field.localName === "select")
        field.selectedIndex = Math.max(0, [...field.options].findIndex((o) => o.defaultSelected));
      else field.value = field.defaultValue;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    await quiet();
    const back = () => figure.querySelector("img").src === first.get(figure) && picture(figure) !== null;
    return (await once(figure, back, patience)) ?? state(figure);
  }

  // What does not belong to the setting of the controls. A frame says by itself which setting it was
  // drawn for; the player never looks at that, it counts.
  function astray(figure) {
    const { words, frames } = JSON.parse(figure.querySelector('script').textContent);
    const image = figure.querySelector('img'), caption = figure.querySelector('figcaption');
    const fields = [...figure.querySelectorAll('input[type=range], select')];
    const faults = [];
    const expect = (what, found, right) => {
      if (found !== right) faults.push(`${what}: “${found}” in place of “${right}”`);
    };
    const setting = fields.map((field, k) => {
      const label = field.labels[0]?.innerText.trim();
      const isList = field.localName === 'select';
      const word = words[k][isList ? field.selectedIndex : +field.value];
      if (isList) expect(`the word of “${label}”`, field.selectedOptions[0].text, word);
      else {
        const beside = figure.querySelector(`output[for="${field.id}"]`)?.textContent;
        expect(`the number beside “${label}”`, beside, word);
        expect(`what a screen reader says of “${label}”`, field.getAttribute('aria-valuetext'), word);
      }
      return word;
    });
    const own = frames.filter(([, , drawnFor]) => drawnFor.join('|') === setting.join('|'));
    if (own.length !== 1) return [...faults, `${own.length} frames are drawn for ${setting}`];
    const [[picture, sentence]] = own;
    const name = address => new URL(address, document.baseURI).pathname.split('/').pop();
    expect(`the picture at ${setting}`, name(image.currentSrc), name(picture));
    expect(`the sentence at ${setting}`, caption.textContent, sentence);
    expect(`the alternative text at ${setting}`, image.alt, sentence);
    const playing = figure.querySelector('button[aria-label^=Pause]');
    const live = caption.getAttribute('aria-live');
    expect('aria-live of the sentence', live, playing ? 'off' : 'polite');
    return faults;
  }

  // The same once nothing is astray, or when patience is at an end.
  async function belongs(figure, patience) {
    await once(figure, () => !astray(figure).length, patience);
    return astray(figure);
  }

  // The time from the reader's input to the new picture being ready to paint. The clock starts in
  // the capture phase, before the player's own listener, and stops when the picture is decoded.
  function timeMoves(figure) {
    picture(figure);
    const moves = [];
    const image = figure.querySelector("img");
    let begun = null;
    figure.addEventListener("input", () => { begun = now(); }, true);
    new MutationObserver(async () => {
      const start = begun;
      try { await image.decode(); } catch { return; } // overtaken by the next picture
      moves.push(now() - start);
    }).observe(image, { attributeFilter: ["src", "srcset"] });
    return moves;
  }

  // Until so many moves are timed; false when patience is at an end before.
  async function timed(times, count, patience) {
    for (const end = now() + patience; times.length < count; await limit(new Promise(() => {}), 10))
      if (now() > end) return false;
    return true;
  }

  window.courseCheck = {
    quiet, state, moved, shown, belongs, reset,
    shifts, takeShifts, walk, unfold, shows, tooWide, pictures, paint, axe, timeMoves, timed, describe, frame,
  };
})();
