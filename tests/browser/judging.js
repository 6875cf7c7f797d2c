// What is wrong with the page as it stands: a list of sentences.
() => {
  const said = [];
  const told = (one, what) => {
    const words = (one.innerText || one.value || one.getAttribute("aria-label") || "").trim().slice(0, 30);
    said.push(`<${one.tagName.toLowerCase()} class="${one.getAttribute("class") || ""}"> "${words}" ${what}`);
  };
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length;

  const width = document.documentElement.scrollWidth;
  if (width > innerWidth) said.push(`needs ${width} px of width`);

  // What is drawn by its label is measured by it; a link among words is as high as its line.
  const drawn = "input[type=radio], input[type=checkbox], input[type=file]";
  for (const one of document.querySelectorAll("a, button, input:not([type=hidden]), textarea, select, summary")) {
    if (!shown(one)) continue;
    const box = ((one.matches(drawn) && one.closest("label")) || one).getBoundingClientRect();
    const small = box.width < 44 || box.height < 44;
    if (small && !one.matches(".story a, .hint a")) told(one, `is ${Math.round(box.width)} × ${Math.round(box.height)}`);
    const label = one.labels && one.labels.length && one.labels[0].innerText.trim();
    const pictured = one.querySelector("img[alt]:not([alt=''])");
    if (!(label || one.innerText.trim() || one.getAttribute("aria-label") || pictured)) told(one, "has no name");
  }
  for (const image of document.querySelectorAll("img:not([alt])")) told(image, "has no alt");

  const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = colour;
    paper.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => below.map((part, i) => top[i] * top[3] + part * (1 - top[3]));
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const linear = (part) => (part / 255 <= 0.03928 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.data.trim() || !shown(one) || one.closest("script, style, option, datalist, svg, .for-ears")) continue;
    const below = ground(one);
    const pair = [light(over(rgba(getComputedStyle(one).color), below)), light(below)];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) told(one, `has a contrast of ${ratio.toFixed(2)}`);
  }
  return [...new Set(said)];
};
