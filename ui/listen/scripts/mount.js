// What Streamlit calls: again whenever `data` or the theme changes, without a cleanup in between.
// So there is one Desk an element, and it decides what is new.

import { Desk } from "./desk.js";

const desks = new WeakMap();

export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".listen");
  let desk = desks.get(parentElement);
  if (desk?.root !== root) {
    desk?.dispose();
    desk = new Desk(root);
    desks.set(parentElement, desk);
    desk.mounts = 0;
  }
  desk.measure = () => setTriggerValue("measure", true);
  desk.show(data);
  const mine = ++desk.mounts;
  return () => {
    if (desk.mounts !== mine) return; // an overtaken call must not end its successor
    desks.delete(parentElement);
    desk.dispose();
  };
}
