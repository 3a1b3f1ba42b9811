/* Marks the questions of a page, and remembers in this browser only which were answered. */
"use strict";
{
  const KEY = "course-answers";
  const name = (path) => path.split("/").pop().replace(/\.html.*/, "");
  const page = name(location.pathname);
  const recall = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {}; // no storage, or not ours
    }
  };
  const keep = (answers) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(answers));
    } catch {} // a private window forgets
  };
  const toNumber = (typed) => {
    const parts = typed.replaceAll("−", "-").replaceAll(",", ".").replace("%", "").split("/");
    if (parts.some((part) => !part.trim())) return NaN;
    return parts.length > 1 ? parts[0] / parts[1] : +parts[0];
  };
  const forms = [...document.querySelectorAll("form.question")];

  for (const form of forms) {
    const question = JSON.parse(form.querySelector("script").textContent);
    const figure = document.getElementById(form.dataset.explorer);
    const controls = [...(figure?.querySelectorAll(".explorer-controls :is(input, select, button)") ?? [])];
    const fields = controls.filter((control) => control.localName !== "button");
    const at = (field) => (field.type === "range" ? +field.value : field.selectedIndex);
    const status = form.querySelector(".question-mark");
    const answer = form.querySelector("details");

    const judge = {
      find() {
        for (const [control, value, words] of question.given) if (at(fields[control]) !== value) return words;
        return question.right.includes(fields.map(at).join()) || question.wrong;
      },
      choose() {
        const { value } = form.querySelector(":checked") ?? {};
        return value === undefined ? question.missing : +value === question.right || question.wrong[value];
      },
      number() {
        const off = toNumber(form.querySelector("input").value) - question.right;
        return isNaN(off) ? question.missing : Math.abs(off) <= question.within || question.wrong[+(off > 0)];
      },
    }[question.kind];

    const hold = (held) => "first" in form.dataset && controls.forEach((control) => (control.disabled = held));
    function done(how) {
      hold(false);
      const answers = recall();
      const mine = (answers[page] ??= { done: {} });
      mine.of = forms.length;
      if (mine.done[form.id] !== "right") mine.done[form.id] = how;
      keep(answers);
    }
    function say(words, right) {
      status.textContent = words;
      form.dataset.mark = right ? "right" : "wrong";
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const found = judge();
      say(found === true ? question.said : found, found === true);
      if (found === true) done("right");
    });
    answer.addEventListener("toggle", () => {
      if (!answer.open) return;
      if (question.kind === "find") {
        question.right[0].split(",").forEach((value, k) => {
          if (fields[k].type === "range") fields[k].value = value;
          else fields[k].selectedIndex = value;
          fields[k].dispatchEvent(new Event("input", { bubbles: true }));
        });
      }
      done("shown");
    });
    if ("first" in form.dataset) {
      const skip = () => done("skipped");
      form.querySelector("[type=button]").addEventListener("click", skip);
      form.addEventListener("keydown", (event) => event.key === "Escape" && skip());
    }
    const before = recall()[page]?.done[form.id];
    if (before === "right") say(question.said, true);
    else if (!before) hold(true);
    form.classList.add("ready");
  }

  /* The list of contents says beside each chapter how much of it was answered. */
  for (const link of document.querySelectorAll(".bd-sidebar-primary a[href]")) {
    const mine = recall()[name(link.href)];
    if (!mine) continue;
    const right = Object.values(mine.done).filter((how) => how === "right").length;
    const mark = document.createElement("small");
    mark.textContent = ` ✓\u00a0${right}/${mine.of}`;
    link.append(mark);
  }
  for (const words of document.querySelectorAll(".forget-answers")) {
    const button = document.createElement("button");
    button.textContent = words.textContent;
    button.addEventListener("click", () => {
      keep({});
      button.disabled = true;
      for (const mark of document.querySelectorAll(".bd-sidebar-primary a small")) mark.remove();
    });
    words.replaceChildren(button);
  }
}
