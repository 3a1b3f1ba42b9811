/* The player of an explorer: shows the frame that belongs to the controls' setting.
   No library and no request but for the frames themselves. */
"use strict";

for (const figure of document.querySelectorAll(".course-explorer")) {
  const { words, frames, failed } = JSON.parse(figure.querySelector("script").textContent);
  const image = figure.querySelector("img");
  const caption = figure.querySelector("figcaption");
  const fields = [...figure.querySelectorAll("input, select")];
  const loaded = new Map(); // a frame's place -> the promise of its decoded picture, kept so that it stays at hand
  let turn = 0;

  const setting = () => fields.map((field) => (field.type === "range" ? +field.value : field.selectedIndex));
  const place = (values) => values.reduce((sum, value, k) => sum * words[k].length + value, 0);

  function load(where) {
    if (!loaded.has(where)) {
      const picture = new Image();
      picture.src = frames[where][0];
      loaded.set(where, picture.decode().then(() => picture));
      loaded.get(where).catch(() => loaded.delete(where)); // so that a later visit tries again
    }
    return loaded.get(where);
  }

  function loadNeighbours(values) {
    values.forEach((value, k) => {
      for (const next of [value + 1, value - 1])
        if (next >= 0 && next < words[k].length) load(place(values.with(k, next))).catch(() => {});
    });
  }

  async function show() {
    const mine = ++turn;
    const values = setting();
    const where = place(values);
    fields.forEach((field, k) => {
      if (field.type !== "range") return;
      field.setAttribute("aria-valuetext", words[k][values[k]]);
      field.nextElementSibling.textContent = words[k][values[k]];
    });
    try {
      const picture = await load(where);
      if (mine !== turn) return; // a later move overtook this one
      image.src = picture.src;
      image.alt = caption.textContent = frames[where][1];
    } catch {
      if (mine === turn) caption.textContent = failed;
    }
    if (mine === turn) loadNeighbours(values);
  }

  function player(button) {
    const field = button.parentElement.querySelector("input");
    const play = button.getAttribute("aria-label");
    let timer = null;
    const face = () => {
      button.textContent = timer ? "❚❚" : "▶";
      button.setAttribute("aria-label", timer ? button.dataset.pause : play);
      caption.setAttribute("aria-live", timer ? "off" : "polite"); // not a sentence a step
    };
    const stop = () => {
      clearInterval(timer);
      timer = null;
      face();
    };
    const step = () => {
      if (+field.value >= +field.max) return stop();
      field.value = +field.value + 1;
      show();
    };
    button.addEventListener("click", () => {
      if (timer) return stop();
      if (+field.value >= +field.max) field.value = -1;
      timer = setInterval(step, 500);
      face();
      step();
    });
    field.addEventListener("input", stop);
    return stop;
  }

  const stops = [...figure.querySelectorAll("button")].map(player);
  for (const field of fields) field.addEventListener("input", show);
  for (const event of ["pointerenter", "focusin", "touchstart"])
    figure.addEventListener(event, () => loadNeighbours(setting()), { once: true, passive: true });
  // A hidden page plays to nobody.
  document.addEventListener("visibilitychange", () => document.hidden && stops.forEach((stop) => stop()));
  caption.setAttribute("aria-live", "polite");
  figure.classList.add("ready");
}
