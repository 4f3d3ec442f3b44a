// All of this is a convenience: every page works without it.
"use strict";

const EVERY = 5000; // milliseconds between two looks of a page that is live
const SELDOM = 30000; // where the stream of changes is heard

/** Show times in the reader's own zone; UTC stays as the title. */
function localTimes(root) {
  const form = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" }); // 2026-03-01 14:30:05
  for (const time of root.querySelectorAll("time[datetime]")) {
    if (time.title) continue;
    time.title = time.textContent;
    time.textContent = form.format(new Date(time.dateTime));
  }
}

/** Whose times these are. */
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const now = new Intl.DateTimeFormat("en", { timeZoneName: "longOffset" }).formatToParts(new Date());
  const offset = now.find((part) => part.type === "timeZoneName").value;
  for (const place of document.querySelectorAll("footer [data-zone]")) place.textContent = `${zone} (${offset} now)`;
}

/** Copy what the button names: the text of the element with the id in `data-copy`. */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const copied = await write(source);
  const label = button.textContent;
  button.textContent = copied ? "Copied" : "Select it by hand";
  setTimeout(() => (button.textContent = label), 1500);
}

/** Browsers offer their clipboard on https and localhost alone; elsewhere the older way has to do. */
async function write(source) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(source.value ?? source.textContent).then(() => true, () => false);
  }
  getSelection().selectAllChildren(source);
  return document.execCommand("copy");
}

/** Swap the elements marked `data-live` (they need an id) for those of the same page as it is now. */
async function refresh() {
  const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
  if (answer.type === "opaqueredirect") return location.reload(); // signed out: the door
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (busy()) return void (missed = true);
  for (const old of document.querySelectorAll("[data-live][id]")) {
    const made = fresh.getElementById(old.id);
    if (!made) continue;
    localTimes(made);
    if (made.innerHTML !== old.innerHTML) old.replaceChildren(...document.adoptNode(made).childNodes);
  }
}

/** Somebody is at something that a swap would disturb. */
function busy() {
  const live = [...document.querySelectorAll("[data-live]")];
  const within = (element) => element && live.some((one) => one.contains(element));
  return Boolean(
    document.hidden ||
      document.activeElement?.closest("form") ||
      within(document.activeElement) ||
      within(document.getSelection()?.anchorNode?.parentElement) && !document.getSelection().isCollapsed ||
      live.some((one) => one.querySelector("details[open], input:checked"))
  );
}

/** Old figures must not look like new ones. */
function tellStale(stale) {
  const notice = document.getElementById("stale");
  if (notice && notice.hidden === stale) notice.hidden = !stale;
}

let stream = null; // tells that something changed, while the page is looked at
let missed = false; // there is something new that could not be shown yet
let looking = false;
let lookedAt = Date.now();

/** Show what is new now, or as soon as nobody is at what would be swapped. */
async function look() {
  missed = true;
  if (looking || busy()) return;
  looking = true;
  missed = false;
  await refresh().then(() => tellStale(false), () => tellStale(true));
  lookedAt = Date.now();
  looking = false;
}

/** A browser keeps few connections to one host, so only the page that is seen holds one. */
function listen() {
  if (stream || document.hidden || !window.EventSource) return;
  stream = new EventSource("/console/live");
  stream.addEventListener("open", () => (missed = true)); // what came since the page was made
  stream.addEventListener("change", look);
  stream.addEventListener("error", hangUp); // reloaded, stopped, full, or nobody is signed in any more
}

function hangUp() {
  stream?.close();
  stream = null;
}

/** Look every few seconds; seldom, while the stream says that nothing is new. */
async function stayLive() {
  const heard = stream && stream.readyState === stream.OPEN;
  if (!heard || missed || Date.now() - lookedAt >= SELDOM) await look();
  listen();
  setTimeout(stayLive, EVERY);
}

function comeAndGo() {
  if (document.hidden) return hangUp();
  listen();
  look();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

/** Tick what is on the page, or nothing of it. */
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-tick-all]");
  for (const box of all?.form.querySelectorAll("input[type=checkbox][name]") ?? []) box.checked = all.checked;
});

/** `j` and `k` go down and up a list, where Enter opens what is chosen; `r` goes to the button that replays. */
document.addEventListener("keydown", (event) => {
  if (isWriting(event)) return;
  if (event.key === "r") document.querySelector("form[action$='/replay'] button")?.focus();
  const step = { j: 1, k: -1 }[event.key];
  const links = [...document.querySelectorAll("main tbody th a, main .group .actions a:first-child, main .hits li > a:first-child")];
  if (!step || !links.length) return;
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step))].focus();
});

/** `/` goes to the search box, unless somebody is writing. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || isWriting(event)) return;
  event.preventDefault();
  document.getElementById("find")?.select();
});

function isWriting(event) {
  return event.ctrlKey || event.metaKey || event.altKey || Boolean(event.target.closest("input, textarea, select, [contenteditable]"));
}

// A second press must not act twice.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("button:not([type=button])")) setTimeout(() => (button.disabled = true));
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button:disabled:not([data-disabled])")) button.disabled = false;
});

for (const one of document.querySelectorAll("[data-script]")) one.hidden = false; // shown only where there is a script
localTimes(document);
tellZone();
if (document.querySelector("[data-live]")) {
  setTimeout(stayLive, EVERY);
  listen();
  document.addEventListener("visibilitychange", comeAndGo);
  window.addEventListener("pagehide", hangUp);
}
