// Cards with one ordinary link each: Back, a new tab and sharing work as in any web page.

const text = (tag, content, className = "") => {
  const made = document.createElement(tag);
  made.textContent = content;
  if (className) made.className = className;
  return made;
};

const card = ({ eyebrow, number, title, lines, action, href, live }) => {
  const box = document.createElement("section");
  box.className = live ? "card live" : "card";
  const top = text("div", eyebrow, "eyebrow");
  if (live) top.append(text("span", "Live", "badge"));
  const headline = text("h3", "", "headline");
  if (number) headline.append(text("b", number), " ");
  headline.append(title);
  const list = document.createElement("ul");
  list.append(...lines.map((line) => text("li", line)));
  const link = text("a", action);
  link.href = href;
  box.append(top, headline, list, link);
  return box;
};

export default function ({ data, parentElement }) {
  parentElement.querySelector(".cards").replaceChildren(...data.cards.map(card));
}
