/* The filing's text on the page. Places in it are counted in code points of the whole text, as the server
   counts them; strings of the browser are UTF-16, in which some characters are two units long. */

const paper = document.getElementById("paper");
let pieces = [...paper.querySelectorAll(".piece")];

const start = (piece) => Number(piece.dataset.start);
const end = (piece) => Number(piece.dataset.end);

/* How many units of a string its first so many code points take. */
function units(text, points) {
  let at = 0;
  for (let left = points; left > 0 && at < text.length; left -= 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return at;
}

/* How many code points a string has. */
export function points(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/* The index of the first piece that ends behind a place. */
function index(place) {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end(pieces[middle]) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* Cut the piece that a place lies in, so that one ends there. */
function cut(place) {
  const at = index(place);
  const piece = pieces[at];
  if (piece === undefined || start(piece) >= place) return;
  const text = piece.textContent;
  const border = units(text, place - start(piece));
  const rest = piece.cloneNode(false);
  rest.dataset.start = place;
  rest.textContent = text.slice(border);
  piece.dataset.end = place;
  piece.textContent = text.slice(0, border);
  piece.after(rest);
  pieces.splice(at + 1, 0, rest);
}

/* Give the pieces of these spans a class, and take it from all others. Return them. */
export function mark(spans, name) {
  for (const [first, last] of spans) {
    cut(first);
    cut(last);
  }
  const found = new Set();
  for (const [first, last] of spans) {
    for (let at = index(first); at < pieces.length && start(pieces[at]) < last; at += 1) found.add(pieces[at]);
  }
  for (const piece of paper.querySelectorAll(`.${name}`)) {
    if (!found.has(piece)) piece.classList.remove(name);
  }
  for (const piece of found) piece.classList.add(name);
  return [...found].sort((one, other) => start(one) - start(other));
}

/* Scroll the paper, and nothing else, so that a piece is seen. */
export function reveal(element) {
  const seen = paper.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  if (box.top < seen.top + 8 || box.bottom > seen.bottom - 8) {
    paper.scrollTop += box.top - seen.top - seen.height / 3;
  }
}

/* The place in the text of a boundary of a range; null outside of the text. */
function place(node, offset) {
  if (!document.getElementById("text").contains(node)) return null;
  const piece = node.parentElement?.closest(".piece") ?? (node.nodeType === 1 ? node.closest(".piece") : null);
  if (piece !== null && node.nodeType === 3) return start(piece) + points(node.data.slice(0, offset));
  if (piece !== null) return offset ? end(piece) : start(piece);
  const probe = document.createRange();
  probe.setStart(node, offset);
  const next = pieces.find((each) => probe.comparePoint(each, 0) >= 0);
  return next === undefined ? end(pieces[pieces.length - 1]) : start(next);
}

/* The stretch of the text that is selected; null where none is. */
export function selection() {
  const chosen = document.getSelection();
  if (chosen === null || chosen.rangeCount === 0 || chosen.isCollapsed || pieces.length === 0) return null;
  const range = chosen.getRangeAt(0);
  const first = place(range.startContainer, range.startOffset);
  const last = place(range.endContainer, range.endOffset);
  return first === null || last === null || first >= last ? null : { start: first, end: last };
}

/* The place that was clicked; null outside of the text. */
export function clicked(event) {
  const piece = event.target.closest(".piece");
  if (piece === null) return null;
  const chosen = document.getSelection();
  if (chosen !== null && chosen.isCollapsed && piece.contains(chosen.anchorNode)) {
    return Math.min(place(chosen.anchorNode, chosen.anchorOffset), end(piece) - 1);
  }
  return start(piece);
}

/* ---- search: white space does not count, as a value may be broken over lines ---- */

const find = document.getElementById("find");
const told = document.getElementById("found");
let hits = [];
let hit = -1;

function search() {
  const wanted = find.value.replace(/\s+/gu, "").toLowerCase();
  hits = [];
  hit = -1;
  if (wanted) {
    let text = "";
    const places = [];
    for (const piece of pieces) {
      let at = start(piece);
      for (const character of piece.textContent) {
        const small = character.toLowerCase();
        if (!/\s/u.test(character) && small.length === character.length) {
          for (let unit = 0; unit < small.length; unit += 1) places.push(at);
          text += small;
        }
        at += 1;
      }
    }
    for (let at = text.indexOf(wanted); at >= 0 && hits.length < 1000; at = text.indexOf(wanted, at + wanted.length)) {
      hits.push([places[at], places[at + wanted.length - 1] + 1]);
    }
  }
  mark(hits, "hit");
  step(1);
}

function step(by) {
  if (hits.length) hit = (hit + by + hits.length) % hits.length;
  const shown = mark(hits.length ? [hits[hit]] : [], "hit-now");
  if (shown.length) reveal(shown[0]);
  told.textContent = hits.length ? `${hit + 1} of ${hits.length}` : find.value ? "not found" : "";
}

/* Select what was found, so that it can be used like any other selection. */
function choose() {
  const shown = [...paper.querySelectorAll(".hit-now")];
  if (!shown.length) return;
  const range = document.createRange();
  range.setStartBefore(shown[0]);
  range.setEndAfter(shown[shown.length - 1]);
  document.getSelection().removeAllRanges();
  document.getSelection().addRange(range);
}

find.addEventListener("input", search);
find.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter") {
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    paper.focus();
    choose();
  }
});

/* ---- size ---- */

const SIZES = 6;

export function zoom(by) {
  const now = Number(/zoom-(\d)/.exec(paper.className)[1]);
  const next = Math.min(Math.max(now + by, 0), SIZES - 1);
  paper.classList.replace(`zoom-${now}`, `zoom-${next}`);
  try {
    localStorage.setItem("zoom", String(next));
  } catch {
    /* A browser that keeps nothing starts with the usual size. */
  }
}

try {
  const kept = Number.parseInt(localStorage.getItem("zoom") ?? "2", 10);
  if (kept >= 0 && kept < SIZES) paper.classList.replace("zoom-2", `zoom-${kept}`);
} catch {
  /* As above. */
}

export { paper, find };
