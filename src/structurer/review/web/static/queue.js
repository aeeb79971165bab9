"use strict";

/* One key takes the next task: n. Not while something is typed, nor while an input method composes. */
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.key !== "n") return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const button = document.querySelector("#next button:not(:disabled)");
  if (button === null) return;
  event.preventDefault();
  button.click();
});
