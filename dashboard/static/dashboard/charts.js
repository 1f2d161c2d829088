// Draws the picture of every `figure.chart` from the table inside it; the table stays the one source.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const read = (figure) => {
  const table = figure.querySelector("table");
  const lines = [...table.tHead.rows[0].cells].slice(1).map((cell) => ({
    label: cell.textContent,
    stroke: colour(`--s${cell.dataset.colour}`),
    dash: cell.dataset.dash.split(" ").filter(Boolean).map(Number),
  }));
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent);
  const number = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
  const columns = lines.map((_, n) => rows.map((row) => number(row.cells[n + 1])));
  return { lines, labels, columns };
};

const draw = (figure) => {
  const { lines, labels, columns } = read(figure);
  const plot = figure.querySelector(".plot");
  plot.replaceChildren();
  const bars = figure.dataset.kind === "bar";
  const ink = colour("--soft");
  const axis = { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const options = {
    width: plot.clientWidth,
    height: plot.clientHeight,
    legend: { show: false }, // the page has its own
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: bars ? (_, low, high) => [low - 0.6, high + 0.6] : undefined }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    series: [
      { value: (_, n) => labels[n] ?? "" },
      ...lines.map((line) => ({
        ...line,
        fill: bars ? line.stroke : undefined,
        width: bars ? 0 : 2,
        paths: bars ? uPlot.paths.bars({ size: [0.7, 60] }) : undefined,
        points: { show: !bars && labels.length < 40 },
      })),
    ],
    axes: [
      { ...axis, size: 32, incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 30, 60, 90, 144, 180, 288, 365, 576, 1152], space: Math.max(60, 7 * Math.max(...labels.map((label) => label.length))), values: (_, splits) => splits.map((n) => labels[n] ?? "") },
      { ...axis, size: 56 },
    ],
  };
  const readout = figure.querySelector(".readout");
  const say = (n) => {
    const unit = figure.dataset.unit;
    const values = lines.map((line, k) => `${lines.length > 1 ? `${line.label} ` : ""}${columns[k][n] ?? "no data"}${columns[k][n] == null || !unit ? "" : ` ${unit}`}`);
    readout.textContent = `${labels[n]}: ${values.join(", ")}`;
  };
  options.hooks = { setCursor: [(chart) => chart.cursor.idx != null && say(chart.cursor.idx)] };
  const chart = new uPlot(options, [labels.map((_, n) => n), ...columns], plot);
  let at = -1;
  plot.onkeydown = (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: labels.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    at = Math.min(Math.max(to, 0), labels.length - 1);
    chart.setCursor({ left: chart.valToPos(at, "x"), top: 0 });
    say(at);
  };
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
