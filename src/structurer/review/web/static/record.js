/* The record page: which place is chosen, decisions about it, and what comes back. */

import * as editor from "./record-editor.js";
import { listen } from "./record-keys.js";
import { element, get, post, put } from "./record-server.js";
import { clicked, find, mark, paper, reveal, selection, zoom } from "./record-source.js";

const record = document.getElementById("record");
const happened = document.getElementById("happened");
const refused = document.getElementById("refused");
const use = document.getElementById("use");
const dialog = (name) => document.getElementById(name);
const side = () => document.getElementById("side");
const spots = (within = side()) => [...within.querySelectorAll(".spot")];
const spansOf = (spot) => JSON.parse(spot.dataset.spans);
const writable = () => "writable" in record.dataset;

let active = null;
let busy = false;
let asking = null;
let since = performance.now();
let seen = 0;

/* ---- which place is chosen ---- */

function area(spot) {
  return spot.closest("[data-area]").dataset.area;
}

function spotAt(at, where) {
  const found = spots().filter((spot) => spot.dataset.at === at);
  return found.find((spot) => area(spot) === where) ?? found[0] ?? null;
}

function openSpots() {
  return spots(side().querySelector("[data-area=doubts]")).filter((spot) => "open" in spot.dataset);
}

function activate(spot, { focus = true } = {}) {
  if (spot === null) return;
  if (editor.editing() !== null && editor.editing().spot !== spot) editor.close();
  if (active !== spot.dataset.at) [since, seen] = [performance.now(), 0];
  active = spot.dataset.at;
  for (const each of spots()) {
    each.classList.toggle("active", each === spot);
    each.querySelector(".place").setAttribute("aria-current", each === spot ? "true" : "false");
  }
  const [near, lit] = [mark(spansAround(spot), "near"), mark(spansOf(spot), "lit")];
  if (lit.length || near.length) reveal(lit[0] ?? near[0]);
  if (focus) spot.querySelector(".place").focus({ preventScroll: true });
  show(spot);
  refresh();
}

/* Where the rest of a value's row stands: what to compare it with, above all where it is not printed itself. */
function spansAround(spot) {
  const name = /^\w+\.(b\d+|n\d+-\d+)\./.exec(spot.dataset.at)?.[0];
  if (name === undefined) return [];
  return spots(side().querySelector("[data-area=form]")).filter((each) => each.dataset.at.startsWith(name)).flatMap(spansOf);
}

/* Scroll the fields so that a spot is seen, below the bar that stays. */
function show(spot) {
  spot.scrollIntoView({ block: "nearest" });
}

function chosen() {
  return side().querySelector(".spot.active");
}

function step(by) {
  const all = spots(side().querySelector("[data-area=doubts]"));
  const open = openSpots();
  if (!open.length) return say("Nothing is left to settle.");
  const here = all.indexOf(chosen());
  const behind = by > 0 ? open.find((spot) => all.indexOf(spot) > here) : open.findLast((spot) => all.indexOf(spot) < here);
  activate(behind ?? (by > 0 ? open[0] : open[open.length - 1]));
}

function refresh() {
  if (!writable()) return;
  const spot = chosen();
  const { left, undo, redo, untouched } = side().dataset;
  const inRow = spot !== null && /^\w+\.(b\d+|n\d+-\d+)/.test(spot.dataset.at);
  const inColumn = inRow && /\.(name|target)$/.test(spot.dataset.at);
  const able = {
    accept: spot !== null, edit: spot !== null, illegible: spot !== null,
    skip: spot !== null, undo: undo !== "", redo: redo !== "", accept_rest: untouched !== "0",
    finish: left === "0", add_row: inRow, remove_row: inRow, move_up: inRow, move_down: inRow, other_half: inRow,
    slide_up: inColumn, slide_down: inColumn, join: inColumn,
  };
  for (const [act, possible] of Object.entries(able)) {
    for (const button of record.querySelectorAll(`[data-do="${act}"]`)) button.setAttribute("aria-disabled", String(!possible));
  }
  document.getElementById("active-label").textContent = spot === null ? "nothing" : spot.dataset.label;
  document.getElementById("row-acts").hidden = !inRow;
}

/* Show where all values stand in the text. */
function cite() {
  mark(spots(side().querySelector("[data-area=form]")).flatMap(spansOf), "cited");
}

function say(words) {
  happened.textContent = words;
}

function refuse(words) {
  refused.textContent = words;
}

/* ---- decisions ---- */

function seconds() {
  const now = document.visibilityState === "visible" ? performance.now() - since : 0;
  return Math.min((seen + now) / 1000, 86400);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    since = performance.now();
    renew();
  } else {
    seen += performance.now() - since;
  }
});

async function send(command, { version = Number(side().dataset.version), stay = false } = {}) {
  if (!writable() || busy) return;
  busy = true;
  refuse("");
  try {
    const answer = await post("decisions", { version, seconds: seconds(), command });
    if (answer.ok) replace(answer.told, command, stay);
    else if (answer.status === 409 && answer.html) conflict(answer.told, command, stay);
    else if (answer.status === 409) lose(answer.told.error, command.value ?? command.reason ?? command.text);
    else refuse(sentence(answer.told));
  } catch {
    refuse("Not sent: the server does not answer. What you typed is still here; try again.");
  } finally {
    busy = false;
  }
}

function sentence(told) {
  const words = [told?.error ?? "something went wrong; nothing was written", ...(told?.details ?? [])].join("; ");
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}

const DONE = {
  accept: "Accepted", correct: "Changed", illegible: "Marked as not to be read", skip: "Left to a curator",
  comment: "Comment kept", accept_rest: "The rest was accepted", add_row: "Row added", remove_row: "Row deleted",
  move_row: "Row moved", split: "Split", join: "Joined", slide: "Column slid", undo: "Taken back", redo: "Made again",
};

/* Show the fields as they are after a command, then choose what comes next. */
function replace(html, command, stay) {
  const pane = document.querySelector(".fields-pane");
  const top = pane.scrollTop;
  const folded = new Map([...side().querySelectorAll("details[data-keep]")].map((each) => [each.dataset.keep, each.open]));
  const doubts = spots(side().querySelector("[data-area=doubts]"));
  const where = chosen() === null ? "doubts" : area(chosen());
  const here = doubts.findIndex((spot) => spot.dataset.at === active);
  const settles = ["accept", "correct", "illegible", "skip"].includes(command?.do);
  const wasOpen = here >= 0 && "open" in doubts[here].dataset;
  const wereOpen = new Set(openSpots().map((spot) => spot.dataset.at));
  const rows = new Set(spots().map((spot) => spot.dataset.at));
  if (command?.do === "correct" || command?.do === "split") editor.settle(command.at);
  side().replaceWith(element(html));
  for (const each of side().querySelectorAll("details[data-keep]")) each.open = folded.get(each.dataset.keep) ?? false;
  pane.scrollTop = top;
  cite();
  editor.reopen();
  const left = Number(side().dataset.left);
  if (command !== null) say(`${DONE[command.do]}. ${left === 0 ? "Nothing is left to settle." : `${left} left to settle.`}`);
  if (editor.editing() !== null) return refresh();
  const added = command?.do === "add_row" ? spots().find((spot) => !rows.has(spot.dataset.at) && /\.name$/.test(spot.dataset.at)) : undefined;
  const now = spots(side().querySelector("[data-area=doubts]"));
  const next = now.slice(here + 1).find((spot) => "open" in spot.dataset) ?? openSpots()[0];
  const goOn = settles && wasOpen && !stay && command.at === active;
  const again = ["undo", "redo"].includes(command?.do) ? openSpots().find((spot) => !wereOpen.has(spot.dataset.at)) : undefined;
  activate(added ?? again ?? (goOn ? next : undefined) ?? spotAt(active ?? "", where) ?? next ?? now[0] ?? spots()[0] ?? null);
  if (added !== undefined) editor.edit(added);
}

async function reload() {
  const answer = await get("side");
  if (answer.ok) replace(answer.told, null, true);
  else if (answer.status === 409) lose(answer.told.error, null);
}

function conflict(html, command, stay) {
  const screen = dialog("conflict");
  const shown = element(html);
  screen.replaceChildren(shown);
  for (const button of shown.querySelectorAll("[data-answer]")) {
    button.addEventListener("click", async () => {
      screen.close();
      if (button.dataset.answer === "mine") return send(command, { version: Number(shown.dataset.version), stay });
      if (command.do === "correct") editor.settle(command.at);
      await reload();
      say("What is there was kept.");
    });
  }
  if (!screen.open) screen.showModal();
}

/* The claim has ended: nothing more can be written, but nothing that was typed is thrown away either. */
function lose(words, value) {
  const unsent = value ?? editor.typed();
  delete record.dataset.writable;
  for (const button of record.querySelectorAll(".acts button, .head button")) button.disabled = true;
  document.getElementById("lost-words").textContent = sentence({ error: words });
  refuse("This declaration is not in your hands any more: nothing can be written. Load the page again.");
  document.getElementById("unsent").hidden = !unsent;
  document.getElementById("unsent-words").value = unsent ?? "";
  if (!dialog("lost").open) dialog("lost").showModal();
}

async function renew() {
  if (!writable() || document.visibilityState !== "visible") return;
  try {
    const answer = await post("renew");
    if (answer.status === 409) lose(answer.told.error, null);
  } catch {
    /* Without the server nothing can be said of the claim; the next minute tells. */
  }
}
setInterval(renew, 60000);

async function finish() {
  if (busy) return;
  if (side().dataset.left !== "0") {
    step(1);
    return refuse(`${side().dataset.left} more to settle before this is done.`);
  }
  if (editor.typed() !== null) return refuse("Save or leave what you are writing first.");
  busy = true;
  try {
    const answer = await post(`finish${location.search}`, { version: Number(side().dataset.version) });
    if (answer.ok) return location.assign(answer.told.next);
    refuse(sentence(answer.told));
    if (answer.status === 409) await reload();
  } catch {
    refuse("Not sent: the server does not answer. Try again.");
  } finally {
    busy = false;
  }
}

/* ---- words that go with a decision ---- */

function askFor(title, label, then) {
  asking = then;
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-label").textContent = label;
  document.getElementById("ask-words").value = "";
  dialog("ask").showModal();
  document.getElementById("ask-words").focus();
}

function answered() {
  const words = document.getElementById("ask-words").value.trim();
  if (!words) return document.getElementById("ask-words").focus();
  dialog("ask").close();
  asking(words);
}

/* ---- what can be done ---- */

const row = (spot) => spot.dataset.at.split(".").slice(0, 2).join(".");

async function useSelection() {
  const stretch = selection();
  const spot = editor.editing()?.spot ?? chosen();
  if (stretch === null || spot === null || !writable()) return;
  if (spot.dataset.kind === "none") return refuse("Choose a value first: this is a row or a part of the form.");
  const answer = await get(`selection?start=${stretch.start}&end=${stretch.end}`);
  if (answer.status === 409) return lose(answer.told.error, null);
  if (!answer.ok) return refuse(sentence(answer.told));
  document.getSelection().removeAllRanges();
  if (editor.editing() !== null) editor.fill(answer.told.value, answer.told.spans);
  else await send({ do: "correct", at: spot.dataset.at, ...answer.told });
}

/* Edit what is chosen; of a row or a part of the form, the first value in it. */
function edit() {
  let spot = chosen();
  if (spot === null || !writable()) return;
  if (spot.dataset.kind === "none") {
    const { at } = spot.dataset;
    const within = spots(side().querySelector("[data-area=form]")).filter((each) => each.dataset.at.startsWith(`${at}.`));
    spot = within.find((each) => each.dataset.at === `${at}.name`) ?? within[0] ?? spot;
    activate(spot);
  }
  if (!editor.edit(spot)) refuse("This cannot be typed over.");
}

function split(into) {
  const offset = editor.caret();
  if (offset === null) return refuse("Save what you typed first, then split it.");
  return send({ do: "split", at: editor.editing().at, offset, into }, { stay: true });
}

function choose(number) {
  const button = chosen()?.querySelector(`[data-reading="${number}"]`);
  if (button) button.click();
}

const about = (make) => () => chosen() !== null && send(make(chosen()));
const inRow = (make) => () => /^\w+\.(b\d+|n\d+-\d+)/.test(chosen()?.dataset.at ?? "") && send(make(chosen()), { stay: true });

const acts = {
  accept: about((spot) => ({ do: "accept", at: spot.dataset.at })),
  edit,
  illegible: about((spot) => ({ do: "illegible", at: spot.dataset.at })),
  skip: () => {
    const at = active;
    if (chosen()) askFor("Leave it to a curator", `Why: ${chosen().dataset.label}`, (reason) => send({ do: "skip", at, reason }));
  },
  comment: () => {
    const at = chosen()?.dataset.kind === "none" ? "" : active ?? "";
    askFor("Comment", chosen() === null ? "For whoever reads this next" : chosen().dataset.label, (text) => send({ do: "comment", at, text }, { stay: true }));
  },
  undo: () => send({ do: "undo" }, { stay: true }),
  redo: () => send({ do: "redo" }, { stay: true }),
  accept_rest: () => send({ do: "accept_rest" }, { stay: true }),
  add_row: inRow((spot) => ({ do: "add_row", after: row(spot) })),
  add_first: (button) => send({ do: "add_row", scope: button.dataset.scope }, { stay: true }),
  remove_row: inRow((spot) => ({ do: "remove_row", row: row(spot) })),
  move_up: inRow((spot) => ({ do: "move_row", row: row(spot), to: "up" })),
  move_down: inRow((spot) => ({ do: "move_row", row: row(spot), to: "down" })),
  other_half: inRow((spot) => ({ do: "move_row", row: row(spot), to: "other_half" })),
  slide_up: inRow((spot) => ({ do: "slide", at: spot.dataset.at, to: "up" })),
  slide_down: inRow((spot) => ({ do: "slide", at: spot.dataset.at, to: "down" })),
  join: inRow((spot) => ({ do: "join", at: spot.dataset.at })),
  split_below: () => split("below"),
  split_beside: () => split("beside"),
  save: () => editor.editing() !== null && send(editor.saving()),
  leave: () => {
    const spot = editor.editing()?.spot;
    editor.close();
    if (spot) activate(spot);
  },
  use: useSelection,
  next: () => step(1),
  previous: () => step(-1),
  search: () => find.focus(),
  larger: () => zoom(1),
  smaller: () => zoom(-1),
  finish,
  help: () => dialog("help").showModal(),
  help_close: () => dialog("help").close(),
  ask_ok: answered,
  ask_no: () => dialog("ask").close(),
  resume: () => {
    const { draftAt, draft } = record.dataset;
    const spot = spotAt(draftAt, "doubts");
    document.getElementById("draft-notice").hidden = true;
    if (spot === null) return refuse(`What you were writing has no place any more: ${draft}`);
    editor.remember(draftAt, draft);
    activate(spot);
    editor.edit(spot);
  },
  forget: () => {
    document.getElementById("draft-notice").hidden = true;
    put("draft", { at: "", value: "" }).then(() => say("Forgotten."), () => {});
  },
  reading: choose,
};

/* ---- going about in the table ---- */

function go(key) {
  const cell = chosen()?.closest("td.spot");
  if (!cell) return false;
  const lines = [...cell.closest("[data-area]").querySelectorAll("table.grid tbody tr:not(.editor-row)")];
  const line = lines.indexOf(cell.parentElement) + { ArrowUp: -1, ArrowDown: 1 }[key] || 0;
  const across = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  const at = across ? lines.indexOf(cell.parentElement) : line;
  const to = lines[at]?.querySelector(`[data-column="${Number(cell.dataset.column) + across}"]`);
  if (to) activate(to);
  return true;
}

/* ---- listening ---- */

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-choose], [data-show], .place");
  if (button === null) return;
  if ("show" in button.dataset) {
    record.dataset.view = button.dataset.show;
    for (const each of record.querySelectorAll("[data-show]")) each.setAttribute("aria-pressed", String(each === button));
  } else if ("choose" in button.dataset) {
    const spot = button.closest(".spot");
    activate(spot, { focus: false });
    if ("now" in button.dataset) acts.accept();
    else send({ do: "correct", at: spot.dataset.at, value: button.dataset.choose });
  } else if ("do" in button.dataset) {
    if (button.getAttribute("aria-disabled") !== "true" || button.dataset.do === "finish") acts[button.dataset.do](button);
  } else {
    activate(button.closest(".spot"));
  }
});

paper.addEventListener("click", (event) => {
  if (selection() !== null) return;
  const at = clicked(event);
  if (at === null) return;
  const size = (spot) => spansOf(spot).reduce((sum, [first, last]) => sum + last - first, 0);
  const holding = spots().filter((spot) => spansOf(spot).some(([first, last]) => first <= at && at < last));
  const open = holding.filter((spot) => "open" in spot.dataset && area(spot) === "doubts");
  const found = (open.length ? open : holding).sort((one, other) => size(one) - size(other));
  if (found.length) activate(found[0]);
  else say("No value was read from there.");
});

document.addEventListener("selectionchange", () => {
  use.hidden = !writable() || selection() === null || chosen() === null;
});

listen({ acts, go, editing: () => editor.editing() !== null, asking: () => dialog("ask").open });
cite();
activate(openSpots()[0] ?? spots()[0] ?? null, { focus: document.activeElement === document.body });
