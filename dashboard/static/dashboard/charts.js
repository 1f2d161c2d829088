// Draws the picture of every `figure.chart` from the table inside it; the table stays the one source.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const read = (figure) => {
  const table = figure.querySelector("table");
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent);
  const number = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
  const columns = names.map((_, n) => rows.map((row) => number(row.cells[n + 1])));
  return { names, labels, columns };
};

const draw = (figure) => {
  const { names, labels, columns } = read(figure);
  const plot = figure.querySelector(".plot");
  plot.replaceChildren();
  const bars = figure.dataset.kind === "bar";
  const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 4]]; // lines differ without colour too
  const ink = colour("--soft");
  const axis = { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const legend = names.length > 1;
  const options = {
    width: plot.clientWidth,
    height: plot.clientHeight - (legend ? 30 * Math.ceil(names.length / Math.max(1, Math.floor(plot.clientWidth / 170))) : 0),
    legend: { show: legend, live: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: bars ? (_, low, high) => [low - 0.6, high + 0.6] : undefined }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    series: [
      { value: (_, n) => labels[n] ?? "" },
      ...names.map((label, n) => ({
        label,
        stroke: colour(`--s${(n % 6) + 1}`),
        fill: bars ? colour(`--s${(n % 6) + 1}`) : undefined,
        width: bars ? 0 : 2,
        dash: dashes[(n + Math.floor(n / 6)) % 6], // past six, a colour comes with another dash
        paths: bars ? uPlot.paths.bars({ size: [0.7, 60] }) : undefined,
        points: { show: !bars && labels.length < 40 },
      })),
    ],
    axes: [
      { ...axis, incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 30, 60, 90, 180, 365], space: Math.max(60, 7 * Math.max(...labels.map((label) => label.length))), values: (_, splits) => splits.map((n) => labels[n] ?? "") },
      { ...axis, size: 56 },
    ],
  };
  new uPlot(options, [labels.map((_, n) => n), ...columns], plot);
};

const figures = () => document.querySelectorAll("figure.chart");
const drawAll = () => figures().forEach(draw);
drawAll();
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) {
    width = innerWidth;
    drawAll();
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.body.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll("figure.chart").forEach(draw));
