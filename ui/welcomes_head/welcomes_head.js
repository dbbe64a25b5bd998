// The top of one welcome. Text goes in by textContent only: names and codes are not trusted.

const WORDS = { yes: "yes", other: "another recording", no: "not yet" };

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value) made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const text = (tag, words, kind) => element(tag, { class: kind }, words);
const link = ([words, href], kind) => element("a", { href, class: kind }, words);

const step = ([words, state]) =>
  element("li", { class: state, title: `${words}: ${WORDS[state]}` }, text("span", words), text("span", `: ${WORDS[state]}`, "unseen"));

const shared = (links) => {
  const line = element("p", { class: "shared" }, `Used in ${links.length + 1} courses: this one and `);
  links.forEach((one, at) => line.append(at ? ", " : "", link(one)));
  line.append(". A new recording is for all of them.");
  return line;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".head");
  const neighbour = (links, arrow, words) =>
    links.map(([name, href]) => element("a", { href, class: "step", title: name, "aria-label": `${words}: ${name}` }, arrow));
  root.replaceChildren(
    element("nav", {}, link(data.back, "back"),
      element("span", { class: "neighbours" }, ...neighbour(data.before, "←", "Previous"), ...neighbour(data.after, "→", "Next"))),
    element("div", { class: "title" }, text("h2", data.name, "text"), text("span", data.code, "code text"),
      element("ol", {}, ...data.steps.map(step))),
    data.todo.length ? element("ul", {}, ...data.todo.map(([words, tone]) => text("li", words, tone))) : "",
    data.shared.length ? shared(data.shared) : "");
  root.onclick = (event) => {
    const anchor = event.target.closest("a");
    if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    setTriggerValue("go", anchor.getAttribute("href"));
  };
}
