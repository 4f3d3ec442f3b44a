// Times in forms: the server reads UTC, people think in their own zone.
"use strict";

/** What a datetime-local field shows for a time, in the reader's zone. */
function shown(at) {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

for (const field of document.querySelectorAll("input[type=datetime-local]")) {
  const sent = document.createElement("input");
  sent.type = "hidden";
  sent.name = field.name;
  sent.value = field.value;
  field.removeAttribute("name");
  field.after(sent);
  const known = sent.value && new Date(sent.value + "Z");
  if (known && !isNaN(known)) field.value = shown(known);
  field.addEventListener("input", () => (sent.value = field.value ? new Date(field.value).toISOString().slice(0, 16) : ""));
}
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const place of document.querySelectorAll("form [data-zone]")) place.textContent = `(${zone})`;
