// Ctrl/Cmd-K or the Search link opens the dialog; arrows walk through what was found. Without it the link is a page.
const dialog = document.getElementById("search");
const input = dialog.querySelector("input");

const open = () => {
  if (!dialog.open) dialog.showModal();
  input.select();
};

document.getElementById("open-search").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
  }
});

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = [input, ...dialog.querySelectorAll(".results a")];
  const place = stops.indexOf(document.activeElement);
  if (place < 0) return;
  event.preventDefault();
  isAwaited = step > 0 && place === 0 && input.value !== answered;
  if (isAwaited) return;
  stops[Math.min(Math.max(place + step, 0), stops.length - 1)].focus();
});

// Answers come late and replace the links. The arrow leads to what was found for the words as they are: when that has
// not come yet, the arrow is kept until it has. A focus that is among the links (by Tab) stays with the same park or
// ride, or returns to the input when it was not found again.
const results = document.getElementById("search-results");
let asked = "";
let answered = "";
let isAwaited = false;
let focused = null;

input.addEventListener("input", () => { isAwaited = false; });
input.addEventListener("htmx:beforeRequest", () => { asked = input.value; });

results.addEventListener("htmx:beforeSwap", () => {
  focused = results.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
});

results.addEventListener("htmx:afterSwap", () => {
  answered = asked;
  const links = [...results.querySelectorAll("a")];
  if (focused !== null) (links.find((link) => link.getAttribute("href") === focused) ?? input).focus();
  if (isAwaited && input.value === answered) {
    links[0]?.focus();
    isAwaited = false;
  }
  focused = null;
});

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside the box
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) document.querySelector("#open-search kbd").textContent = "⌘ K";
