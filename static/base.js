// What makes the pages quicker; every page works without it.

const WIDE = matchMedia("(min-width: 56.01rem)");
const YEAR = 31536000;

const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// The server draws the list beside an open message only where there is room for it.
function noteRoom() {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `wide=${WIDE.matches ? 1 : 0}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

// The time zone in which to write dates, told at sign-in.
function tellZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  for (const field of all("[data-zone]")) field.value = timeZone ?? "";
}

// Signed in again in the middle of something: go on with it at once.
function goOn() {
  document.querySelector("form[data-go]")?.requestSubmit();
}

// What was done is told once: not again on a reload, or when somebody comes back.
function tellOnce() {
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") document.querySelector(".toast")?.remove();
}

// Opening a message leaves the list where it was.
function keepPlace() {
  const list = document.querySelector(".list .scroll");
  const form = document.querySelector("form.rows");
  if (!list || !form) return;
  const place = `${form.action} ${form.elements.page.value}`;
  const [known, top] = JSON.parse(sessionStorage.getItem("place") ?? "[]");
  if (known === place) list.scrollTop = top;
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  addEventListener("pagehide", () => sessionStorage.setItem("place", JSON.stringify([place, list.scrollTop])));
}

const ticks = () => all(".pick input");

function count() {
  const chosen = ticks().filter((tick) => tick.checked).length;
  const words = document.querySelector("[data-chosen]");
  if (words) words.textContent = words.dataset.chosen.replace("{n}", chosen);
}

// Shift-click ticks all between the last ticked and this one.
let last = null;
function tickRange(event) {
  const box = event.target.closest(".pick input");
  if (!box) return;
  const boxes = ticks();
  if (event.shiftKey && last && boxes.includes(last)) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
  count();
}

function offerAll() {
  const button = document.querySelector("[data-every]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const box of ticks()) box.checked = true;
    count();
    document.querySelector(".bulk .btn")?.focus();
  });
  document.addEventListener("click", tickRange);
  document.addEventListener("change", count);
}

// Keys for the rows, only while the focus is among them: a single letter must surprise nobody elsewhere.
function step(row, by) {
  const links = all(".row > a");
  links[links.indexOf(row.querySelector("a")) + by]?.focus();
}

const KEYS = {
  j: (row) => step(row, 1),
  k: (row) => step(row, -1),
  ArrowDown: (row) => step(row, 1),
  ArrowUp: (row) => step(row, -1),
  o: (row) => row.querySelector("a").click(),
  x: (row) => row.querySelector(".pick input").click(),
};

function leave() {
  const open = document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
    return;
  }
  for (const box of ticks()) box.checked = false;
  count();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape") leave();
  const row = event.target.closest(".row");
  if (!row || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key](row);
}

// A menu closes when the hand goes elsewhere.
function closeMenus(event) {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
}

noteRoom();
WIDE.addEventListener("change", noteRoom);
tellZone();
goOn();
tellOnce();
keepPlace();
offerAll();
document.addEventListener("keydown", onKey);
document.addEventListener("click", closeMenus);
