/* Keys of the record page. None while an input method composes; none but two while something is typed. */

const KEYS = {
  a: "accept", e: "edit", j: "next", n: "next", k: "previous", p: "previous", i: "illegible", s: "skip", u: "use",
  z: "undo", Z: "redo", y: "redo", c: "comment", A: "accept_rest", r: "add_row", d: "remove_row", "<": "move_up",
  ">": "move_down", h: "other_half", "[": "slide_up", "]": "slide_down", m: "join", f: "finish", "/": "search",
  "+": "larger", "=": "larger", "-": "smaller", "?": "help",
};
const MAY_REPEAT = new Set(["next", "previous", "larger", "smaller"]);

export function listen({ acts, go, editing, asking }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]") != null;
    if (typing) inText(event);
    else if (!event.ctrlKey && !event.metaKey && !event.altKey && document.querySelector("dialog[open]") === null) inPage(event);
  });

  function inText(event) {
    const save = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat;
    if (save && asking()) run(event, "ask_ok");
    else if (save && editing()) run(event, "save");
    else if (event.key === "Escape" && editing() && !asking()) run(event, "leave");
    else if (event.key === "Enter" && event.target.matches(".editor input")) event.preventDefault();
  }

  function inPage(event) {
    if (event.key === "Escape" && editing()) return run(event, "leave");
    if (event.key.startsWith("Arrow")) {
      if (event.target.closest(".paper") === null && go(event.key)) event.preventDefault();
      return;
    }
    if (/^[1-9]$/.test(event.key) && !event.repeat) return acts.reading(event.key);
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
    if (act !== null && (!event.repeat || MAY_REPEAT.has(act))) run(event, act);
  }

  function run(event, act) {
    event.preventDefault();
    acts[act]();
  }
}
