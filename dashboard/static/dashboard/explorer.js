// Back to a page that the browser kept: its form shows what was asked for there, not what was chosen on leaving it.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelector("form.study").reset();
});
