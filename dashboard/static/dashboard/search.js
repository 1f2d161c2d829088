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
  stops[Math.min(Math.max(place + step, 0), stops.length - 1)].focus();
});

// A late answer puts new links in place of those one walks through: the focus stays with the same park or ride, or
// returns to the input when it was not found again.
const results = document.getElementById("search-results");
let focused = null;

results.addEventListener("htmx:beforeSwap", () => {
  focused = results.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
});

results.addEventListener("htmx:afterSwap", () => {
  if (focused === null) return;
  const links = [...results.querySelectorAll("a")];
  (links.find((link) => link.getAttribute("href") === focused) ?? input).focus();
  focused = null;
});

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside the box
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) document.querySelector("#open-search kbd").textContent = "⌘ K";
