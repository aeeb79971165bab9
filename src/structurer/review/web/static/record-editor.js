/* The editor of one value: what stands in it is kept on the server every few seconds, and never thrown away
   before it is decided or given up. */

import { points } from "./record-source.js";
import { put } from "./record-server.js";

const DRAFT_EVERY = 3000;
const template = document.getElementById("editor");
const unsaved = new Map();
let open = null;
let kept = "";

/* What a place holds, as its editor begins with it. */
const before = (spot) => spot.dataset.value ?? "";

export const editing = () => open;
export const forget = (at) => unsaved.delete(at);
export const remember = (at, value) => unsaved.set(at, value);

/* Open an editor in a spot; return false where its value cannot be typed. */
export function edit(spot) {
  if (open?.spot === spot) {
    open.input.focus();
    return true;
  }
  close();
  if (spot.dataset.kind === "none" || "tooLong" in spot.dataset) return false;
  const editor = template.content.firstElementChild.cloneNode(true);
  const input = field(spot);
  editor.querySelector("label span").textContent = `New value of ${spot.dataset.label}`;
  editor.querySelector("label").append(input);
  const inTable = /\.(name|target)$/.test(spot.dataset.at);
  for (const button of editor.querySelectorAll("[data-do^=split]")) button.hidden = !inTable;
  const shown = placed(spot, editor);
  input.value = unsaved.get(spot.dataset.at) ?? before(spot);
  open = { spot, at: spot.dataset.at, input, shown, spans: null };
  kept = input.value;
  input.focus();
  if (input.select && !unsaved.has(open.at)) input.select();
  return true;
}

/* Put an editor into its place: below its spot, or in the table into a line of its own. Return what was put. */
function placed(spot, editor) {
  if (spot.localName !== "td") {
    spot.querySelector(".slot").append(editor);
    return editor;
  }
  const line = document.createElement("tr");
  line.className = "editor-row";
  line.append(document.createElement("td"));
  line.firstElementChild.colSpan = spot.parentElement.cells.length;
  line.firstElementChild.append(editor);
  spot.parentElement.after(line);
  return line;
}

function field(spot) {
  if (spot.dataset.kind === "choice") {
    const select = document.createElement("select");
    for (const value of ["", ...spot.dataset.choices.split("|")]) select.add(new Option(value || "(empty)", value));
    return select;
  }
  const long = spot.dataset.kind === "long" || before(spot).length > 40;
  const input = document.createElement(long ? "textarea" : "input");
  if (long) input.rows = Math.min(Math.max(Math.ceil(before(spot).length / 30), 3), 12);
  input.autocomplete = "off";
  input.spellcheck = false;
  input.dir = "auto";
  return input;
}

/* Put a value and where it stands into the open editor. */
export function fill(value, spans) {
  open.input.value = value;
  open.spans = spans;
  open.input.focus();
}

/* The command that saves what is in the editor. */
export function saving() {
  const command = { do: "correct", at: open.at, value: open.input.value };
  return open.spans === null ? command : { ...command, spans: open.spans };
}

/* Where the caret stands in what is saved, in code points; null where the editor holds something else. */
export function caret() {
  if (open.input.value !== before(open.spot) || open.input.selectionStart === undefined) return null;
  return points(open.input.value.slice(0, open.input.selectionStart));
}

/* What was typed and not saved; null where nothing was. */
export function typed() {
  return open !== null && open.input.value !== before(open.spot) ? open.input.value : null;
}

/* Leave the editor. What was typed is there again when the value is edited again. */
export function close() {
  if (open === null) return;
  if (typed() !== null) unsaved.set(open.at, open.input.value);
  keep();
  open.shown.remove();
  open = null;
}

/* Leave the editor after its value was decided. */
export function settle(at) {
  unsaved.delete(at);
  if (open?.at !== at) return;
  open.shown.remove();
  open = null;
}

/* Take the editor along to a new picture of the fields. */
export function reopen() {
  if (open === null) return;
  const { at, spot, spans } = open;
  const area = spot.closest("[data-area]")?.dataset.area;
  unsaved.set(at, open.input.value);
  open = null;
  const again = document.querySelector(`[data-area="${area}"] [data-at="${CSS.escape(at)}"]`);
  if (again !== null && edit(again)) open.spans = spans;
}

function keep(leaving = false) {
  if (open === null || open.input.value === kept || open.input.value.length > 100000) return;
  kept = open.input.value;
  put("draft", { at: open.at, value: kept }, leaving).catch(() => {
    kept = null;
  });
}

setInterval(keep, DRAFT_EVERY);
addEventListener("pagehide", () => keep(true));
