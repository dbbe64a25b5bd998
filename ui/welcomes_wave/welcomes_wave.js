// A waveform as one shape: lowest and highest value of each stretch, int8, 127 = full scale.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;
const MIDDLE = HEIGHT / 2;
const LEAST = 0.6; // silence is still a line

const made = (tag, attributes, ...children) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

const outline = (values) => {
  const columns = values.length / 2;
  const y = (value) => MIDDLE - (value / 127) * (MIDDLE - 2);
  const top = [];
  const bottom = [];
  for (let at = 0; at < columns; at += 1) {
    top.push(`${at} ${Math.min(y(values[2 * at + 1]), MIDDLE - LEAST).toFixed(1)}`);
    bottom.push(`${at} ${Math.max(y(values[2 * at]), MIDDLE + LEAST).toFixed(1)}`);
  }
  return `M${top.join("L")}L${bottom.reverse().join("L")}Z`;
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".wave");
  root.setAttribute("aria-label", data.label);
  const values = Int8Array.from(atob(data.peaks), (char) => char.charCodeAt(0));
  const columns = Math.max(values.length / 2, 1);
  const shade = (from, seconds) => {
    const width = data.duration ? (seconds / data.duration) * columns : 0;
    return made("rect", { x: from === "end" ? columns - width : 0, y: 0, width, height: HEIGHT, class: "silent" });
  };
  const drawing = made("svg", { viewBox: `0 0 ${columns} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    shade("start", data.lead), shade("end", data.trail));
  if (values.length) drawing.append(made("path", { d: outline(values), class: "sound" }));
  root.replaceChildren(drawing);
}
