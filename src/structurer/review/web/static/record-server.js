/* What the page asks of the server. */

const record = document.getElementById("record");
const base = `/tasks/${record.dataset.task}`;

async function ask(method, what, body, keepalive = false) {
  const answer = await fetch(`${base}/${what}`, {
    method,
    headers: {
      "X-CSRF-Token": record.dataset.csrf,
      Accept: "application/json, text/html",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    keepalive,
  });
  const html = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
  const told = answer.status === 204 ? null : html ? await answer.text() : await answer.json();
  return { ok: answer.ok, status: answer.status, html, told };
}

export const get = (what) => ask("GET", what);
export const post = (what, body) => ask("POST", what, body);
export const put = (what, body, keepalive) => ask("PUT", what, body, keepalive);

/* The one element that a part of a page consists of. */
export function element(html) {
  return new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
}
