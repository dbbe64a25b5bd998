// A picture that opens larger on a click, and closes on the next one or on Escape.

export default function mount({ data, parentElement }) {
  const dialog = parentElement.querySelector("dialog");
  for (const image of parentElement.querySelectorAll("img")) {
    image.src = data.source;
    image.alt = data.alt;
  }
  // properties, not listeners: this runs again for the next picture in the same place
  parentElement.querySelector("button").onclick = () => dialog.showModal();
  dialog.onclick = () => dialog.close();
}
