/** Paper snips around the edge of a card, drawn once. CSS lets them fall, or keeps them still. */

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#6fd0d6", "#f2c572", "#0b7f93", "#7fd0a2", "#ffb27a", "#f08a6c"];
const SNIPS = 60;
const WIDTH = 700;
const HEIGHT = 300;

/** @returns {SVGSVGElement} */
export function confetti() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "confetti");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "xMidYMin slice");
  svg.setAttribute("aria-hidden", "true");
  for (let i = 0; i < SNIPS; i += 1) svg.append(snip(COLOURS[i % COLOURS.length]));
  return svg;
}

/** @param {string} colour @returns {SVGRectElement} */
function snip(colour) {
  const [x, y] = place();
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("x", String(x));
  rect.setAttribute("y", String(y));
  rect.setAttribute("width", String(6 + Math.floor(Math.random() * 6)));
  rect.setAttribute("height", String(4 + Math.floor(Math.random() * 4)));
  rect.setAttribute("rx", "2");
  rect.setAttribute("fill", colour);
  rect.setAttribute("transform", `rotate(${Math.floor(Math.random() * 180)} ${x} ${y})`);
  return rect;
}

/** @returns {[number, number]} a point that leaves the words in the middle alone */
function place() {
  for (;;) {
    const x = Math.floor(Math.random() * WIDTH);
    const y = Math.floor(4 + Math.random() * (HEIGHT - 60));
    const fromMiddle = ((x - WIDTH / 2) / 270) ** 2 + ((y - HEIGHT * 0.62) / 130) ** 2;
    if (fromMiddle > 1) return [x, y];
  }
}
